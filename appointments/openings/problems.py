"""Why a rule as typed can't be: each problem with the field it is about. Forms tell all, the service refuses the first. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from accounts.french import NBSP, listed, weekday
from appointments.openings.recurrence import Recurrence
from appointments.openings.selectors import lasts_on, open_days
from appointments.openings.values import Opening

Problem = tuple[str, str]  # the field, the sentence


def problems_of(opening: Opening, recurrence: Recurrence, *, holidays: str, zone: ZoneInfo) -> Iterator[Problem]:
    """`recurrence`: its days as they would be, with the days off it has; `holidays` and `zone` are its place's."""
    for one in opening.audiences:
        if one.shown_from is not None and one.shown_from <= one.shown_until:
            yield (
                f"until_{one.audience}",
                f"{one.audience.label}{NBSP}: un créneau est montré avant de ne plus l’être{NBSP}; vérifiez les deux délais.",
            )
    if opening.step_minutes > opening.minutes:
        yield "step_minutes", "Un créneau de cette durée ne tient pas dans ces heures."
    elif recurrence.last_day is not None and recurrence.last_day < recurrence.first_day:
        yield "last_day", "Le dernier jour ne peut pas précéder le premier."
    else:
        yield from _never(opening, recurrence, holidays, zone)


def never_opens(recurrence: Recurrence, holidays: str) -> bool:
    return next(open_days(recurrence, holidays, since=recurrence.first_day), None) is None


def _never(opening: Opening, recurrence: Recurrence, holidays: str, zone: ZoneInfo) -> Iterator[Problem]:
    said = f"Cette règle n’ouvrirait jamais{NBSP}: "
    if not never_opens(recurrence, holidays):
        days = open_days(recurrence, holidays, since=recurrence.first_day)
        if all(lasts_on(recurrence, day, zone) < opening.step_minutes for day in days):
            yield "step_minutes", "Un créneau de cette durée ne tient pas dans ces heures, l’heure change ce jour-là."
    elif not never_opens(recurrence, "none"):
        yield "on_holidays", said + "elle ne tombe que sur des jours fériés. Ouvrez-la aussi ces jours-là."
    elif not never_opens(replace(recurrence, days_off=frozenset()), "none"):
        yield "last_day", said + "tous ses jours sont retirés."
    else:
        names = listed([weekday(date(2024, 1, number)) for number in sorted(recurrence.weekdays)], "ni")
        weeks = (
            f" des semaines où elle revient (toutes les {recurrence.every_n_weeks})"
            if recurrence.every_n_weeks > 1
            else ""
        )
        yield "last_day", said + f"entre ces deux dates il n’y a pas de {names}{weeks}."
