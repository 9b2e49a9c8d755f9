"""The clocks of France and of its overseas: which region a time zone is, and what its hour is called. Pure."""

from collections.abc import Iterable
from typing import NamedTuple
from zoneinfo import ZoneInfo

from accounts.french import of

PARIS = "Europe/Paris"


class _Region(NamedTuple):
    """`code`: ISO 3166; `of`: after « heure »."""

    code: str
    name: str
    of: str


_REGIONS = {
    "America/Guadeloupe": _Region("GP", "Guadeloupe", "de la Guadeloupe"),
    "America/Martinique": _Region("MQ", "Martinique", "de la Martinique"),
    "America/Cayenne": _Region("GF", "Guyane", "de la Guyane"),
    "Indian/Reunion": _Region("RE", "La Réunion", "de La Réunion"),
    "Indian/Mayotte": _Region("YT", "Mayotte", "de Mayotte"),
    "America/St_Barthelemy": _Region("BL", "Saint-Barthélemy", "de Saint-Barthélemy"),
    "America/Marigot": _Region("MF", "Saint-Martin", "de Saint-Martin"),
    "America/Miquelon": _Region("PM", "Saint-Pierre-et-Miquelon", "de Saint-Pierre-et-Miquelon"),
    "Pacific/Noumea": _Region("NC", "Nouvelle-Calédonie", "de la Nouvelle-Calédonie"),
    "Pacific/Tahiti": _Region("PF", "Tahiti", "de Tahiti"),
    "Pacific/Marquesas": _Region("PF", "Marquises", "des Marquises"),
    "Pacific/Gambier": _Region("PF", "Gambier", "des Gambier"),
    "Pacific/Wallis": _Region("WF", "Wallis-et-Futuna", "de Wallis-et-Futuna"),
}


def region_of(time_zone: str) -> str:
    """The code of the region whose numbers people dial at a place of this time zone; FR where it says nothing else."""
    return _REGIONS[time_zone].code if time_zone in _REGIONS else "FR"


def name_of(zone: ZoneInfo) -> str:
    """Paris, Guadeloupe; elsewhere the city of the zone: New York."""
    return _REGIONS[zone.key].name if zone.key in _REGIONS else _city(zone)


def code_of(zone: ZoneInfo) -> str:
    """RE, GP, FR; elsewhere three letters of the city. Where there is no room for its name, which a legend then says."""
    if zone.key in _REGIONS or zone.key == PARIS:
        return region_of(zone.key)
    return _city(zone)[:3].upper()


def hour_of(zone: ZoneInfo) -> str:
    """Heure de Paris, heure de la Guadeloupe."""
    if zone.key in _REGIONS:
        return f"heure {_REGIONS[zone.key].of}"
    return f"heure {of(_city(zone))}"


def beside(zone: ZoneInfo, *, always: bool = False) -> str:
    """What is written beside an hour that is read where clocks may be others: heure de la Guadeloupe.

    Nothing at the clock of Paris, unless `always`: beside hours of another, or where nobody knows who reads it.
    """
    return hour_of(zone) if always or zone.key != PARIS else ""


def there(zone: ZoneInfo, *, always: bool = False) -> str:
    """The same, to be added to it: « , heure de la Guadeloupe »."""
    named = beside(zone, always=always)
    return f", {named}" if named else ""


def apart(zone: ZoneInfo, other: ZoneInfo) -> str:
    """The same, of an hour beside those of `other`."""
    return there(zone, always=True) if zone.key != other.key else ""


def are_several(zones: Iterable[ZoneInfo]) -> bool:
    return len({zone.key for zone in zones}) > 1


def _city(zone: ZoneInfo) -> str:
    return zone.key.rpartition("/")[2].replace("_", " ")
