"""The public holidays of each part of France. Pure: no Django, no database, no clock of its own.

What the law calls a public holiday today, and no more: code du travail L3133-1, L3134-13 (Alsace-Moselle) and L3422-2 (overseas);
in the Pacific the place's own law. Days that custom closes (Carnival, Good Friday in the Antilles, Muslim feasts in Mayotte)
are a closure of the place.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from types import MappingProxyType

# A day of the year, or so many days after Easter; its name.
_Feasts = dict[tuple[int, int] | int, str]
_EVERYWHERE: _Feasts = {
    (1, 1): "Jour de l’an",
    1: "Lundi de Pâques",
    (5, 1): "Fête du Travail",
    (5, 8): "Fête de la Victoire",
    39: "Ascension",
    50: "Lundi de Pentecôte",
    (7, 14): "Fête nationale",
    (8, 15): "Assomption",
    (11, 1): "Toussaint",
    (11, 11): "Armistice",
    (12, 25): "Noël",
}
_GOOD_FRIDAY: _Feasts = {-2: "Vendredi saint"}
_ABOLITION = "Abolition de l’esclavage"
_OF_ITS_OWN: dict[str, _Feasts] = {
    "metropole": {},
    "alsace-moselle": _GOOD_FRIDAY | {(12, 26): "Saint-Étienne"},
    "guadeloupe": {(5, 27): _ABOLITION},
    "martinique": {(5, 22): _ABOLITION},
    "guyane": {(6, 10): _ABOLITION},
    "reunion": {(12, 20): _ABOLITION},
    "mayotte": {(4, 27): _ABOLITION},
    "saint-pierre-et-miquelon": {},
    "saint-barthelemy": {(10, 9): _ABOLITION},
    # By circular and the préfecture's notice, since 2018. L3422-2 still writes Guadeloupe's 27 May (Soualiga Post, 16 May 2018
    # and 27 May 2024).
    "saint-martin": {(5, 28): _ABOLITION},
    "nouvelle-caledonie": {(9, 24): "Fête de la Citoyenneté"},
    "polynesie-francaise": _GOOD_FRIDAY | {(3, 5): "Arrivée de l’Évangile", (11, 20): "Matāri’i"},
    "wallis-et-futuna": {
        (4, 28): "Saint Pierre Chanel",
        (6, 29): "Saints Pierre et Paul",
        (7, 29): "Fête du Territoire",
    },
}


def holidays_of(calendar: str, first: date, last: date) -> Mapping[date, str]:
    """Day → French name, in order of days, both ends included. Two feasts on one day: « Ascension, Fête du Travail ».

    `calendar` is one of `enums.HolidayCalendar`. Raises ValueError for another.
    """
    if calendar != "none" and calendar not in _OF_ITS_OWN:
        raise ValueError(f"no such calendar of holidays: {calendar}")
    years = range(first.year, last.year + 1)
    return {day: name for year in years for day, name in _holidays_in(calendar, year).items() if first <= day <= last}


@lru_cache(maxsize=512)
def _holidays_in(calendar: str, year: int) -> Mapping[date, str]:
    if calendar == "none":
        return MappingProxyType({})
    easter = _easter(year)
    names: dict[date, list[str]] = defaultdict(list)
    for when, name in (_EVERYWHERE | _OF_ITS_OWN[calendar]).items():
        names[easter + timedelta(when) if isinstance(when, int) else date(year, *when)].append(name)
    return MappingProxyType({day: ", ".join(sorted(names[day])) for day in sorted(names)})


def _easter(year: int) -> date:
    """Sunday, of the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8: right for every year, without exception)."""
    a, (b, c) = year % 19, divmod(year, 100)
    (d, e), f = divmod(b, 4), (b + 8) // 25
    h = (19 * a + b - d - (b - f + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    after = (32 + 2 * e + 2 * i - h - k) % 7
    month, day = divmod(h + after - 7 * ((a + 11 * h + 22 * after) // 451) + 114, 31)
    return date(year, month, day + 1)
