"""Dates, hours, durations and counts in French words."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import french
from accounts.french import NARROW, NBSP
from appointments.setup.clock import parse_clock

WEDNESDAY = date(2026, 11, 25)
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


def plain(text: str) -> str:
    return text.replace(NARROW, " ").replace(NBSP, " ")


@pytest.mark.parametrize(
    ("value", "words"),
    [(time(14, 20), "14 h 20"), (time(0), "0 h 00"), (time(9, 5), "9 h 05")],
)
def test_an_hour(value: time, words: str) -> None:
    assert french.clock(value) == words.replace(" ", NARROW)


@pytest.mark.parametrize(
    ("utc", "zone", "words"),
    [
        ("2026-10-25T00:30", "Europe/Paris", "2 h 30 (heure d’été)"),
        ("2026-10-25T01:30", "Europe/Paris", "2 h 30 (heure d’hiver)"),
        ("2026-10-24T23:59", "Europe/Paris", "1 h 59"),
        ("2026-10-25T02:00", "Europe/Paris", "3 h 00"),
        ("2026-03-29T01:30", "Europe/Paris", "3 h 30"),
        ("2026-11-01T04:30", "America/Miquelon", "1 h 30 (heure d’hiver)"),
        ("2026-10-25T00:30", "Indian/Reunion", "4 h 30"),
        ("2026-10-25T00:30", "UTC", "0 h 30"),
    ],
)
def test_an_hour_that_comes_twice_says_which_one_it_is(utc: str, zone: str, words: str) -> None:
    local = datetime.fromisoformat(f"{utc}+00:00").astimezone(ZoneInfo(zone))
    assert plain(french.hour(local)) == words


def test_midnight_ends_a_day_at_24() -> None:
    assert french.clock_of(1440) == f"24{NARROW}h{NARROW}00"


@pytest.mark.parametrize(
    ("minutes", "words"), [(0, "0 min"), (15, "15 min"), (60, "1 h"), (90, "1 h 30"), (125, "2 h 05")]
)
def test_a_length(minutes: int, words: str) -> None:
    assert plain(french.duration(minutes)) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (8, "8 s"),
        (59.9, "59 s"),
        (240, "4 min"),
        (7500, "2 h 05"),
        (48 * 3600 - 1, "47 h 59"),
        (3 * 86_400, "3 jours"),
    ],
)
def test_a_time_passed(seconds: float, words: str) -> None:
    assert plain(french.span(timedelta(seconds=seconds))) == words


def test_a_day_in_all_its_forms() -> None:
    assert french.long_date(WEDNESDAY) == "mercredi 25 novembre 2026"
    assert french.day_month(WEDNESDAY) == "mercredi 25 novembre"
    assert french.short_date(WEDNESDAY) == "mer. 25 nov."
    assert french.plain_date(WEDNESDAY) == "25 novembre 2026"
    assert french.month_year(WEDNESDAY) == "novembre 2026"


def test_the_first_of_a_month_is_an_ordinal() -> None:
    first = date(2026, 3, 1)
    assert french.long_date(first) == "dimanche 1er mars 2026"
    assert french.day_month(first) == "dimanche 1er mars"
    assert french.short_date(first) == "dim. 1er mars"
    assert french.plain_date(first) == "1er mars 2026"


@pytest.mark.parametrize(
    ("month", "words"),
    list(
        enumerate(
            ["jan.", "fév.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."], start=1
        )
    ),
)
def test_a_month_abbreviated(month: int, words: str) -> None:
    assert french.short_date(date(2026, month, 2)).endswith(f" 2 {words}")


@pytest.mark.parametrize(
    ("days", "relative", "said"),
    [
        (-2, "lundi 23 novembre", "du lundi 23 novembre"),
        (-1, "hier", "d’hier"),
        (0, "aujourd’hui", "d’aujourd’hui"),
        (1, "demain", "de demain"),
        (2, "après-demain", "d’après-demain"),
        (3, "samedi 28 novembre", "du samedi 28 novembre"),
    ],
)
def test_a_day_near_today(days: int, relative: str, said: str) -> None:
    day = WEDNESDAY + timedelta(days=days)
    assert french.relative_day(day, WEDNESDAY) == relative
    assert french.said_day(day, WEDNESDAY) == said


def test_a_moment_near_today() -> None:
    moment = datetime(2026, 11, 24, 10, 12)  # noqa: DTZ001  # local already
    assert plain(french.day_and_hour(moment, WEDNESDAY)) == "hier à 10 h 12"


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 11, 23), date(2026, 11, 28), "23 – 28 novembre 2026"),
        (date(2026, 9, 28), date(2026, 10, 3), "28 septembre – 3 octobre 2026"),
        (date(2026, 12, 28), date(2027, 1, 1), "28 décembre 2026 – 1er janvier 2027"),
        (WEDNESDAY, WEDNESDAY, "mercredi 25 novembre 2026"),
    ],
)
def test_a_period(first: date, last: date, words: str) -> None:
    assert french.period(first, last) == words


def test_between_days_and_hours() -> None:
    friday, first = date(2026, 11, 27), "mercredi 25 novembre 2026"
    assert french.between_days(WEDNESDAY, WEDNESDAY) == first
    assert french.between_days(WEDNESDAY, friday) == f"du {first} au vendredi 27 novembre 2026"
    start = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
    assert (
        plain(french.between_hours(start, datetime(2026, 11, 25, 16, 30, tzinfo=UTC)))
        == f"le {first} de 14 h 00 à 16 h 30"
    )
    assert plain(french.between_hours(start, datetime(2026, 11, 26, tzinfo=UTC))) == f"le {first} de 14 h 00 à 24 h 00"
    until = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
    assert plain(french.between_hours(start, until)) == f"du {first} à 14 h 00 au vendredi 27 novembre 2026 à 9 h 00"


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        (range(1, 8), "tous les jours"),
        ([5, 1, 2, 3, 4], "du lundi au vendredi"),
        ([2, 4], "mardi, jeudi"),
        ([6, 7], "samedi, dimanche"),
        ([3], "mercredi"),
        ([], ""),
    ],
)
def test_days_of_the_week(numbers: list[int], words: str) -> None:
    assert french.weekdays(numbers) == words


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 jour"), (1, "1 jour"), (2, "2 jours"), (1284, f"1{NARROW}284 jours")]
)
def test_the_plural_begins_at_two(count: int, words: str) -> None:
    assert french.counted(count, "jour") == words


def test_an_irregular_plural_is_given() -> None:
    assert french.counted(2, "créneau", "créneaux") == "2 créneaux"
    assert french.counted(1, "créneau", "créneaux") == "1 créneau"


@pytest.mark.parametrize(
    ("words", "said"), [([], ""), (["a"], "a"), (["a", "b"], "a et b"), (list("abc"), "a, b et c")]
)
def test_a_list_said_aloud(words: list[str], said: str) -> None:
    assert french.listed(words) == said
    assert french.listed(words, "ou") == said.replace(" et ", " ou ")


@pytest.mark.parametrize(
    ("name", "of", "to", "the"),
    [
        ("Émile Ail", "d’Émile Ail", "à Émile Ail", "Émile Ail"),
        ("Noé Réglisse", "de Noé Réglisse", "à Noé Réglisse", "Noé Réglisse"),
        ("Œillet", "d’Œillet", "à Œillet", "Œillet"),
        ("Hélène Iris", "d’Hélène Iris", "à Hélène Iris", "Hélène Iris"),
        ("Hassan Iris", "de Hassan Iris", "à Hassan Iris", "Hassan Iris"),
        ("Yves Iris", "d’Yves Iris", "à Yves Iris", "Yves Iris"),
        ("Yann Iris", "de Yann Iris", "à Yann Iris", "Yann Iris"),
        ("Dr Alba Tournesol", "du Dr Alba Tournesol", "au Dr Alba Tournesol", "le Dr Alba Tournesol"),
        ("Pr. Iris", "du Pr. Iris", "au Pr. Iris", "le Pr. Iris"),
        ("M. Iris", "de M. Iris", "à M. Iris", "M. Iris"),
        ("Cabinet du Lavoir", "du Cabinet du Lavoir", "au Cabinet du Lavoir", "le Cabinet du Lavoir"),
        ("Maison de santé", "de la Maison de santé", "à la Maison de santé", "la Maison de santé"),
        ("Hôpital Nord", "de l’Hôpital Nord", "à l’Hôpital Nord", "l’Hôpital Nord"),
        ("", "de ", "à ", ""),
    ],
)
def test_a_name_in_a_sentence_takes_its_article_or_elides(name: str, of: str, to: str, the: str) -> None:
    assert (french.of(name), french.to(name), french.the(name)) == (of, to, the)


def test_quotes_hold_their_words() -> None:
    assert french.quoted("Au cabinet") == f"«{NBSP}Au cabinet{NBSP}»"
    assert french.sentence("élise dort à Paris") == "Élise dort à Paris"
    assert french.sentence("") == ""


@given(st.times())
def test_an_hour_is_read_back(value: time) -> None:
    assert parse_clock(french.clock(value)) == value.replace(second=0, microsecond=0)


@given(DAYS)
def test_a_date_is_read_back(day: date) -> None:
    name, number, month, year = french.long_date(day).split()
    assert date(int(year), french.MONTHS.index(month) + 1, int(number.removesuffix("er"))) == day
    assert french.WEEKDAYS.index(name) == day.weekday()
    assert french.short_date(day).startswith(f"{name[:3]}. {number} ")


@given(st.integers(0, 10**12))
def test_a_number_is_read_back(value: int) -> None:
    told = french.number(value)
    assert int(told.replace(NARROW, "")) == value
    assert re.fullmatch(rf"\d{{1,3}}({NARROW}\d{{3}})*", told)
