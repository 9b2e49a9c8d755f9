"""On which week an agenda opens."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from appointments.models import Schedule
from appointments.openings.recurrence import next_number, number_of, seconds
from appointments.slots.availability import free_slots
from appointments.slots.reader import read_frames
from appointments.slots.values import PRACTICE

_WEEK = timedelta(days=7)


def first_shown(schedules: Sequence[Schedule], *, zone: ZoneInfo, now: datetime) -> date:
    """Today; the Monday that comes when this week has neither visit nor free slot left, and the next one has. One query."""
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday()) + _WEEK
    present, over, until = number_of(now), seconds(monday, time.min, zone), seconds(monday + _WEEK, time.min, zone)
    starts: list[int] = []
    for frame in read_frames(schedules, since=present, until=until - 1).values() if schedules else ():
        starts += [one.start for one in frame.taken if one.here and not one.held and one.end > present]
        found = free_slots(frame, PRACTICE, since=present, until=until - 1, now=next_number(now))
        starts += [start for start, _, _ in found]
    coming = [start for start in starts if start < until]
    return monday if coming and min(coming) >= over else today
