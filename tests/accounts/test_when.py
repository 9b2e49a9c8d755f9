"""A day as hands type it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.french import day_month, long_date, plain_date, short_date
from accounts.when import parse_day

# A Wednesday.
TODAY = date(2026, 11, 25)
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("3/12", "2026-12-03"),
        ("03/12/2027", "2027-12-03"),
        ("3.12.27", "2027-12-03"),
        ("3-12", "2026-12-03"),
        ("2027-01-05", "2027-01-05"),
        ("3 12", "2026-12-03"),
        ("3 déc", "2026-12-03"),
        ("3 dec.", "2026-12-03"),
        ("  Le 1er  Décembre ", "2026-12-01"),
        ("jeudi 3 décembre 2026", "2026-12-03"),
        ("jeu. 3/12", "2026-12-03"),
        ("4 janvier", "2027-01-04"),
        ("février", "2027-02-01"),
        # The nearest, whatever side of today.
        ("3/11", "2026-11-03"),
        ("20 juin", "2026-06-20"),
        ("10 avril", "2027-04-10"),
        ("29/2", "2028-02-29"),
        ("25", "2026-11-25"),
        ("le 3", "2026-12-03"),
        ("31", "2026-12-31"),
        ("aujourd’hui", "2026-11-25"),
        ("Aujourd'hui", "2026-11-25"),
        ("demain", "2026-11-26"),
        ("après-demain", "2026-11-27"),
        ("hier", "2026-11-24"),
        ("avant-hier", "2026-11-23"),
        ("jeudi", "2026-11-26"),
        ("Mer", "2026-12-02"),
        ("mardi", "2026-12-01"),
        ("jeudi prochain", "2026-12-03"),
        ("lundi prochain", "2026-11-30"),
        ("jeudi en huit", "2026-12-03"),
        ("jeudi en quinze", "2026-12-10"),
        ("mercredi dernier", "2026-11-18"),
        ("dans 2 semaines", "2026-12-09"),
        ("dans deux semaines", "2026-12-09"),
        ("dans 10 jours", "2026-12-05"),
        ("dans quinze jours", "2026-12-09"),
        ("dans 15 jours", "2026-12-10"),
        ("dans 3 mois", "2027-02-25"),
        ("dans un an", "2027-11-25"),
        ("il y a 2 semaines", "2026-11-11"),
        ("+10", "2026-12-05"),
        ("+2s", "2026-12-09"),
        ("-1 m", "2026-10-25"),
        ("semaine prochaine", "2026-11-30"),
        ("la semaine dernière", "2026-11-16"),
        ("mois prochain", "2026-12-01"),
        ("s49", "2026-11-30"),
        ("semaine 2", "2027-01-11"),
        ("semaine 53 2026", "2026-12-28"),
    ],
)  # fmt: skip
def test_a_day_is_read_as_it_is_meant(typed: str, meant: str) -> None:
    assert parse_day(typed, today=TODAY) == date.fromisoformat(meant)


@pytest.mark.parametrize(("typed", "meant"), [("3/11", "2027-11-03"), ("25/11", "2026-11-25"), ("s47", "2027-11-22")])
def test_who_looks_ahead_means_no_day_that_is_over(typed: str, meant: str) -> None:
    assert parse_day(typed, today=TODAY, ahead=True) == date.fromisoformat(meant)


def test_a_month_later_is_in_the_next_month() -> None:
    assert parse_day("dans 1 mois", today=date(2027, 1, 31)) == date(2027, 2, 28)
    assert parse_day("le 31", today=date(2027, 4, 1)) == date(2027, 5, 31)


@pytest.mark.parametrize(
    "typed",
    ["", "bientôt", "32/1", "30/2/2027", "12/13", "3/12/1", "jui", "dans mille ans", "+", "s54 2026", "dans 9999 mois 3", "0",
     "mardimanche", "+9999a", "9" * 300, "\x00", "٣/١٢", "1e3"],
)  # fmt: skip
def test_what_is_no_day_is_said_with_examples(typed: str) -> None:
    with pytest.raises(ValueError, match="n’est pas un jour") as refused:
        parse_day(typed, today=TODAY)
    assert len(str(refused.value)) < 140


def test_a_weekday_that_is_another_s_is_no_slip_to_guess_at() -> None:
    with pytest.raises(ValueError, match=r"Le 3 décembre 2026 est un jeudi\."):
        parse_day("mardi 3/12", today=TODAY)


@given(DAYS, DAYS)
def test_what_the_pages_write_is_read_back(day: date, today: date) -> None:
    for written in (long_date(day), plain_date(day), day.isoformat(), f"{day:%d/%m/%Y}"):
        assert parse_day(written, today=today) == day
    for written in (day_month(day), short_date(day)):
        if abs(day - today) < timedelta(days=180):
            assert parse_day(written, today=today) == day


@given(st.text(max_size=30), DAYS)
def test_anything_typed_is_a_day_or_a_sentence(text: str, today: date) -> None:
    told = ""
    try:
        told = f"{parse_day(text, today=today)}."
    except ValueError as refused:
        told = str(refused)
    assert told.endswith(".")
