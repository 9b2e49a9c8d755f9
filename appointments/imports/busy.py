"""When somebody is taken, of the events of an iCalendar (RFC 5545). Pure.

What comes back is laid out by `recurring_ical_events`, one series at a time, and only within bounds: a rule that would come back
every second, or from the year 1, is refused before it is laid out.
"""

import time as clocks
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar
from icalendar.error import BrokenCalendarProperty

from appointments.openings.recurrence import Interval, instant, merged

# What a calendar of a person has at most.
MOST_EVENTS = 20_000
MOST_PERIODS = 5_000
# Seconds of work.
PATIENCE = 20
_FREQUENCIES = {"HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
# What multiplies the times of a day.
_WITHIN_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")
_MOST_A_DAY = 48
_OLDEST = 1970


class TooMany(Exception):
    """More than any calendar of a person has."""


def busy_periods(content: bytes, *, zone: ZoneInfo, since: datetime, until: datetime) -> list[Interval]:
    """When it says that its person is taken, between these moments; neighbours made one. Whole days and hours without zone are
    at the clock of `zone`. Cancelled events, and those that leave one free, are none.

    Raises `TooMany`; ValueError where it is no iCalendar.
    """
    if content.upper().count(b"BEGIN:") > MOST_EVENTS:
        raise TooMany
    calendar: Any = Calendar.from_ical(content)
    if getattr(calendar, "name", "") != "VCALENDAR":
        raise ValueError("not a calendar")
    events = calendar.walk("VEVENT")
    series: dict[str, list[Any]] = defaultdict(list)
    for number, event in enumerate(events):
        # Without a beginning it is at no time.
        if beginning_of(event) is not None:
            series[str(event.get("UID", number))].append(event)
    ends = clocks.monotonic() + PATIENCE
    found: list[Interval] = []
    for same in series.values():
        if clocks.monotonic() > ends:
            raise TooMany
        for event in occurrences_of(same, since=since, until=until):
            if _takes(event) and (period := _period(event, zone)):
                found.append(Interval(max(period.start, since), min(period.end, until)))
    periods = merged(one for one in found if one.start < one.end)
    if len(periods) > MOST_PERIODS:
        raise TooMany
    return periods


def occurrences_of(same: Sequence[Any], *, since: datetime, until: datetime) -> Iterator[Any]:
    """The events of one UID, laid out between these moments where they come back. Raises `TooMany`."""
    if len(same) == 1 and not any(name in same[0] for name in ("RRULE", "RDATE")):
        yield same[0]
        return
    for event in same:
        _bound(event)
    calendar = Calendar()
    for event in same:
        calendar.add_component(event)
    yield from recurring_ical_events.of(calendar).between(since, until)


def beginning_of(event: Any) -> date | None:
    """A moment or a day; None where there is none that can be read."""
    try:
        start: date = event["DTSTART"].dt
    except (KeyError, AttributeError, BrokenCalendarProperty):
        return None
    return start if isinstance(start, date) else None


def bounds_of(event: Any, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """Start and end at a clock; None for whole days. Without end it lasts no time (RFC 5545, 3.6.1)."""
    start, end = beginning_of(event), event.get("DTEND")
    if not isinstance(start, datetime):
        return None
    begins = _aware(start, zone)
    if end is not None and isinstance(end.dt, datetime):
        return begins, _aware(end.dt, zone)
    duration = event.get("DURATION")
    return begins, begins + (duration.dt if duration is not None else timedelta())


def _period(event: Any, zone: ZoneInfo) -> Interval | None:
    if bounds := bounds_of(event, zone):
        start, end = (moment.astimezone(UTC) for moment in bounds)
    else:
        first = beginning_of(event)
        if first is None:
            return None
        last, duration = event.get("DTEND"), event.get("DURATION")
        if last is not None and isinstance(last.dt, date) and not isinstance(last.dt, datetime):
            after = last.dt
        else:
            after = first + (duration.dt if duration is not None else timedelta(days=1))
        start, end = instant(first, time.min, zone), instant(after, time.min, zone)
    return Interval(start, end) if start < end else None


def _aware(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def _takes(event: Any) -> bool:
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    return not cancelled and str(event.get("TRANSP", "")).upper() != "TRANSPARENT"


def _bound(event: Any) -> None:
    start = beginning_of(event)
    if start is None:
        raise ValueError("an event without beginning")
    if start.year < _OLDEST:
        raise TooMany
    rules = event.get("RRULE")
    for rule in rules if isinstance(rules, list) else [rules] if rules else []:
        frequency = str(next(iter(rule.get("FREQ", [""])), "")).upper()
        a_day = 24 if frequency == "HOURLY" else 1
        for name in _WITHIN_A_DAY:
            a_day *= max(1, len(rule.get(name, [])))
        if frequency not in _FREQUENCIES or a_day > _MOST_A_DAY:
            raise TooMany
