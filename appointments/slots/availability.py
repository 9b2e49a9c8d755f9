"""Free slots, computed. Pure arithmetic on values: no Django, no database, no clock of its own.

Every reader goes through `free_slots`: the FHIR search, the agenda, the booking pages and the recheck inside a booking.
Rules are wall-clock in their place's time zone; each opening is converted once to UTC and cut into slots there, so that a
rule crossing a clock change yields slots of real minutes. Intervals are half-open.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Generic

from appointments.openings.recurrence import Interval, Offer, WeeklyRule, openings


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


def _cut(opening: Interval, rule: WeeklyRule[Offer]) -> Iterator[FreeSlot[Offer]]:
    length = timedelta(minutes=rule.step_minutes)
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
