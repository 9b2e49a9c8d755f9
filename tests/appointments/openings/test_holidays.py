"""Public holidays against calendars as they were published, copied here by hand."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appointments.enums import HolidayCalendar
from appointments.openings.holidays import holidays_of

# Service-public.fr, « Jours fériés » (F2405), and each year's almanac.
METROPOLE = {
    2026: "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25",
    2027: "01-01 03-29 05-01 05-06 05-08 05-17 07-14 08-15 11-01 11-11 12-25",
    2028: "01-01 04-17 05-01 05-08 05-25 06-05 07-14 08-15 11-01 11-11 12-25",
}
SLAVERY = "Abolition de l’esclavage"
# Beyond those of the metropole. Code du travail L3134-13 and L3422-2; Nouvelle-Calédonie: accord interprofessionnel
# territorial, article 74; Polynésie: loi du pays that puts 20 November in the place of 29 June; Wallis-et-Futuna: accord
# interprofessionnel territorial and the yearly arrêté.
OF_THEIR_OWN: dict[str, dict[int, dict[str, str]]] = {
    "alsace-moselle": {
        2026: {"04-03": "Vendredi saint", "12-26": "Saint-Étienne"},
        2027: {"03-26": "Vendredi saint", "12-26": "Saint-Étienne"},
        2028: {"04-14": "Vendredi saint", "12-26": "Saint-Étienne"},
    },
    "mayotte": {year: {"04-27": SLAVERY} for year in METROPOLE},
    "martinique": {year: {"05-22": SLAVERY} for year in METROPOLE},
    "guadeloupe": {year: {"05-27": SLAVERY} for year in METROPOLE},
    # By circular since 2018, the préfecture says so each year; L3422-2 still writes 27 May (Le 97150, 16 May 2019).
    "saint-martin": {year: {"05-28": SLAVERY} for year in METROPOLE},
    "guyane": {year: {"06-10": SLAVERY} for year in METROPOLE},
    "saint-barthelemy": {year: {"10-09": SLAVERY} for year in METROPOLE},
    "reunion": {year: {"12-20": SLAVERY} for year in METROPOLE},
    "saint-pierre-et-miquelon": {year: {} for year in METROPOLE},
    "nouvelle-caledonie": {year: {"09-24": "Fête de la Citoyenneté"} for year in METROPOLE},
    "polynesie-francaise": {
        2026: {"03-05": "Arrivée de l’Évangile", "04-03": "Vendredi saint", "11-20": "Matāri’i"},
        2027: {"03-05": "Arrivée de l’Évangile", "03-26": "Vendredi saint", "11-20": "Matāri’i"},
        2028: {"03-05": "Arrivée de l’Évangile", "04-14": "Vendredi saint", "11-20": "Matāri’i"},
    },
    "wallis-et-futuna": {
        year: {"04-28": "Saint Pierre Chanel", "06-29": "Saints Pierre et Paul", "07-29": "Fête du Territoire"}
        for year in METROPOLE
    },
}
NAMES = [
    "Jour de l’an", "Lundi de Pâques", "Fête du Travail", "Fête de la Victoire", "Ascension", "Lundi de Pentecôte",
    "Fête nationale", "Assomption", "Toussaint", "Armistice", "Noël",
]  # fmt: skip


def in_year(calendar: str, year: int) -> dict[str, str]:
    found = holidays_of(calendar, date(year, 1, 1), date(year, 12, 31))
    return {day.isoformat()[5:]: name for day, name in found.items()}


@pytest.mark.parametrize("year", METROPOLE)
def test_the_metropole_has_its_eleven_days(year: int) -> None:
    found = in_year("metropole", year)
    assert list(found) == METROPOLE[year].split()
    assert sorted(found.values()) == sorted(NAMES)


@pytest.mark.parametrize("year", METROPOLE)
@pytest.mark.parametrize("calendar", OF_THEIR_OWN)
def test_every_other_place_adds_its_own_days(calendar: str, year: int) -> None:
    expected = in_year("metropole", year) | OF_THEIR_OWN[calendar][year]
    assert in_year(calendar, year) == expected


def test_every_calendar_is_tried() -> None:
    assert {"none", "metropole", *OF_THEIR_OWN} == set(HolidayCalendar.values)


def test_a_place_without_holidays_has_none() -> None:
    assert in_year("none", 2026) == {}


def test_two_feasts_on_one_day_are_one_name() -> None:
    day = date(2051, 5, 22)
    assert holidays_of("martinique", day, day) == {day: "Abolition de l’esclavage, Lundi de Pentecôte"}


def test_what_custom_closes_is_no_public_holiday() -> None:
    # Good Friday, Mi-Carême and 21 July 2026: the library has them, the law has not.
    for calendar in ("guadeloupe", "martinique", "saint-martin"):
        assert not {"04-03", "03-12", "07-21"} & in_year(calendar, 2026).keys()


def test_the_law_reaches_beyond_the_librarys_last_year() -> None:
    # Easter 2150 is 12 April (Meeus).
    assert in_year("metropole", 2150)["04-13"] == "Lundi de Pâques"


def test_both_ends_count_and_days_come_in_order_across_years() -> None:
    found = holidays_of("alsace-moselle", date(2026, 12, 25), date(2027, 1, 1))
    assert list(found) == [date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1)]


def test_an_unknown_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match="corse"):
        holidays_of("corse", date(2026, 1, 1), date(2026, 1, 1))


@given(
    calendar=st.sampled_from(sorted(HolidayCalendar.values)),
    first=st.dates(date(2024, 1, 1), date(2040, 1, 1)),
    days=st.integers(-3, 800),
)
def test_a_part_of_the_days_is_a_part_of_the_holidays(calendar: str, first: date, days: int) -> None:
    last = first + timedelta(days=days)
    whole = holidays_of(calendar, date(2024, 1, 1), date(2043, 12, 31))
    part = holidays_of(calendar, first, last)
    assert part == {day: name for day, name in whole.items() if first <= day <= last}
    assert all("'" not in name for name in part.values())
