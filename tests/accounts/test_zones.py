"""Clocks of France and its overseas: regions by their time zones, and what their hour is called."""

from zoneinfo import ZoneInfo

import pytest

from accounts.zones import apart, are_several, code_of, hour_of, name_of, region_of, there

PARIS, REUNION = ZoneInfo("Europe/Paris"), ZoneInfo("Indian/Reunion")


@pytest.mark.parametrize(
    ("time_zone", "region"),
    [
        ("Europe/Paris", "FR"),
        ("America/Guadeloupe", "GP"),
        ("America/Martinique", "MQ"),
        ("America/Cayenne", "GF"),
        ("Indian/Reunion", "RE"),
        ("Indian/Mayotte", "YT"),
        ("Pacific/Noumea", "NC"),
        ("Pacific/Tahiti", "PF"),
        ("America/Miquelon", "PM"),
        ("Pacific/Wallis", "WF"),
        ("America/St_Barthelemy", "BL"),
        ("America/Marigot", "MF"),
        ("Europe/Zurich", "FR"),
    ],
)
def test_a_time_zone_tells_the_region(time_zone: str, region: str) -> None:
    assert region_of(time_zone) == region


@pytest.mark.parametrize(
    ("time_zone", "name", "hour"),
    [
        ("Europe/Paris", "Paris", "heure de Paris"),
        ("America/Guadeloupe", "Guadeloupe", "heure de la Guadeloupe"),
        ("Indian/Reunion", "La Réunion", "heure de La Réunion"),
        ("Pacific/Marquesas", "Marquises", "heure des Marquises"),
        ("America/New_York", "New York", "heure de New York"),
        ("Europe/Athens", "Athens", "heure d’Athens"),
    ],
)
def test_an_hour_is_called_by_its_region(time_zone: str, name: str, hour: str) -> None:
    zone = ZoneInfo(time_zone)
    assert (name_of(zone), hour_of(zone)) == (name, hour)


def test_the_hour_of_paris_is_named_beside_others_only() -> None:
    assert [code_of(zone) for zone in (PARIS, REUNION, ZoneInfo("America/New_York"))] == ["FR", "RE", "NEW"]
    assert there(REUNION) == ", heure de La Réunion"
    assert there(PARIS) == ""
    assert there(PARIS, always=True) == ", heure de Paris"
    assert apart(PARIS, PARIS) == apart(REUNION, REUNION) == ""
    assert apart(PARIS, REUNION) == ", heure de Paris"
    assert are_several([PARIS, REUNION, PARIS])
    assert not are_several([REUNION, REUNION])
