"""The agenda of one practitioner over some days: what the database knows, laid out in columns.

Four queries, whatever the number of days, places and appointments; two more for whom some of the time is only taken.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from accounts.enums import Level
from accounts.french import clock_of
from accounts.models import Practitioner
from accounts.rights import Actor
from appointments.agenda.selectors.drawn import ZONES, Agenda, Column, Row
from appointments.grid import (
    Block,
    Placed,
    Span,
    day_bounds,
    gaps,
    lay_out,
    moment,
    position,
    scale_for,
    shown_hours,
    span_on,
)
from appointments.models import Absence, Appointment, BusyTime, Schedule
from appointments.openings.recurrence import Interval, merged, moment_of, next_number, number_of, occurrences
from appointments.openings.selectors import period_interval
from appointments.pages.breaks import breaks_on, hatched
from appointments.slots.availability import free_slots
from appointments.slots.reader import read_frames
from appointments.slots.selectors import AHEAD, Slot
from appointments.slots.values import PRACTICE, Frame, OpenRule

Timed = TypeVar("Timed", Appointment, Slot)

# What keeps its lane when there are too many: who comes, then what is free.
_STANDING, _FREE = range(2)


def agenda_of(
    practitioner: Practitioner,
    *,
    schedules: list[Schedule],
    zone: ZoneInfo,
    first: date,
    last: date,
    now: datetime,
    place: uuid.UUID | None = None,
    taken_for: Actor | None = None,
    busy: Sequence[Schedule] = (),
) -> Agenda:
    """The days from `first` to `last`, both included, of all these places of the practitioner or of the schedule `place` alone.

    `schedules` are those of which everything is seen. Past free slots are left out. To the actor `taken_for`, all else that
    holds the practitioner is shown as time that is taken: when, and nothing else. Of the agendas `busy` closed hours are told
    from free ones, and no more.
    """
    return _Layout(practitioner, schedules, zone, first, last, now, place, taken_for, busy).agenda()


@dataclass(frozen=True)
class _Layout:
    practitioner: Practitioner
    schedules: list[Schedule]
    zone: ZoneInfo
    first: date
    last: date
    now: datetime
    place: uuid.UUID | None
    taken_for: Actor | None
    busy: Sequence[Schedule] = ()

    @cached_property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=count) for count in range((self.last - self.first).days + 1)]

    @cached_property
    def shown(self) -> list[Schedule]:
        return [one for one in self.schedules if self.place is None or one.id == self.place]

    @cached_property
    def bounds(self) -> Interval:
        return Interval(day_bounds(self.first, self.zone)[0], day_bounds(self.last, self.zone)[1])

    @cached_property
    def appointments(self) -> list[Appointment]:
        rows = Appointment.objects.filter(schedule__in=self.shown)
        return list(
            rows.overlapping(self.bounds.start, self.bounds.end)
            .select_related("patient", "reason", "schedule__location")
            .order_by("start", "created_at")
        )

    @cached_property
    def window(self) -> tuple[int, int]:
        return number_of(self.bounds.start), number_of(self.bounds.end) - 1

    @cached_property
    def frames(self) -> dict[uuid.UUID, Frame]:
        return read_frames([*self.shown, *self.busy], since=self.window[0], until=self.window[1])

    @cached_property
    def untold(self) -> dict[uuid.UUID, Interval]:
        """The absences that the actor does not read."""
        if self.taken_for is None:
            return {}
        read = Absence.objects.kept_by(self.taken_for, Level.SEE).values("pk")
        rows = Absence.objects.filter(calendar__practitioner=self.practitioner.pk).exclude(pk__in=read)
        found = rows.touching(self.bounds.start, self.bounds.end).select_related("schedule__location")
        return {
            one.pk: period_interval(one, one.schedule.location.zone if one.schedule else self.zone) for one in found
        }

    @cached_property
    def elsewhere(self) -> list[Interval]:
        """The visits of the practitioner that are not among those seen."""
        if self.taken_for is None:
            return []
        rows = Appointment.objects.standing().filter(practitioner=self.practitioner.pk)
        rows = rows.exclude(schedule__in=self.schedules).overlapping(self.bounds.start, self.bounds.end)
        return [Interval(start, end) for start, end in rows.order_by("start").values_list("start", "end")]

    @cached_property
    def in_other_calendars(self) -> list[Interval]:
        """What the practitioner has there, for whom sees none of the places: it is in their frames for others."""
        if self.taken_for is None or self.shown:
            return []
        rows = BusyTime.objects.filter(calendar__practitioner=self.practitioner.pk)
        rows = rows.filter(start__lt=self.bounds.end, end__gt=self.bounds.start)
        return [Interval(start, end) for start, end in rows.order_by("start").values_list("start", "end")]

    @cached_property
    def taken(self) -> list[Interval]:
        """Time that is taken, neighbours made one: of what it is made is not told."""
        return merged([*self.elsewhere, *self.untold.values(), *self.in_other_calendars])

    @cached_property
    def slots(self) -> list[Slot]:
        since, until = self.window
        if self.bounds.start > self.now + AHEAD:
            return []
        return [
            Slot(schedule, moment_of(start), moment_of(end), offered)
            for schedule in self.shown
            for start, end, offered in free_slots(
                self.frames[schedule.id], PRACTICE, since=since, until=until, now=next_number(self.now)
            )
        ]

    @cached_property
    def openings(self) -> list[tuple[Schedule, OpenRule, Interval]]:
        """When each place is open, absences aside."""
        return [one for schedule in self.shown for one in self._openings_of(schedule)]

    @cached_property
    def open_too(self) -> list[Interval]:
        """When the places are open of which no more is told: closures are closed hours there, absences time that is taken."""
        found = []
        for schedule in self.busy:
            shut = [Interval(moment_of(one.start), moment_of(one.end)) for one in self.frames[schedule.id].closures]
            for _, _, opening in self._openings_of(schedule):
                found += _without(opening, shut)
        return found

    def _openings_of(self, schedule: Schedule) -> Iterator[tuple[Schedule, OpenRule, Interval]]:
        if not schedule.active:
            return
        since, until = self.window
        frame = self.frames[schedule.id]
        for rule in frame.rules:
            for one in occurrences(rule.recurrence, schedule.location.zone, since=since, until=until):
                if rule.recurrence.is_on(one.day, frame.holidays):
                    yield schedule, rule, Interval(moment_of(one.start), moment_of(one.end))

    def agenda(self) -> Agenda:
        scale = scale_for(min((rule.step for _, rule, _ in self.openings), default=None))
        blocks = {day: list(self._blocks(day)) for day in self.days}
        struck = {day: self._cancelled(day, blocks[day]) for day in self.days}
        placed = {day: lay_out(blocks[day] + struck[day][0], minimum=scale.minimum) for day in self.days}
        opened = {day: self._spans(day, (one for _, _, one in self.openings)) for day in self.days}
        first_hour, last_hour = shown_hours(
            [one.span for day in self.days for one in placed[day]]
            + [span for day in self.days for span in opened[day] + self._spans(day, [*self.elsewhere, *self.open_too])]
        )
        today = self.now.astimezone(self.zone).date()
        local_now = self.now.astimezone(self.zone)
        minute = local_now.hour * 60 + local_now.minute
        in_grid = today in self.days and first_hour * 60 <= minute < last_hour * 60
        return Agenda(
            zone=self.zone,
            schedules=self.schedules,
            columns=[
                self._column(day, placed[day], struck[day][1], opened[day], (first_hour, last_hour), today)
                for day in self.days
            ],
            first_hour=first_hour,
            last_hour=last_hour,
            scale=scale,
            now_css=moment(minute) if in_grid else "",
            now_text=clock_of(minute),
            is_drawn=bool(self.schedules) or self.taken_for is not None,
        )

    def _column(
        self,
        day: date,
        placed: list[Placed[Appointment | Slot]],
        cancelled: list[Appointment],
        opened: list[Span],
        hours: tuple[int, int],
        today: date,
    ) -> Column:
        rows = [_row(one) for one in placed]
        receiving = [one for one in self.shown if one.active] or self.shown
        breaks = [one for one in breaks_on(day, receiving, self.frames, self.zone) if one.id not in self.untold]
        shut = hatched([one for one in breaks if one.kind != "holiday"], hours)
        taken = [span for one in self._spans(day, self.taken) if (span := one.within(*hours))]
        # Where a rule opens all the same, nothing of a holiday is drawn.
        left = gaps(opened + [span for span, _ in shut] + taken, *hours)
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
        too = self._spans(day, self.open_too)
        # Who may not even know of one of the places when it is busy is not told when they are open.
        if self.schedules or self.busy:
            shut_or_taken = [span for span, _ in shut] + taken
            closed = gaps(opened + too + shut_or_taken, *hours)
            rows += [Row(span, position(span)) for span in closed]
            if not self.schedules:
                rows += [Row(span, position(span), idle=True) for span in gaps(closed + shut_or_taken, *hours)]
        standing = [row.appointment for row in rows if row.appointment and not row.appointment.is_cancelled]
        begun = [one for one in standing if one.start.astimezone(self.zone).date() == day]
        return Column(
            day=day,
            # Zones before what stands on them; between blocks, time.
            rows=sorted(rows, key=lambda row: (row.span.start, row.kind not in ZONES)),
            places=self._places(day, begun),
            breaks=breaks,
            said=[one for one in breaks if one.places or one.kind == "holiday" or not one.span.within(*hours)],
            cancelled=cancelled,
            count=len(begun),
            free=sum(1 for row in rows if row.slot),
            is_open=bool(opened or too),
            is_today=day == today,
        )

    @cached_property
    def appointments_on(self) -> dict[date, list[tuple[Span, Appointment]]]:
        return self._by_day(self.appointments)

    @cached_property
    def slots_on(self) -> dict[date, list[tuple[Span, Slot]]]:
        return self._by_day(self.slots)

    def _by_day(self, items: Iterable[Timed]) -> dict[date, list[tuple[Span, Timed]]]:
        """Each item with its span, in the days that it touches; each is looked at once, however many days are shown."""
        found: dict[date, list[tuple[Span, Timed]]] = {day: [] for day in self.days}
        for item in items:
            day, last = (moment.astimezone(self.zone).date() for moment in (item.start, item.end))
            while day <= last:
                if day in found and (span := span_on(day, item.start, item.end, self.zone)):
                    found[day].append((span, item))
                day += timedelta(days=1)
        return found

    def _blocks(self, day: date) -> Iterator[Block[Appointment | Slot]]:
        for span, appointment in self.appointments_on[day]:
            if not appointment.is_cancelled:
                yield Block(span, appointment, _STANDING)
        for span, slot in self.slots_on[day]:
            yield Block(span, slot, _FREE)

    def _cancelled(
        self, day: date, others: list[Block[Appointment | Slot]]
    ) -> tuple[list[Block[Appointment | Slot]], list[Appointment]]:
        """The cancelled appointments that are drawn, where nothing else is, and those that are not."""
        drawn: list[Block[Appointment | Slot]] = []
        left: list[Appointment] = []
        for span, appointment in self.appointments_on[day]:
            if not appointment.is_cancelled:
                continue
            if any(span.touches(block.span) for block in [*others, *drawn]):
                left.append(appointment)
            else:
                drawn.append(Block(span, appointment))
        return drawn, left

    def _spans(self, day: date, intervals: Iterable[Interval]) -> list[Span]:
        found = (span_on(day, one.start, one.end, self.zone) for one in intervals)
        return [span for span in found if span]

    def _places(self, day: date, standing: list[Appointment]) -> list[str]:
        """Where the practitioner is that day."""
        there = {schedule.id for schedule, _, one in self.openings if span_on(day, one.start, one.end, self.zone)}
        there |= {appointment.schedule_id for appointment in standing}
        return [schedule.location.name for schedule in self.schedules if schedule.id in there]


def _without(interval: Interval, shut: Iterable[Interval]) -> list[Interval]:
    """What of it is not shut."""
    left, start = [], interval.start
    for one in merged(shut):
        if one.start > start and start < interval.end:
            left.append(Interval(start, min(one.start, interval.end)))
        start = max(start, one.end)
    return [*left, Interval(start, interval.end)] if start < interval.end else left


def _row(placed: Placed[Appointment | Slot]) -> Row:
    if placed.crowd:
        return Row(placed.span, placed.css, crowd=placed.items)
    item = placed.items[0]
    if isinstance(item, Appointment):
        return Row(placed.span, placed.css, appointment=item)
    return Row(placed.span, placed.css, slot=item)


def visible_days(columns: Sequence[Column], *, keeping: date) -> list[Column]:
    """A week without the Sunday that has nothing to show."""
    return [
        one for one in columns if one.day.isoweekday() < 7 or not one.is_empty or one.is_today or one.day == keeping
    ]
