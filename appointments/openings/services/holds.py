"""An absence or a closure ends the holds it covers; a changed rule does not. Under the lock of their calendars."""

from collections.abc import Iterable

from appointments.models import Absence, Closure, Hold, Schedule
from appointments.openings.selectors import period_interval


def end_holds_in(row: Absence | Closure, schedules: Iterable[Schedule]) -> None:
    """Those that an absence or a closure covers, as it is at each place."""
    for schedule in schedules:
        when = period_interval(row, schedule.location.zone)
        Hold.objects.filter(schedule=schedule, start__lt=when.end, end__gt=when.start).delete()
