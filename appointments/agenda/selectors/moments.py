"""Where a practitioner receives at a moment, and how long a visit usually is there."""

from collections.abc import Sequence
from datetime import date, time

from django.db.models import Min

from appointments.models import Rule, Schedule
from appointments.openings.recurrence import instant, number_of
from appointments.slots.availability import is_open
from appointments.slots.reader import read_frames
from appointments.slots.values import MINUTE

# Where no rule says a step.
_USUAL = 15


def place_open_at(schedules: Sequence[Schedule], day: date, at: time) -> Schedule:
    """The first agenda that is open then, else the first. One query where there are several, else none."""
    if len(schedules) == 1:
        return schedules[0]
    starts = [number_of(instant(day, at, one.location.zone)) for one in schedules]
    frames = read_frames(schedules, since=min(starts), until=max(starts))
    there = zip(schedules, starts, strict=True)
    return next((one for one, start in there if is_open(frames[one.id], start, start + MINUTE)), schedules[0])


def usual_minutes(schedule: Schedule) -> int:
    """The shortest step of its rules. One query."""
    step: int | None = Rule.objects.filter(schedule=schedule).aggregate(step=Min("step_minutes"))["step"]
    return step or _USUAL
