"""When rules are open: wall-clock weeks turned into instants. Pure: no Django, no database, no clock of its own.

Rules are wall-clock in their place's time zone; each opening is converted once to UTC, so that one crossing a clock change
has real minutes. Intervals are half-open.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

Offer = TypeVar("Offer")

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Interval:
    """[start, end), both aware, in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class WeeklyRule(Generic[Offer]):
    """Open on these ISO weekdays (Monday 1) from `opens` to `closes`, local time; `closes` 00:00 is the end of the day.

    `first_day` and `last_day` are included; None is unbounded. `offer` is the caller's own, given back with each slot.
    """

    weekdays: frozenset[int]
    opens: time
    closes: time
    step_minutes: int
    time_zone: ZoneInfo
    offer: Offer
    first_day: date | None = None
    last_day: date | None = None


def openings(rule: WeeklyRule[Offer], *, since: datetime, until: datetime) -> Iterator[Interval]:
    """When the rule is open on the local days that [since, until] touches, in UTC."""
    day = since.astimezone(rule.time_zone).date()
    last = until.astimezone(rule.time_zone).date()
    if rule.first_day is not None:
        day = max(day, rule.first_day)
    if rule.last_day is not None:
        last = min(last, rule.last_day)
    while day <= last:
        if day.isoweekday() in rule.weekdays:
            closing_day = day + _DAY if rule.closes == time.min else day
            opening = Interval(
                instant(day, rule.opens, rule.time_zone), instant(closing_day, rule.closes, rule.time_zone)
            )
            if opening.start < opening.end:
                yield opening
        day += _DAY


def whole_days(first: date, last: date, time_zone: ZoneInfo) -> Interval:
    """From the midnight before the first of these local days to the midnight after the last."""
    return Interval(instant(first, time.min, time_zone), instant(last + _DAY, time.min, time_zone))


def instant(day: date, at: time, time_zone: ZoneInfo) -> datetime:
    """The UTC instant of a wall-clock time. In autumn's doubled hour: the first. In spring's missing hour: when it ends."""
    local = datetime.combine(day, at)
    while True:
        utc = local.replace(tzinfo=time_zone).astimezone(UTC)
        if utc.astimezone(time_zone).replace(tzinfo=None) == local:
            return utc
        local = local.replace(second=0, microsecond=0) + _MINUTE
