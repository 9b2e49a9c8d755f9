"""What a change of the openings does to the holds it touches: they end. Under the lock of their calendars."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from appointments.models import Absence, Closure, Hold, Rule, Schedule
from appointments.openings.recurrence import Recurrence, number_of, occurrences
from appointments.openings.selectors import period_interval, recurrence_of


@dataclass(frozen=True, slots=True)
class Picture:
    """A rule before or after a change: its days, and how each of them is cut and offered."""

    schedule_id: uuid.UUID
    zone: ZoneInfo
    recurrence: Recurrence
    cut: tuple[object, ...]


def picture_of(rule: Rule) -> Picture:
    """As it is in the database."""
    offers = rule.offers.values_list(
        "audience", "community", "reason", "open", "shown_from_minutes", "shown_until_minutes"
    )
    return Picture(
        rule.schedule_id,
        rule.schedule.location.zone,
        recurrence_of(rule, rule.days_off.values_list("day", flat=True)),
        (
            rule.schedule_id,
            rule.start_time,
            rule.end_time,
            rule.step_minutes,
            rule.capacity,
            tuple(rule.consultation_types),
            rule.appointment_type,
            frozenset(offers),
        ),
    )


def end_holds_of_rule(before: Picture, after: Picture | None) -> None:
    """Those in the rule's hours that are not as they were any more. None: the rule is gone."""
    ended = []
    for hold in Hold.objects.filter(schedule=before.schedule_id):
        start = number_of(hold.start)
        days = [
            one.day
            for one in occurrences(before.recurrence, before.zone, since=start, until=start)
            if one.end > start and one.day not in before.recurrence.days_off
        ]
        if days and not (after is not None and after.cut == before.cut and all(_begins(after, day) for day in days)):
            ended.append(hold.pk)
    Hold.objects.filter(pk__in=ended).delete()


def end_holds_in(row: Absence | Closure, schedules: Iterable[Schedule]) -> None:
    """Those that an absence or a closure covers, as it is at each place."""
    for schedule in schedules:
        when = period_interval(row, schedule.location.zone)
        Hold.objects.filter(schedule=schedule, start__lt=when.end, end__gt=when.start).delete()


def _begins(picture: Picture, day: date) -> bool:
    return picture.recurrence.falls_on(day) and day not in picture.recurrence.days_off
