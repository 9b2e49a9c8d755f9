"""The public holidays of each part of France. Pure: no Django, no database, no clock of its own.

What the law calls a public holiday, and no more: code du travail L3133-1, L3134-13 (Alsace-Moselle) and L3422-2 (overseas);
in the Pacific the place's own law. Days that custom closes (Carnival, Good Friday in the Antilles, Muslim feasts in Mayotte)
are a closure of the place.
"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from holidays.countries import France
from holidays.holiday_base import HOLIDAY_NAME_DELIMITER

_SUBDIVISIONS: dict[str, str | None] = {
    "metropole": None,
    "alsace-moselle": "6AE",
    "guadeloupe": "971",
    "martinique": "972",
    "guyane": "973",
    "reunion": "974",
    "mayotte": "976",
    "saint-pierre-et-miquelon": "PM",
    "saint-barthelemy": "BL",
    "saint-martin": "MF",
    "nouvelle-caledonie": "NC",
    "polynesie-francaise": "PF",
    "wallis-et-futuna": "WF",
}

# The library counts them as public holidays; L3422-2 knows none of them.
_OF_CUSTOM: dict[str, frozenset[str]] = {
    "guadeloupe": frozenset({"Vendredi saint", "Mi-Carême", "Fête de Victor Schoelcher"}),
    "martinique": frozenset({"Fête de Victor Schoelcher"}),
    "saint-martin": frozenset({"Fête de Victor Schoelcher"}),
}


class _France(France):
    # The library stops at 2100 without a word; further than this nobody computes Easter.
    end_year = 4099


def holidays_of(calendar: str, first: date, last: date) -> Mapping[date, str]:
    """Day → French name, in order of days, both ends included. Two feasts on one day: « Ascension, Fête du Travail ».

    `calendar` is one of `enums.HolidayCalendar`. Raises ValueError for another.
    """
    if calendar != "none" and calendar not in _SUBDIVISIONS:
        raise ValueError(f"no such calendar of holidays: {calendar}")
    years = range(first.year, last.year + 1)
    return {day: name for year in years for day, name in _holidays_in(calendar, year).items() if first <= day <= last}


@lru_cache(maxsize=512)
def _holidays_in(calendar: str, year: int) -> Mapping[date, str]:
    if calendar == "none":
        return MappingProxyType({})
    found = _France(subdiv=_SUBDIVISIONS[calendar], years=year, language="fr", expand=False)
    # Saint-Martin keeps 28 May, as the library has it: by circular and the préfecture's notice, since 2018. L3422-2 still
    # writes Guadeloupe's 27 May (Soualiga Post, 16 May 2018 and 27 May 2024).
    custom = _OF_CUSTOM.get(calendar, frozenset())
    named: dict[date, str] = {}
    for day, names in sorted(found.items()):
        legal = [name for name in dict.fromkeys(names.split(HOLIDAY_NAME_DELIMITER)) if name not in custom]
        if legal:
            named[day] = ", ".join(legal).replace("'", "’")
    return MappingProxyType(named)
