"""The agendas of some practitioners over some days: what the database knows (`reading`), laid out in columns.

A column is a day of a practitioner: those of a week are one's own, those of a day are one each.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from accounts.french import clock_of
from accounts.models import Practitioner
from accounts.rights import Actor
from appointments.agenda.selectors.drawn import Agenda, Column, Row
from appointments.agenda.selectors.folding import evening_of, folded, gap_of, needed_at_night, night_of
from appointments.agenda.selectors.reading import Reading, Whose
from appointments.grid import (
    Block,
    Placed,
    Scale,
    Span,
    gaps,
    lay_out,
    moment,
    one_behind_another,
    position,
    scale_for,
    shown_hours,
    spread,
    without,
)
from appointments.models import Appointment, Schedule
from appointments.openings.recurrence import Interval, merged, moment_of, next_number, occurrences
from appointments.pages.breaks import breaks_on, hatched
from appointments.slots.availability import free_slots
from appointments.slots.selectors import AHEAD, Slot
from appointments.slots.values import PRACTICE, OpenRule

Item = TypeVar("Item")

# What keeps its lane when there are too many: who comes, then what is free.
_STANDING, _FREE = range(2)
# A shorter visit takes a lane rather than stretch everybody's day.
_SHORTEST = 10


def agenda_of(
    practitioner: Practitioner,
    *,
    schedules: list[Schedule],
    zone: ZoneInfo,
    first: date,
    last: date,
    now: datetime,
    taken_for: Actor | None = None,
) -> Agenda:
    """The days from `first` to `last`, both included, of all these places of one practitioner, as `agendas_of` has them.

    To the actor `taken_for`, all else that holds the practitioner is shown as time that is taken.
    """
    whose = Whose(practitioner, schedules, sees_all=taken_for is None)
    return agendas_of(Reading([whose], zone, first, last, taken_for, whole=True), now=now)


def agendas_of(
    reading: Reading, *, now: datetime, free: bool = True, cancelled: bool = True, folding: bool = False
) -> Agenda:
    """Past free slots are left out, and all of them without `free`, cancelled visits without `cancelled`. What is not seen is
    shown as each `Whose` says. `folding`: a night in which nobody comes, else the longest run of hours in which nothing is,
    becomes one line, and so does such an evening.
    """
    parts = [_Part(reading, person, now, free, cancelled) for person in reading.people]
    scale = scale_for(min((one.shortest for one in parts if one.shortest), default=None))
    drawn = [one.draw(scale) for one in parts]
    spans = [span for one in drawn for span in one.spans]
    hours = shown_hours(spans)
    local_now = now.astimezone(reading.zone)
    today, minute = local_now.date(), local_now.hour * 60 + local_now.minute
    here = minute // 60 if today in reading.days else None
    spans += [span for one in drawn for day in reading.days for span in one.taken[day]]
    columns = [one.column(day, hours, today) for one in drawn for day in reading.days]
    opened = [span for one in drawn for day in reading.days for span in one.opened_on(day)]
    fold = evening = None
    if folding:
        needed = needed_at_night(columns, opened, hours)
        if evening := evening_of(columns, needed, hours, here):
            hours = hours[0], evening.first
            columns = [one.column(day, hours, today) for one in drawn for day in reading.days]
        fold = night_of(columns, needed, hours, here) or gap_of(columns, spans, hours, here)
    in_grid = today in reading.days and hours[0] * 60 <= minute < hours[1] * 60
    return Agenda(
        zone=reading.zone,
        schedules=[one for person in reading.people for one in person.seen],
        columns=[replace(one, rows=folded(one.rows, fold)) for one in columns] if fold else columns,
        first_hour=hours[0],
        last_hour=hours[1],
        scale=scale,
        now_css=moment(minute) + (" is-below" if fold and minute >= fold.last * 60 else "") if in_grid else "",
        fold=fold,
        evening=evening,
        now_text=clock_of(minute),
        has_several_places=any(len(person.seen) > 1 for person in reading.people),
        is_drawn=any(person.seen or not person.sees_all for person in reading.people),
    )


@dataclass(frozen=True)
class _Part:
    """What one practitioner's columns are made of."""

    reading: Reading
    whose: Whose
    now: datetime
    free: bool
    cancelled: bool

    @cached_property
    def slots(self) -> list[Slot]:
        since, until = self.reading.window
        if self.reading.bounds.start > self.now + AHEAD:
            return []
        return [
            Slot(schedule, moment_of(start), moment_of(end), offered)
            for schedule in self.whose.shown
            for start, end, offered in free_slots(
                self.reading.frames[schedule.id], PRACTICE, since=since, until=until, now=next_number(self.now)
            )
        ]

    @cached_property
    def appointments(self) -> list[Appointment]:
        return [one for schedule in self.whose.shown for one in self.reading.appointments[schedule.id]]

    @cached_property
    def openings(self) -> list[tuple[Schedule, OpenRule, Interval]]:
        """When each place is open, absences aside."""
        return [one for schedule in self.whose.shown for one in self.openings_of(schedule)]

    @cached_property
    def open_too(self) -> list[Interval]:
        """When the places are open of which no more is told: closures are closed hours there, absences time that is taken."""
        found = []
        for schedule in self.whose.busy:
            closures = self.reading.frames[schedule.id].closures
            shut = [Interval(moment_of(one.start), moment_of(one.end)) for one in closures]
            for _, _, opening in self.openings_of(schedule):
                found += _without(opening, shut)
        return found

    def openings_of(self, schedule: Schedule) -> Iterator[tuple[Schedule, OpenRule, Interval]]:
        if not schedule.active:
            return
        since, until = self.reading.window
        frame = self.reading.frames[schedule.id]
        for rule in frame.rules:
            for one in occurrences(rule.recurrence, schedule.location.zone, since=since, until=until):
                if rule.recurrence.is_on(one.day, frame.holidays):
                    yield schedule, rule, Interval(moment_of(one.start), moment_of(one.end))

    @cached_property
    def shortest(self) -> int | None:
        """In minutes, of what has to be read in one line."""
        lengths = [rule.step for _, rule, _ in self.openings]
        lengths += [one.minutes for one in self.appointments if one.minutes >= _SHORTEST]
        return min(lengths, default=None)

    def draw(self, scale: Scale) -> "_Drawn":
        reading, whose = self.reading, self.whose
        untold = reading.untold(whose)
        elsewhere = reading.elsewhere(whose)
        return _Drawn(
            part=self,
            minimum=scale.minimum,
            visits=self._by_day((one.start, one.end, one) for one in self.appointments),
            slots=self._by_day((one.start, one.end, one) for one in self.slots),
            opened=self._by_day((one.start, one.end, schedule.id) for schedule, _, one in self.openings),
            taken=self._spans(merged([*elsewhere, *untold.values(), *reading.in_other_calendars(whose)])),
            held=self._spans(elsewhere),
            open_too=self._spans(self.open_too),
            untold=set(untold),
            away=[
                (agenda.location.name, self._spans(reading.taken_at(agenda)), self._spans(self._open_at(agenda)))
                for agenda in whose.hidden
            ],
        )

    def _open_at(self, agenda: Schedule) -> list[Interval]:
        return [one for _, _, one in self.openings_of(agenda)]

    def _by_day(self, items: Iterable[tuple[datetime, datetime, Item]]) -> dict[date, list[tuple[Span, Item]]]:
        return spread(items, self.reading.days, self.reading.zone)

    def _spans(self, intervals: Iterable[Interval]) -> dict[date, list[Span]]:
        found = self._by_day((one.start, one.end, None) for one in intervals)
        return {day: [span for span, _ in those] for day, those in found.items()}


@dataclass(frozen=True)
class _Drawn:
    """The same by day, once it is known how tall a minute is. `away`: of each place that is not shown now its name, its visits
    and its hours.
    """

    part: _Part
    minimum: int
    visits: dict[date, list[tuple[Span, Appointment]]]
    slots: dict[date, list[tuple[Span, Slot]]]
    opened: dict[date, list[tuple[Span, uuid.UUID]]]
    taken: dict[date, list[Span]]
    held: dict[date, list[Span]]
    open_too: dict[date, list[Span]]
    untold: set[uuid.UUID]
    away: list[tuple[str, dict[date, list[Span]], dict[date, list[Span]]]]

    @cached_property
    def days(self) -> list[date]:
        return self.part.reading.days

    @cached_property
    def rows(self) -> dict[date, tuple[list[Row], list[Appointment]]]:
        """What stands in each day, and the cancelled visits that found no room."""
        return {day: self._rows(day) for day in self.days}

    @cached_property
    def elsewhere(self) -> dict[date, list[tuple[str, Span]]]:
        """Where the practitioner is when not at the place that is shown: this one's own hours come before the others'."""
        return {
            day: [
                (name, span)
                for name, visits, hours in self.away
                for span in without([*visits[day], *without(hours[day], self.opened_on(day))], ())
            ]
            for day in self.days
        }

    @property
    def spans(self) -> Iterator[Span]:
        """All that the hours of the grid have to hold."""
        for day in self.days:
            yield from (row.span for row in self.rows[day][0])
            yield from self.opened_on(day)
            yield from (*self.held[day], *self.open_too[day])
            yield from (span for _, span in self.elsewhere[day])

    def column(self, day: date, hours: tuple[int, int], today: date) -> Column:
        reading, whose = self.part.reading, self.part.whose
        rows, cancelled = [row for row in self.rows[day][0] if row.span.start < hours[1] * 60], self.rows[day][1]
        opened = self.opened_on(day)
        receiving = [one for one in whose.shown if one.active] or whose.shown
        breaks = [one for one in breaks_on(day, receiving, reading.frames, reading.zone) if one.id not in self.untold]
        shut = hatched([one for one in breaks if one.kind != "holiday"], hours)
        taken = [span for one in self.taken[day] if (span := one.within(*hours))]
        away = [(name, span) for name, one in self.elsewhere[day] if (span := one.within(*hours))]
        busy = taken + [span for _, span in away]
        # Where a rule opens all the same, nothing of a holiday is drawn.
        left = gaps(opened + [span for span, _ in shut] + busy, *hours)
        idle = [
            replace(one, span=part)
            for one in breaks
            if one.kind == "holiday"
            for span in left
            if (part := one.span.shared_with(span))
        ]
        shut += hatched(idle, hours)
        rows += [Row(span, position(span), breaks=begun) for span, begun in shut]
        rows += [Row(span, position(span), taken=True) for span in taken]
        rows += [Row(span, position(span), away=name) for name, span in away]
        too = self.open_too[day]
        # Who may not even know of one of the places when it is busy is not told when they are open.
        if whose.seen or whose.busy:
            shut_or_taken = [span for span, _ in shut] + busy
            closed = gaps(opened + too + shut_or_taken, *hours)
            rows += [Row(span, position(span)) for span in closed]
            if not whose.seen:
                rows += [Row(span, position(span), idle=True) for span in gaps(closed + shut_or_taken, *hours)]
        standing = [row.appointment for row in rows if row.appointment and not row.appointment.is_cancelled]
        begun = [one for one in standing if one.start.astimezone(reading.zone).date() == day]
        return Column(
            practitioner=whose.practitioner,
            day=day,
            # Zones before what stands on them; between blocks, time.
            rows=sorted(rows, key=_in_order),
            places=self._places(day, begun),
            breaks=breaks,
            said=[one for one in breaks if one.places or one.kind == "holiday" or not one.span.within(*hours)],
            cancelled=cancelled,
            count=len(begun),
            free=len(self.starts[day]),
            is_seen=bool(whose.seen),
            is_open=bool(opened or too),
            is_today=day == today,
        )

    def opened_on(self, day: date) -> list[Span]:
        return [span for span, _ in self.opened[day]]

    def _rows(self, day: date) -> tuple[list[Row], list[Appointment]]:
        blocks: list[Block[Appointment | Slot]] = [
            Block(span, one, _STANDING) for span, one in self.visits[day] if not one.is_cancelled
        ]
        lengths: dict[int, tuple[int, ...]] = {}
        for free in self.starts[day] if self.part.free else ():
            first = free[0].item
            blocks.append(Block(free[0].span, first, _FREE))
            minutes = tuple(one.item.minutes for one in free)
            if len(minutes) > 1 or minutes[0] > free[0].span.end - free[0].span.start:
                lengths[id(first)] = minutes
        struck, left = self._cancelled(day, blocks)
        placed = lay_out(blocks + struck, minimum=self.minimum)
        return [_row(one, lengths) for one in placed], left

    @cached_property
    def starts(self) -> dict[date, list[list[Block[Slot]]]]:
        """Each free start once at its place, with all lengths that begin there."""
        return {day: list(self._starts(day)) for day in self.days}

    def _starts(self, day: date) -> Iterator[list[Block[Slot]]]:
        by_place: dict[uuid.UUID, list[Block[Slot]]] = {}
        for span, slot in self.slots[day]:
            by_place.setdefault(slot.schedule.id, []).append(Block(span, slot, _FREE))
        for blocks in by_place.values():
            yield from one_behind_another(blocks, minimum=self.minimum)

    def _cancelled(
        self, day: date, others: list[Block[Appointment | Slot]]
    ) -> tuple[list[Block[Appointment | Slot]], list[Appointment]]:
        """The cancelled appointments that are drawn, where nothing else is, and those that are not."""
        drawn: list[Block[Appointment | Slot]] = []
        left: list[Appointment] = []
        for span, appointment in self.visits[day]:
            if not appointment.is_cancelled or not self.part.cancelled:
                continue
            if any(span.touches(block.span) for block in [*others, *drawn]):
                left.append(appointment)
            else:
                drawn.append(Block(span, appointment))
        return drawn, left

    def _places(self, day: date, standing: list[Appointment]) -> list[str]:
        """Where the practitioner is that day."""
        there = {schedule_id for _, schedule_id in self.opened[day]}
        there |= {appointment.schedule_id for appointment in standing}
        return [schedule.location.name for schedule in self.part.whose.seen if schedule.id in there]


def _in_order(row: Row) -> tuple[int, bool]:
    return row.span.start, not row.is_zone


def _without(interval: Interval, shut: Iterable[Interval]) -> list[Interval]:
    """What of it is not shut."""
    left, start = [], interval.start
    for one in merged(shut):
        if one.start > start and start < interval.end:
            left.append(Interval(start, min(one.start, interval.end)))
        start = max(start, one.end)
    return [*left, Interval(start, interval.end)] if start < interval.end else left


def _row(placed: Placed[Appointment | Slot], lengths: dict[int, tuple[int, ...]]) -> Row:
    if placed.crowd:
        return Row(placed.span, placed.css, crowd=placed.items)
    item = placed.items[0]
    if isinstance(item, Appointment):
        return Row(placed.span, placed.css, appointment=item)
    return Row(placed.span, placed.css, slot=item, lengths=lengths.get(id(item), ()))


def visible_days(columns: Sequence[Column], *, keeping: date) -> list[Column]:
    """A week without the Sunday that has nothing to show."""
    return [
        one for one in columns if one.day.isoweekday() < 7 or not one.is_empty or one.is_today or one.day == keeping
    ]
