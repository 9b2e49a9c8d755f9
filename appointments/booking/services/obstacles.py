"""What stands in the way of a visit that the practice takes at a time of its own choice: everything, with its sentence.

Nothing of it forbids: the practice is warned, and may go on.
"""

from dataclasses import dataclass
from enum import StrEnum

from accounts.french import clock
from appointments.openings.recurrence import moment_of, occurrences
from appointments.slots.values import Frame, Shut, Taken


class Kind(StrEnum):
    VISIT = "visit"
    ELSEWHERE = "elsewhere"
    HOLD = "hold"
    BUFFER = "buffer"
    ABSENCE = "absence"
    CLOSURE = "closure"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Obstacle:
    kind: Kind
    sentence: str


def obstacles(frame: Frame, start: int, end: int) -> list[Obstacle]:
    """By kind, then time; empty when nothing is in the way of [start, end)."""
    found = [
        _taken(frame, one, start, end) for one in frame.taken if one.start < end and one.until > start and not one.weak
    ]
    found += [_shut(frame, Kind.ABSENCE, one) for one in frame.absences if one.start < end and one.end > start]
    found += [_shut(frame, Kind.CLOSURE, one) for one in frame.closures if one.start < end and one.end > start]
    if not found and not _is_open(frame, start, end):
        found.append(Obstacle(Kind.OUTSIDE, "C’est en dehors des horaires d’ouverture."))
    return sorted(found, key=lambda one: list(Kind).index(one.kind))


def _taken(frame: Frame, one: Taken, start: int, end: int) -> Obstacle:
    span = f"de {_hour(frame, one.start)} à {_hour(frame, one.end)}"
    if not one.here:
        return Obstacle(Kind.ELSEWHERE, f"Le praticien est dans un autre lieu {span}.")
    if one.held:
        return Obstacle(Kind.HOLD, f"Ce moment est retenu {span} par quelqu’un qui est en train de le réserver.")
    if one.start < end and one.end > start:
        return Obstacle(Kind.VISIT, f"Un rendez-vous est déjà pris {span}.")
    return Obstacle(Kind.BUFFER, f"Du temps est gardé libre après le rendez-vous {span}.")


def _shut(frame: Frame, kind: Kind, one: Shut) -> Obstacle:
    named = f" ({one.label})" if one.label else ""
    who = "Une absence est notée" if kind == Kind.ABSENCE else "Le lieu est fermé"
    return Obstacle(kind, f"{who} à ce moment{named}.")


def _is_open(frame: Frame, start: int, end: int) -> bool:
    return any(
        one.start <= start and end <= one.end and rule.recurrence.is_on(one.day, frame.holidays)
        for rule in frame.rules
        for one in occurrences(rule.recurrence, frame.zone, since=start, until=start)
    )


def _hour(frame: Frame, moment: int) -> str:
    return clock(moment_of(moment).astimezone(frame.zone))
