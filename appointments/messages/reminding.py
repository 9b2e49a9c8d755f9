"""When a visit is recalled to its patient: so long before it, by the clock on the wall of its place. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# Of a visit taken for the same day, there is one so long after it was taken, no later than an hour before it.
SAME_DAY = 0
AFTER_BOOKING = timedelta(minutes=10)
_LAST = timedelta(hours=1)
# What could not be planned when its moment came (a stopped machine) is not sent much later.
LATE_BY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Reminder:
    """`delay` in minutes, as set up; `SAME_DAY`."""

    delay: int
    at: datetime


def reminders(*, start: datetime, booked: datetime, delays: Iterable[int], zone: ZoneInfo) -> Iterator[Reminder]:
    """All there are of a visit, whose moment may be over. A delay that was over when it was booked has none.

    A day before 9:00 is 9:00, whatever the clocks do in the night between: the delay is taken on the wall.
    """
    wall, any_left = start.astimezone(zone), False
    for delay in sorted(set(delays), reverse=True):
        at = (wall.replace(fold=0) - timedelta(minutes=delay)).astimezone(UTC)
        if at >= booked + AFTER_BOOKING:
            any_left = True
            yield Reminder(delay, at)
    same_day = booked.astimezone(zone).date() == wall.date()
    if delays and not any_left and same_day and booked + AFTER_BOOKING <= start - _LAST:
        yield Reminder(SAME_DAY, booked + AFTER_BOOKING)


def due(one: Reminder, now: datetime) -> bool:
    """Its moment has come, and was not long ago."""
    return one.at <= now < one.at + LATE_BY
