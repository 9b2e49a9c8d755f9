"""A practitioner's real week: what their rules open, what shuts it, what is taken, and how much can still be booked.

What is counted is counted by the pipeline of booking itself, on frames read once.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import takewhile
from zoneinfo import ZoneInfo

from accounts.enums import Level
from accounts.french import NBSP, duration, hour, listed, weekday
from accounts.rights import Actor
from accounts.zones import there
from appointments.grid import Block, Span, gaps, lay_out, position, shown_hours, span_on
from appointments.models import Absence, Rule, Schedule
from appointments.openings.recurrence import DAY_MINUTES, local_day, moment_of, next_number, seconds
from appointments.openings.selectors import days_of, recurrence_of
from appointments.openings.values import minutes_of
from appointments.pages.breaks import Break, breaks_on, hatched
from appointments.slots.availability import FreeSlot, free_slots, places
from appointments.slots.reader import read_frames
from appointments.slots.values import MINUTE, PRACTICE, REGULATOR, Frame

_DAY = timedelta(days=1)
# An hour is 56 px: a shorter opening is drawn as if it lasted this long, so that it can be hit.
_MINIMUM = 30

Frames = Mapping[uuid.UUID, Frame]


@dataclass(frozen=True, slots=True)
class Band:
    """A rule on one day, or the part of it that reaches into the next. `day`: on which it begins. `changed`: it takes the place
    of that day of another rule.
    """

    css: str
    rule: Rule
    day: date
    changed: bool


@dataclass(frozen=True, slots=True)
class Hatch:
    """Hours in which nobody is received, and why. `under`: what is open there all the same is drawn over it."""

    css: str
    breaks: tuple[Break, ...]
    under: bool


@dataclass(frozen=True, slots=True)
class WeekDay:
    day: date
    bands: list[Band]
    hatches: list[Hatch]
    taken: list[str]  # the classes of each visit
    feasts: list[str]
    free: int
    booked: int


@dataclass(frozen=True, slots=True)
class Doubled:
    """Two rules give visits of several lengths at the same moment: whoever searches is shown both."""

    start: datetime
    lengths: tuple[int, ...]
    others: int
    zone: ZoneInfo

    def __str__(self) -> str:
        local = self.start.astimezone(self.zone)
        lengths = listed([duration(one) for one in self.lengths])
        times = "deux fois" if len(self.lengths) == 2 else f"{len(self.lengths)} fois"
        more = (
            f", et {self.others} autre{'s' * (self.others > 1)} heure{'s' * (self.others > 1)}" if self.others else ""
        )
        said = f"Le SAS verra {times} {hour(local)}{there(self.zone)} le {weekday(local.date())} ({lengths}){more}"
        return f"{said}{NBSP}: deux règles y ont des durées différentes."


@dataclass(frozen=True)
class Counted:
    """What can be booked from `now` on in the week that begins on `monday`, at the clock of `zone`."""

    frames: Frames
    monday: date
    zone: ZoneInfo
    now: datetime

    @property
    def since(self) -> int:
        return max(seconds(self.monday, time.min, self.zone), next_number(self.now))

    @property
    def until(self) -> int:
        return _end(self.monday, self.zone)

    @cached_property
    def _slots(self) -> dict[uuid.UUID, list[FreeSlot]]:
        """By rule."""
        if self.since > self.until:
            return {}
        return {
            rule.id: free_slots(
                replace(frame, rules=[rule]), PRACTICE, since=self.since, until=self.until, now=self.since
            )
            for frame in self.frames.values()
            for rule in frame.rules
        }

    @cached_property
    def by_rule(self) -> dict[uuid.UUID, int]:
        return {rule_id: places(found) for rule_id, found in self._slots.items()}

    @cached_property
    def by_day(self) -> dict[date, int]:
        days: dict[date, list[FreeSlot]] = defaultdict(list)
        for found in self._slots.values():
            for one in found:
                days[local_day(one[0], self.zone)].append(one)
        return {day: places(found) for day, found in days.items()}

    @property
    def free(self) -> int:
        return sum(self.by_day.values())

    @cached_property
    def doubled(self) -> Doubled | None:
        """The first moment of the week at which two rules give visits of several lengths."""
        found: dict[int, tuple[set[int], ZoneInfo]] = {}
        for frame in self.frames.values():
            ends: dict[int, list[frozenset[int]]] = defaultdict(list)
            for rule in frame.rules:
                own: dict[int, set[int]] = defaultdict(set)
                alone = replace(frame, rules=[rule])
                for start, end, _ in free_slots(
                    alone, REGULATOR, since=self.since, until=self.until, now=next_number(self.now)
                ):
                    own[start].add(end)
                for start, which in own.items():
                    ends[start].append(frozenset(which))
            for start, sets in ends.items():
                union = frozenset().union(*sets)
                if all(len(one) < len(union) for one in sets):
                    found[start] = ({(end - start) // MINUTE for end in union}, frame.zone)
        if not found:
            return None
        first = min(found)
        lengths, zone = found[first]
        return Doubled(moment_of(first), tuple(sorted(lengths)), len(found) - 1, zone)


@dataclass(frozen=True, slots=True)
class Week:
    days: list[WeekDay]
    first_hour: int
    last_hour: int
    counted: Counted

    @property
    def hours(self) -> list[tuple[str, int]]:
        return [(f"at-{one}h", one) for one in range(self.first_hour, self.last_hour)]

    @property
    def booked(self) -> int:
        return sum(one.booked for one in self.days)


def read_week(schedules: Sequence[Schedule], *, monday: date, zone: ZoneInfo) -> Frames:
    """One query. `schedules` are loaded `with_place()`."""
    if not schedules:
        return {}
    return read_frames(schedules, since=seconds(monday, time.min, zone), until=_end(monday, zone))


def unread_absences(frames: Frames, *, actor: Actor) -> set[uuid.UUID]:
    """Those among them of which this person is not told more than that nobody is received. One query at most."""
    found = {one.id for frame in frames.values() for one in frame.absences if one.id is not None}
    if not found:
        return set()
    read = Absence.objects.kept_by(actor, Level.SEE).filter(pk__in=found).values_list("pk", flat=True)
    return found - set(read)


def draw_week(
    rules: Sequence[Rule], schedules: Sequence[Schedule], counted: Counted, *, unread: Collection[uuid.UUID]
) -> Week:
    """Each rule at the clock of its place. `rules` come loaded with places, offers and days off."""
    monday, zone, frames = counted.monday, counted.zone, counted.frames
    days = [monday + timedelta(days=count) for count in range(7)]
    blocks: dict[date, list[Block[tuple[Rule, date]]]] = {day: [] for day in days}
    for rule in rules:
        for day in takewhile(lambda day: day <= days[-1], days_of(rule, since=monday - _DAY)):
            for drawn, span in _drawn(rule, day):
                if drawn in blocks:
                    blocks[drawn].append(Block(span, (rule, day)))
    placed = {day: lay_out(found, minimum=_MINIMUM) for day, found in blocks.items()}
    visits = {day: _visits(day, frames) for day in days}
    spans = [one.span for bands in placed.values() for one in bands] + [
        one for found in visits.values() for one in found
    ]
    hours = shown_hours(spans)
    receiving = [one for one in schedules if one.active] or list(schedules)
    drawn_days = []
    for day in days:
        breaks = [_unnamed(one, unread) for one in breaks_on(day, receiving, frames, zone)]
        open_ = [one.span for one in placed[day]]
        drawn_days.append(
            WeekDay(
                day,
                # A crowd shows its first: rules overlapping four deep are a mistake the table tells.
                [
                    Band(one.css, rule, begins, changed=rule.instead_of is not None)
                    for one in placed[day]
                    for rule, begins in one.items[:1]
                ],
                _hatches(breaks, open_, hours),
                [position(visible) for one in visits[day] if (visible := one.within(*hours))],
                [f"{one.name}, férié{_at(one)}" for one in breaks if one.kind == "holiday"],
                counted.by_day.get(day, 0),
                _begun_on(day, frames),
            )
        )
    return Week(drawn_days, *hours, counted)


def _hatches(breaks: Sequence[Break], opened: Iterable[Span], hours: tuple[int, int]) -> list[Hatch]:
    """What shuts all that is shown lies over it; what shuts one place of several, and holidays, under what is open."""
    over = [one for one in breaks if one.kind != "holiday" and not one.places]
    under = [one for one in breaks if one.kind != "holiday" and one.places]
    idle = gaps(opened, *hours)
    feasts = [
        replace(one, span=shared)
        for one in breaks
        if one.kind == "holiday"
        for span in idle
        if (shared := one.span.shared_with(span))
    ]
    found = [Hatch(position(span), which, under=False) for span, which in hatched(over, hours)]
    for some in (under, feasts):
        found += [Hatch(position(span), which, under=True) for span, which in hatched(some, hours)]
    return found


def _at(one: Break) -> str:
    return f" ({one.where})" if one.places else ""


def _unnamed(one: Break, unread: Collection[uuid.UUID]) -> Break:
    return replace(one, label="Occupé", id=None) if one.id in unread else one


def _visits(day: date, frames: Frames) -> list[Span]:
    found = set()
    for frame in frames.values():
        for one in frame.taken:
            if one.here and not one.held:
                span = span_on(day, moment_of(one.start), moment_of(one.end), frame.zone)
                found |= {span} if span else set()
    return sorted(found)


def _begun_on(day: date, frames: Frames) -> int:
    return sum(
        one.here and not one.held and local_day(one.start, frame.zone) == day
        for frame in frames.values()
        for one in frame.taken
    )


def _drawn(rule: Rule, day: date) -> list[tuple[date, Span]]:
    """The occurrence of this day, in the columns it touches."""
    start, end = minutes_of(rule.start_time), minutes_of(rule.end_time)
    if not recurrence_of(rule).crosses:
        return [(day, Span(start, end))]
    rest = [(day + _DAY, Span(0, end))] if end else []
    return [(day, Span(start, DAY_MINUTES)), *rest]


def _end(monday: date, zone: ZoneInfo) -> int:
    return seconds(monday + timedelta(days=7), time.min, zone) - 1
