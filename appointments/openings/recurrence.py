"""When rules are open: wall-clock weeks turned into instants. Pure: no Django, no database, no clock of its own.

Rules are wall-clock in their place's time zone; each occurrence is converted once to UTC, so that one crossing a clock change
has real minutes. Intervals are half-open. Instants are numbers, seconds since 1970 in UTC: they compare and add ten times as
fast as datetimes, and a search handles thousands.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
WEEK = 7
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Interval:
    """[start, end), both aware, in UTC."""

    start: datetime
    end: datetime


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """In time order, those that overlap or touch made one."""
    found: list[Interval] = []
    for one in sorted(intervals, key=lambda one: (one.start, one.end)):
        if found and one.start <= found[-1].end:
            found[-1] = Interval(found[-1].start, max(found[-1].end, one.end))
        else:
            found.append(one)
    return found


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Open on these ISO weekdays (Monday 1), every `every_n_weeks` counted from `anchor_week` (a Monday).

    From `start_time` to `end_time`, local, which is on the next day when it is not later (equal: 24 hours by the clock).
    `first_day` and `last_day` are included; no last day is unbounded.
    """

    weekdays: frozenset[int]
    start_time: time
    end_time: time
    first_day: date
    last_day: date | None
    every_n_weeks: int
    anchor_week: date
    days_off: frozenset[date] = frozenset()
    on_holidays: bool = False

    @property
    def crosses(self) -> bool:
        """Whether what begins on a day ends on the next."""
        return self.end_time <= self.start_time

    def falls_on(self, day: date) -> bool:
        """Whether an occurrence begins on this local day, days off and holidays aside."""
        if day.isoweekday() not in self.weekdays or day < self.first_day:
            return False
        if self.last_day is not None and day > self.last_day:
            return False
        return self.every_n_weeks == 1 or (day - self.anchor_week).days // WEEK % self.every_n_weeks == 0

    def is_on(self, day: date, holidays: Collection[date]) -> bool:
        """Whether it is open on a day it falls on."""
        return day not in self.days_off and (self.on_holidays or day not in holidays)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """[start, end) in seconds; `day` is the local day on which it begins, by which days off and holidays are judged."""

    day: date
    start: int
    end: int


def occurrences(rule: Recurrence, zone: ZoneInfo, *, since: int, until: int) -> Iterator[Occurrence]:
    """Those that touch [since, until], in time order, days off and holidays included: `is_on` tells them."""
    day = max(local_day(since, zone) - _DAY, rule.first_day)  # one that began yesterday may go on past midnight
    last = local_day(until, zone)
    if rule.last_day is not None:
        last = min(last, rule.last_day)
    while day <= last:
        if rule.falls_on(day):
            start = seconds(day, rule.start_time, zone)
            end = seconds(day + _DAY if rule.crosses else day, rule.end_time, zone)
            if start < end and start <= until and end > since:
                yield Occurrence(day, start, end)
        day += _DAY


def whole_days(first: date, last: date, zone: ZoneInfo) -> tuple[int, int]:
    """From the midnight before the first of these local days to the midnight after the last, in seconds."""
    return seconds(first, time.min, zone), seconds(last + _DAY, time.min, zone)


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The UTC instant of a wall-clock time. In autumn's doubled hour: the first. In spring's missing hour: when it ends."""
    local = datetime.combine(day, at.replace(fold=0))
    while True:
        utc = local.replace(tzinfo=zone).astimezone(UTC)
        if utc.astimezone(zone).replace(tzinfo=None) == local:
            return utc
        local = local.replace(second=0, microsecond=0) + _MINUTE


@lru_cache(maxsize=20_000)
def seconds(day: date, at: time, zone: ZoneInfo) -> int:
    """`instant` as a number."""
    return int(instant(day, at, zone).timestamp())


def local_day(moment: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(moment, zone).date()


def moment_of(moment: int) -> datetime:
    """The datetime of a number, in UTC."""
    return datetime.fromtimestamp(moment, UTC)


def number_of(moment: datetime) -> int:
    """Whole seconds, rounded down. Raises ValueError when the datetime is naive."""
    if moment.tzinfo is None:
        raise ValueError("A moment has a time zone.")
    return int(moment.timestamp() // 1)


def next_number(moment: datetime) -> int:
    """Whole seconds, rounded up. Raises ValueError when the datetime is naive."""
    return number_of(moment) + bool(moment.microsecond)
