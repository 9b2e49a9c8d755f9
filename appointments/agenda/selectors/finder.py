"""The first free hours across practitioners, for what one looks for."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from heapq import merge
from itertools import groupby

from django.db import models

from appointments.booking.services.obstacles import obstacles
from appointments.models import Schedule
from appointments.openings.recurrence import moment_of, next_number, number_of
from appointments.slots.availability import FreeSlot, free_slots
from appointments.slots.reader import read_frames
from appointments.slots.selectors import Slot
from appointments.slots.values import MINUTE, PRACTICE, Frame, ReasonDone

FOUND = 12
# Most find something in a fortnight; who looks far is answered too.
_WINDOWS = (14, 60, 180)
_NOON, _EVENING = 12, 18


class Half(models.TextChoices):
    """Of a day, at the clock of the place."""

    MORNING = "matin", "Matin"
    AFTERNOON = "apres-midi", "Après-midi"
    EVENING = "soir", "Soir"


@dataclass(frozen=True, slots=True)
class Wish:
    """`reasons`: by agenda, what is looked for there; of an agenda that is not in it nothing is. None: any length."""

    since: datetime
    reasons: Mapping[uuid.UUID, ReasonDone] | None = None
    halves: frozenset[str] = frozenset()
    weekdays: frozenset[int] = frozenset()

    def fits(self, local: datetime) -> bool:
        if self.weekdays and local.isoweekday() not in self.weekdays:
            return False
        return not self.halves or half_of(local) in self.halves


def half_of(local: datetime) -> Half:
    if local.hour < _NOON:
        return Half.MORNING
    return Half.AFTERNOON if local.hour < _EVENING else Half.EVENING


def first_free(schedules: Collection[Schedule], wish: Wish, *, now: datetime) -> list[tuple[date, list[Slot]]]:
    """At most FOUND, by the day at their place. Three queries at most, whatever the number of agendas."""
    asked = [one for one in schedules if wish.reasons is None or one.id in wish.reasons]
    found: list[Slot] = []
    since = max(wish.since, now)
    for days in _WINDOWS:
        until = max(wish.since, now) + timedelta(days=days)
        found += _within(asked, wish, since=since, until=until, now=now, count=FOUND - len(found))
        if len(found) == FOUND or not asked:
            break
        since = until
    grouped = groupby(found, key=lambda slot: slot.start.astimezone(slot.schedule.location.zone).date())
    return [(day, list(slots)) for day, slots in grouped]


def _within(
    schedules: Sequence[Schedule], wish: Wish, *, since: datetime, until: datetime, now: datetime, count: int
) -> list[Slot]:
    if not schedules:
        return []
    first, last = next_number(since), number_of(until) - 1
    frames = read_frames(schedules, since=first, until=last)
    each = [
        [(slot[0], order, slot) for slot in _of(frames[schedule.id], schedule, wish, first, last, now)]
        for order, schedule in enumerate(schedules)
    ]
    found: list[Slot] = []
    for _, order, (start, end, offered) in merge(*each):
        schedule = schedules[order]
        if len(found) == count:
            break
        # Not where time is kept free after another visit.
        if wish.fits(moment_of(start).astimezone(schedule.location.zone)) and not obstacles(
            frames[schedule.id], start, end
        ):
            found.append(Slot(schedule, moment_of(start), moment_of(end), offered))
    return found


def _of(frame: Frame, schedule: Schedule, wish: Wish, since: int, until: int, now: datetime) -> list[FreeSlot]:
    reason = wish.reasons[schedule.id] if wish.reasons is not None else None
    wanted = reason.minutes * MINUTE if reason is not None else None
    free = free_slots(frame, PRACTICE, since=since, until=until, now=next_number(now), wanted=wanted)
    if reason is None:
        return free
    return [one for one in free if reason.consultation_types & set(one[2].consultation_types)]
