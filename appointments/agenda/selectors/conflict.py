"""What the practice reads when a moment is not free, and what it may do: another hour near, or in spite of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.french import hour
from accounts.rights import Actor
from appointments.agenda.selectors.obstacles import obstacle_sentences
from appointments.booking.services.obstacles import InTheWay, Kind, obstacles
from appointments.models import Schedule
from appointments.openings.recurrence import moment_of, next_number, number_of
from appointments.slots.availability import free_slots
from appointments.slots.reader import read_frames
from appointments.slots.selectors import Slot
from appointments.slots.values import MINUTE, PRACTICE

_BEFORE, _AFTER = timedelta(days=1), timedelta(days=7)
# Somebody else is received, or kept a place for, at that very moment.
_BESIDE = {Kind.VISIT, Kind.ELSEWHERE, Kind.HOLD}


@dataclass(frozen=True, slots=True)
class Conflict:
    """`title` says what is not free and `day` on which day, `sentences` name all that stands there; `near`: free starts of the
    same length; `act` is the name of the button that goes on, `effect` what it does.
    """

    title: str
    day: date
    sentences: list[str]
    near: list[Slot]
    act: str
    effect: str


def conflict_of(
    warning: InTheWay, schedule: Schedule, *, start: datetime, minutes: int, actor: Actor, now: datetime
) -> Conflict:
    """Four queries at most."""
    zone = schedule.location.zone
    local = start.astimezone(zone)
    at = hour(local)
    kinds = {one.kind for one in warning.obstacles}
    beside = bool(kinds & _BESIDE)
    return Conflict(
        title="Ce patient vient déjà ce jour-là" if kinds == {Kind.SAME_DAY} else f"{at} n’est pas libre",
        day=local.date(),
        sentences=obstacle_sentences(warning.obstacles, actor=actor, zone=zone),
        near=[] if kinds == {Kind.SAME_DAY} else free_near(schedule, start=start, minutes=minutes, now=now),
        act=f"Ajouter en plus à {at}" if beside else f"Prendre quand même à {at}",
        effect=f"{at} en plus, à côté de ce qui y est" if beside else f"{at} quand même",
    )


def free_near(schedule: Schedule, *, start: datetime, minutes: int, now: datetime, count: int = 2) -> list[Slot]:
    """The free starts of that length closest to it, with nothing at all in their way, in time order. One query."""
    since, until = next_number(max(start - _BEFORE, now)), number_of(start + _AFTER)
    if since > until:
        return []
    frame = read_frames([schedule], since=since, until=until)[schedule.id]
    length, wanted = minutes * MINUTE, number_of(start)
    free = free_slots(frame, PRACTICE, since=since, until=until, now=next_number(now), wanted=length)
    near: list[Slot] = []
    for begins, ends, offered in sorted(free, key=lambda one: (abs(one[0] - wanted), one[0])):
        if len(near) == count:
            break
        if not obstacles(frame, begins, ends):
            near.append(Slot(schedule, moment_of(begins), moment_of(ends), offered))
    return sorted(near, key=lambda one: one.start)
