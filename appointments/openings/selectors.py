"""The days of a rule, and when an absence or a closure is, at a place."""

import uuid
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from accounts import french
from accounts.zones import there
from appointments.days import LAST_DAY
from appointments.enums import Audience
from appointments.models import Absence, Closure, Rule, Schedule
from appointments.openings.grants import grants_of, lasting
from appointments.openings.holidays import holidays_of
from appointments.openings.recurrence import Interval, Recurrence, moment_of, seconds, whole_days
from appointments.openings.values import Shown

_DAY = timedelta(days=1)
# Every 8 weeks, four dates are within 32 weeks; days off and holidays may take some.
_AHEAD = timedelta(days=3 * 366)


def recurrence_of(rule: Rule, days_off: Iterable[date] | None = None) -> Recurrence:
    """Without `days_off`: with those it has."""
    return Recurrence(
        weekdays=frozenset(rule.weekdays),
        start_time=rule.start_time,
        end_time=rule.end_time,
        first_day=rule.first_day,
        last_day=rule.last_day,
        every_n_weeks=rule.every_n_weeks,
        anchor_week=rule.anchor_week,
        days_off=frozenset(days_off_of(rule) if days_off is None else days_off),
        on_holidays=rule.on_holidays,
    )


def rule_name(recurrence: Recurrence) -> str:
    """Du lundi au vendredi, 9 h 00 – 12 h 00; of a one-off opening its day."""
    one_off = recurrence.first_day == recurrence.last_day
    days = french.long_date(recurrence.first_day) if one_off else french.weekdays(recurrence.weekdays)
    return f"{french.sentence(days)}, {french.clock(recurrence.start_time)} – {french.clock(recurrence.end_time)}"


def days_off_of(rule: Rule) -> list[date]:
    """In order. Of the prefetched rows, where they are."""
    return sorted(one.day for one in rule.days_off.all())


def open_days(recurrence: Recurrence, holidays: str, *, since: date) -> Iterator[date]:
    """The days on which it begins, from `since` on, in order: days off and public holidays of that calendar left out.

    Of a rule without last day those of the next three years.
    """
    day = max(since, recurrence.first_day)
    last = min(recurrence.last_day or day + _AHEAD, LAST_DAY)
    while day <= last:
        if recurrence.falls_on(day) and recurrence.is_on(day, _holidays_on(day, holidays)):
            yield day
        day += _DAY


def offered_reasons(rule: Rule) -> list[uuid.UUID]:
    """Those that the rule's visits are for: done at its agenda, and not closed in it. One query, and the prefetched offers."""
    lasts = lasting(rule.schedule.reasons_at.filter(active=True).select_related("reason"))
    out = grants_of(rule, lasts).out
    return [reason for reason in lasts if reason not in out]


def shown_to(rule: Rule) -> list[Shown]:
    """Each audience of the rule's own page, and when. Of the prefetched offers."""
    found: dict[str, Shown] = {}
    for offer in rule.offers.all():
        if offer.open and offer.audience != Audience.CPTS:
            shown = Shown(Audience(offer.audience), offer.shown_from_minutes, offer.shown_until_minutes)
            if offer.reason_id is None or offer.audience not in found:
                found[offer.audience] = shown
    return [found[audience] for audience in Audience if audience in found]


def days_of(rule: Rule, *, since: date) -> Iterator[date]:
    """`open_days` of a rule, loaded with its place and days off."""
    return open_days(recurrence_of(rule), rule.schedule.location.holidays, since=since)


def next_days(rule: Rule, *, since: date, count: int = 4) -> list[date]:
    """The next dates of a rule, loaded with its place and days off."""
    return [day for day, _ in zip(days_of(rule, since=since), range(count), strict=False)]


def lasts_on(recurrence: Recurrence, day: date, zone: ZoneInfo) -> int:
    """Real minutes of what begins on this day: a clock change in it counts."""
    start = seconds(day, recurrence.start_time, zone)
    return (seconds(day + _DAY if recurrence.crosses else day, recurrence.end_time, zone) - start) // 60


def period_interval(row: Absence | Closure, zone: ZoneInfo) -> Interval:
    """When it is, at a place of this zone."""
    if row.first_day is not None and row.last_day is not None:
        start, end = whole_days(row.first_day, row.last_day, zone)
        return Interval(moment_of(start), moment_of(end))
    return Interval(row.start, row.end)  # type: ignore[arg-type]  # the other of the two forms


def said_when(row: Absence | Closure, zone: ZoneInfo, *, always: bool = False) -> str:
    """When it is, in words; hours at the clock of `zone`, named where readers' may be another, or `always`."""
    if row.first_day is not None and row.last_day is not None:
        return french.between_days(row.first_day, row.last_day)
    when = period_interval(row, zone)
    return french.between_hours(when.start.astimezone(zone), when.end.astimezone(zone)) + there(zone, always=always)


def replaced_between(schedules: Collection[Schedule], since: datetime, until: datetime) -> list[Absence]:
    """The absences from these agendas that touch [since, until) and name who replaces, in order. One query, of keys alone: most
    of the time there are none. One more where somebody does.
    """
    here = {one.id for one in schedules}
    touched = Absence.objects.filter(calendar__in={one.calendar_id for one in schedules}, replacement__isnull=False)
    ids = list(touched.touching(since, until).order_by().values_list("pk", flat=True))
    if not ids:
        return []
    rows = Absence.objects.filter(replacement__active=True, replacement__calendar__practitioner__isnull=False)
    found = rows.filter(pk__in=ids).select_related(
        "schedule__location", "replacement__calendar__practitioner", "replacement__location"
    )
    zones = {one.calendar_id: one.location.zone for one in reversed(list(schedules))}
    when = {
        row: period_interval(row, row.schedule.location.zone if row.schedule else zones[row.calendar_id])
        for row in found
        if row.schedule_id is None or row.schedule_id in here
    }
    touching = [row for row, one in when.items() if one.start < until and one.end > since]
    return sorted(touching, key=lambda row: (when[row].start, row.pk))


def series_of(row: Absence | Closure) -> QuerySet[Any]:
    """Those that were noted with it as one that comes back, itself included; itself alone where it does not."""
    if row.series is None:
        return type(row).objects.filter(pk=row.pk)
    if isinstance(row, Closure):
        return Closure.objects.filter(location=row.location_id, series=row.series)
    return Absence.objects.filter(calendar=row.calendar_id, series=row.series)


def _holidays_on(day: date, calendar: str) -> Collection[date]:
    return holidays_of(calendar, day, day)
