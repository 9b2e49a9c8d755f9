"""Free slots, computed. Pure arithmetic on values: no Django, no database, no clock of its own.

Every reader goes through `free_slots`: the FHIR search, the agenda, the booking pages and the recheck inside a booking.
Rules are wall-clock in their place's time zone; each opening is converted once to UTC and cut into slots there, so that a
rule crossing a clock change yields slots of real minutes. Intervals are half-open.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter
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
    slot_minutes: int
    time_zone: ZoneInfo
    offer: Offer
    first_day: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class FreeSlot(Generic[Offer]):
    """[start, end) in UTC, and the offer of the rule it comes from."""

    start: datetime
    end: datetime
    offer: Offer


def free_slots(
    rules: Iterable[WeeklyRule[Offer]], busy: Iterable[Interval], *, since: datetime, until: datetime
) -> list[FreeSlot[Offer]]:
    """The slots that start within [since, until] and touch nothing busy, in time order.

    `rules` are those of one schedule, `busy` everything that holds its practitioner anywhere. Where two rules give the very
    same slot, the first rule wins. Raises ValueError on naive bounds.
    """
    if since.tzinfo is None or until.tzinfo is None:
        raise ValueError("The bounds must be aware datetimes.")
    occupied = sorted(busy, key=attrgetter("start"))
    found: dict[tuple[datetime, datetime], FreeSlot[Offer]] = {}
    for rule in rules:
        for opening in openings(rule, since=since, until=until):
            for slot in _cut(opening, rule):
                if since <= slot.start <= until:
                    found.setdefault((slot.start, slot.end), slot)
    slots = sorted(found.values(), key=lambda slot: (slot.start, slot.end))
    return list(_outside(slots, occupied))


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


def instant(day: date, at: time, time_zone: ZoneInfo) -> datetime:
    """The UTC instant of a wall-clock time. In autumn's doubled hour: the first. In spring's missing hour: when it ends."""
    local = datetime.combine(day, at)
    while True:
        utc = local.replace(tzinfo=time_zone).astimezone(UTC)
        if utc.astimezone(time_zone).replace(tzinfo=None) == local:
            return utc
        local = local.replace(second=0, microsecond=0) + _MINUTE


def _cut(opening: Interval, rule: WeeklyRule[Offer]) -> Iterator[FreeSlot[Offer]]:
    length = timedelta(minutes=rule.slot_minutes)
    start = opening.start
    while start + length <= opening.end:
        yield FreeSlot(start, start + length, rule.offer)
        start += length


def _outside(slots: list[FreeSlot[Offer]], occupied: list[Interval]) -> Iterator[FreeSlot[Offer]]:
    """One sweep over both sorted lists: keep in `near` only what can still touch a later slot."""
    near: list[Interval] = []
    position = 0
    for slot in slots:
        while position < len(occupied) and occupied[position].start < slot.end:
            near.append(occupied[position])
            position += 1
        near = [interval for interval in near if interval.end > slot.start]
        if not any(interval.start < slot.end for interval in near):
            yield slot
