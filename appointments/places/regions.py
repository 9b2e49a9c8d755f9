"""What a postal code says of a place: whose clock it has, and whose holidays. Pure."""

from typing import NamedTuple

from appointments.enums import HolidayCalendar


class Region(NamedTuple):
    time_zone: str
    holidays: HolidayCalendar


_MAINLAND = Region("Europe/Paris", HolidayCalendar.METROPOLE)
_ALSACE_MOSELLE = Region("Europe/Paris", HolidayCalendar.ALSACE_MOSELLE)
# The longest beginning counts.
_BY_BEGINNING = {
    "57": _ALSACE_MOSELLE,
    "67": _ALSACE_MOSELLE,
    "68": _ALSACE_MOSELLE,
    "971": Region("America/Guadeloupe", HolidayCalendar.GUADELOUPE),
    "97133": Region("America/St_Barthelemy", HolidayCalendar.SAINT_BARTHELEMY),
    "97150": Region("America/Marigot", HolidayCalendar.SAINT_MARTIN),
    "972": Region("America/Martinique", HolidayCalendar.MARTINIQUE),
    "973": Region("America/Cayenne", HolidayCalendar.GUYANE),
    "974": Region("Indian/Reunion", HolidayCalendar.REUNION),
    "975": Region("America/Miquelon", HolidayCalendar.SAINT_PIERRE_ET_MIQUELON),
    "976": Region("Indian/Mayotte", HolidayCalendar.MAYOTTE),
    "977": Region("America/St_Barthelemy", HolidayCalendar.SAINT_BARTHELEMY),
    "978": Region("America/Marigot", HolidayCalendar.SAINT_MARTIN),
    "986": Region("Pacific/Wallis", HolidayCalendar.WALLIS_ET_FUTUNA),
    "987": Region("Pacific/Tahiti", HolidayCalendar.POLYNESIE_FRANCAISE),
    "988": Region("Pacific/Noumea", HolidayCalendar.NOUVELLE_CALEDONIE),
}

# The clocks of France, in the order in which a form lists them.
ZONES = [
    "Europe/Paris", "America/Guadeloupe", "America/Martinique", "America/Cayenne", "Indian/Reunion", "Indian/Mayotte",
    "America/St_Barthelemy", "America/Marigot", "America/Miquelon", "Pacific/Noumea", "Pacific/Tahiti", "Pacific/Marquesas",
    "Pacific/Gambier", "Pacific/Wallis",
]  # fmt: skip


def region_of_postal_code(postal_code: str) -> Region:
    for length in (5, 3, 2):
        if found := _BY_BEGINNING.get(postal_code[:length]):
            return found
    return _MAINLAND
