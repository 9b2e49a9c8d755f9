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


def problems_of(
    opening: Opening, recurrence: Recurrence, *, holidays: str, zone: ZoneInfo, today: date
) -> Iterator[Problem]:
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
    elif recurrence.last_day is not None and recurrence.last_day < today:
        yield "last_day", _IS_OVER[_is_one_off(recurrence)]
    else:
        yield from _never(opening, recurrence, holidays, zone, today)


_IS_OVER = {
    True: f"Ce jour est passé{NBSP}: choisissez-en un à venir.",
    False: f"Cette règle serait déjà finie{NBSP}: son dernier jour est passé. Choisissez-en un à venir, ou supprimez-la.",
}


def _is_one_off(recurrence: Recurrence) -> bool:
    return recurrence.first_day == recurrence.last_day


def never_opens(recurrence: Recurrence, holidays: str) -> bool:
    return next(open_days(recurrence, holidays, since=recurrence.first_day), None) is None


def _never(opening: Opening, recurrence: Recurrence, holidays: str, zone: ZoneInfo, today: date) -> Iterator[Problem]:
    never = "Cette ouverture n’aurait jamais lieu" if _is_one_off(recurrence) else "Cette règle n’ouvrirait jamais"
    said = f"{never}{NBSP}: "
    if not never_opens(recurrence, holidays):
        days = open_days(recurrence, holidays, since=recurrence.first_day)
        if all(lasts_on(recurrence, day, zone) < opening.step_minutes for day in days):
            yield "step_minutes", "Un créneau de cette durée ne tient pas dans ces heures, l’heure change ce jour-là."
        elif next(open_days(recurrence, holidays, since=today), None) is None:
            yield "last_day", f"Cette règle n’ouvrirait plus{NBSP}: aucun de ses jours n’est à venir d’ici là."
    elif not never_opens(recurrence, "none"):
        only = "ce jour est férié" if _is_one_off(recurrence) else "elle ne tombe que sur des jours fériés"
        yield "on_holidays", f"{said}{only}. Ouvrez-la aussi les jours fériés."
    elif not never_opens(replace(recurrence, days_off=frozenset()), "none"):
        yield "last_day", said + "tous ses jours sont retirés."
    else:
        names = listed([weekday(date(2024, 1, number)) for number in sorted(recurrence.weekdays)], "ni")
        every = recurrence.every_n_weeks
        weeks = f" des semaines où elle revient (toutes les {every})" if every > 1 else ""
        yield "last_day", said + f"entre ces deux dates il n’y a pas de {names}{weeks}."
