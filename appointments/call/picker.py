"""The free slots of some days as one chooses among them: how many in each half-day, then the hours of one of them. Pure.

A slot belongs to the day and the half-day at its own place's clock.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import NamedTuple

from appointments.models import Location
from appointments.slots.selectors import Slot

# Hours at which the parts of a day begin.
_BEGINS = (0, 8, 12, 18)
_CODES = ("nuit", "matin", "apres-midi", "soir")
_SAID = ("dans la nuit", "au matin", "l’après-midi", "au soir")
# Of today.
_SAID_TODAY = ("cette nuit", "ce matin", "cet après-midi", "ce soir")
# Days shown at once: what the platform asks for.
OPEN_DAYS = 3
_CODE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:-([a-z-]+))?", re.ASCII)


class HalfDay(NamedTuple):
    """A part of a local day: 0 the night (until 8 h), 1 the morning, 2 the afternoon (from 12 h), 3 the evening (from 18 h)."""

    day: date
    part: int

    @property
    def code(self) -> str:
        """For addresses: 2026-11-25-soir."""
        return f"{self.day.isoformat()}-{_CODES[self.part]}"

    def said(self, today: date) -> str:
        return _SAID_TODAY[self.part] if self.day == today else _SAID[self.part]


def half_at(local: datetime) -> HalfDay:
    return HalfDay(local.date(), bisect_right(_BEGINS, local.hour) - 1)


def half_of(slot: Slot) -> HalfDay:
    return half_at(slot.start.astimezone(slot.schedule.location.zone))


@dataclass(frozen=True, slots=True)
class Cell:
    half: HalfDay
    count: int


@dataclass(frozen=True, slots=True)
class Row:
    day: date
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Rest:
    """The days that are not shown: how many slots they have, and where one goes to see them."""

    first: date
    last: date
    count: int
    half: HalfDay


class Marks(NamedTuple):
    """What is to be known of a slot besides its hour."""

    modes: tuple[str, ...]
    audiences: tuple[str, ...]
    minutes: int
    reason: str
    is_walk_in: bool


def marks_of(slot: Slot) -> Marks:
    offer = slot.offer
    reason = offer.reasons[0].label if len(offer.reasons) == 1 else ""
    return Marks(offer.consultation_types, offer.audiences, slot.minutes, reason, slot.is_walk_in)


@dataclass(frozen=True, slots=True)
class Chip:
    """`apart`: the names of the marks in which it is not as its place's others are."""

    slot: Slot
    marks: Marks
    apart: frozenset[str]


@dataclass(frozen=True, slots=True)
class PlaceHours:
    """The slots of one half-day at one place, hour by hour. `marks`: what most of them share, `all_alike` when all do."""

    location: Location
    marks: Marks
    all_alike: bool
    hours: tuple[tuple[int, tuple[Chip, ...]], ...]


@dataclass(frozen=True)
class Picker:
    """`slots`: all there are in the days from `today`, in time order; `wanted`: the half-day asked for, if one was."""

    slots: Sequence[Slot]
    today: date
    days: int
    wanted: HalfDay | None = None

    def showing(self, half: HalfDay | None) -> "Picker":
        """Another half-day of the same slots: what was counted of them stays."""
        other = Picker(self.slots, self.today, self.days, half)
        other.__dict__.update(halves=self.halves, counts=self.counts)
        return other

    @cached_property
    def halves(self) -> list[HalfDay]:
        """Of each slot, in their order."""
        return [half_of(slot) for slot in self.slots]

    @cached_property
    def counts(self) -> Counter[HalfDay]:
        return Counter(self.halves)

    @cached_property
    def half(self) -> HalfDay | None:
        """The one shown: that asked for, else the first that has slots."""
        return self.wanted if self.wanted is not None else min(self.counts, default=None)

    @cached_property
    def every_day(self) -> list[date]:
        days = {self.today + timedelta(days=count) for count in range(self.days)}
        return sorted(days | {half.day for half in self.counts} | ({self.half.day} if self.half else set()))

    @property
    def day_codes(self) -> str:
        return " ".join(day.isoformat() for day in self.every_day)

    @cached_property
    def shown_days(self) -> list[date]:
        """The first three days, or the others when the half-day shown is one of theirs."""
        first, rest = self.every_day[:OPEN_DAYS], self.every_day[OPEN_DAYS:]
        return rest if self.half is not None and self.half.day in rest else first

    @property
    def rows(self) -> list[Row]:
        return [
            Row(day, tuple(Cell(half, self.counts[half]) for half in (HalfDay(day, part) for part in range(4))))
            for day in self.shown_days
        ]

    @property
    def rest(self) -> Rest | None:
        """None where nothing is free then."""
        days = [day for day in self.every_day if day not in self.shown_days]
        halves = sorted(half for half in self.counts if half.day in days)
        if not halves:
            return None
        return Rest(days[0], days[-1], sum(self.counts[half] for half in halves), halves[0])

    @cached_property
    def previous(self) -> HalfDay | None:
        return max((half for half in self.counts if self.half and half < self.half), default=None)

    @cached_property
    def next(self) -> HalfDay | None:
        return min((half for half in self.counts if self.half and half > self.half), default=None)

    @property
    def places(self) -> list[PlaceHours]:
        found: dict[Location, list[Slot]] = {}
        for slot, half in zip(self.slots, self.halves, strict=True):
            if half == self.half:
                found.setdefault(slot.schedule.location, []).append(slot)
        return [_hours_at(location, slots) for location, slots in found.items()]

    def after(self, day: date, at: time) -> Slot | None:
        """The first one to be booked at this hour of this day or later, at the place's clock."""
        for slot in self.slots:
            local = slot.start.astimezone(slot.schedule.location.zone)
            if not slot.is_walk_in and (local.date(), local.time()) >= (day, at):
                return slot
        return None

    def from_then(self, half: HalfDay) -> HalfDay | None:
        """This one, or the first after it, that has slots; None: none has."""
        return min((one for one in self.counts if one >= half), default=None)

    def first_of(self, day: date) -> HalfDay:
        """Of a day the half-day to show."""
        return min((half for half in self.counts if half.day == day), default=HalfDay(day, 1))


def read_half(text: str, picker: Picker) -> HalfDay | None:
    """`2026-11-25-soir`, or a day alone; None unless it is one of those that can be shown."""
    match = _CODE.fullmatch(text)
    try:
        day = date.fromisoformat(match[1]) if match else None
    except ValueError:
        return None
    if match is None or day not in picker.every_day:
        return None
    if match[2] is None:
        return picker.first_of(day)
    return HalfDay(day, _CODES.index(match[2])) if match[2] in _CODES else None


def _hours_at(location: Location, slots: Iterable[Slot]) -> PlaceHours:
    marked = [(slot, marks_of(slot)) for slot in slots]
    shared = Counter(marks for _, marks in marked).most_common(1)[0][0]
    hours: dict[int, list[Chip]] = {}
    for slot, marks in marked:
        apart = frozenset(name for name in Marks._fields if getattr(marks, name) != getattr(shared, name))
        hours.setdefault(slot.start.astimezone(location.zone).hour, []).append(Chip(slot, marks, apart))
    alike = all(marks == shared for _, marks in marked)
    return PlaceHours(location, shared, alike, tuple((hour, tuple(chips)) for hour, chips in hours.items()))
