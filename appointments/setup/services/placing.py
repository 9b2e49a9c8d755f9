"""Where the visits of a time that is emptied could go: to colleagues on the same day, or later in their own agenda.

Proposed is what is free for all of them at once: an hour that is proposed to one is offered to no other.
"""

import uuid
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from accounts.enums import Level
from accounts.rights import Actor
from appointments.booking.services.obstacles import obstacles
from appointments.enums import CalendarKind
from appointments.models import Appointment, Schedule
from appointments.openings.recurrence import local_day, moment_of, next_number, number_of, whole_days
from appointments.setup.services.fates import CANCEL, KEEP, given_to, moved_to
from appointments.slots.availability import free_slots
from appointments.slots.reader import read_frames
from appointments.slots.values import MINUTE, PRACTICE, WALKIN, Frame, Shut

# How long after the emptied time one looks for another hour.
LATER = timedelta(days=14)
# Of each kind, beside what is proposed.
_PROPOSED = 3
# Of the first hours that are free, so many are looked at for as many that nothing is in the way of.
_LOOKED_AT = 40


class Strategy(StrEnum):
    COLLEAGUES = "confreres"
    LATER = "plus-tard"
    CANCEL = "annuler"


@dataclass(frozen=True, slots=True)
class Place:
    schedule: Schedule
    start: datetime


@dataclass(frozen=True, slots=True)
class Destinations:
    """Where a visit could go, what is proposed first; `colleagues` on its day, `later` in its own agenda. What is proposed to it
    is offered to no other.
    """

    visit: Appointment
    colleagues: tuple[Place, ...] = ()
    later: tuple[Place, ...] = ()

    def choice_of(self, place: Place) -> str:
        if place.schedule.pk == self.visit.schedule_id:
            return moved_to(place.start)
        return given_to(place.schedule, place.start if place.start != self.visit.start else None)

    @property
    def choices(self) -> list[str]:
        return [*map(self.choice_of, (*self.colleagues, *self.later)), KEEP, CANCEL]

    def proposed(self, strategy: str) -> str:
        """By the strategy, else by the other one; where there is no hour at all, cancelled."""
        order = {Strategy.COLLEAGUES: (self.colleagues, self.later), Strategy.LATER: (self.later, self.colleagues)}
        places = order.get(Strategy(strategy), ())
        return next((self.choice_of(found[0]) for found in places if found), CANCEL)


@dataclass(slots=True)
class _Promised:
    """The periods that are proposed already, by line of time, in order."""

    periods: dict[uuid.UUID, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))

    def take(self, calendar: uuid.UUID, start: int, end: int) -> None:
        insort(self.periods[calendar], (start, end))

    def is_free(self, calendar: uuid.UUID, start: int, end: int) -> bool:
        there = self.periods[calendar]
        place = bisect_left(there, (end,))
        return place == 0 or there[place - 1][1] <= start


def destinations_of(
    visits: Sequence[Appointment], shut: Mapping[uuid.UUID, tuple[int, int]], *, by: Actor, now: datetime
) -> dict[uuid.UUID, Destinations]:
    """Of these visits, in order of time, all to come. `shut`: what is emptied of each of their agendas, in seconds.

    Two queries, whatever their number.
    """
    if not visits:
        return {}
    own = {one.schedule_id: one.schedule for one in visits}
    rows = Schedule.objects.with_place().open().kept_by(by, Level.BOOK)
    colleagues = list(
        rows.filter(
            calendar_kind=CalendarKind.PRACTITIONER, organization__in={one.organization_id for one in visits}
        ).exclude(calendar__in={one.calendar_id for one in visits})
    )
    since = max(min(start for start, _ in shut.values()), next_number(now))
    until = max(end for _, end in shut.values()) + int(LATER.total_seconds())
    frames = read_frames([*own.values(), *colleagues], since=since, until=until)
    for key, (start, end) in shut.items():
        away = [*frames[key].absences, Shut(start, end)]
        frames[key] = replace(frames[key], absences=sorted(away, key=lambda one: one.start))
    finder = _Finder(frames, since=since, until=until, now=next_number(now))
    given = finder.to_colleagues(visits, colleagues)
    return {one.pk: Destinations(one, given[one.pk], later) for one, later in finder.later(visits)}


class _Finder:
    def __init__(self, frames: Mapping[uuid.UUID, Frame], *, since: int, until: int, now: int) -> None:
        self.frames, self.since, self.until, self.now = frames, since, until, now
        self.promised = _Promised()
        self.of_mode: dict[tuple[uuid.UUID, str], Frame] = {}
        self.starts: dict[tuple[uuid.UUID, str, int], list[int]] = {}

    def later(self, visits: Sequence[Appointment]) -> Iterator[tuple[Appointment, tuple[Place, ...]]]:
        """The first hours from the visit's own on. All are given theirs before others are named."""
        first: dict[uuid.UUID, int] = {}
        for visit in visits:
            start, end = _span(visit)
            found = next(self._later(visit), None)
            if found is not None:
                first[visit.pk] = found
                self.promised.take(visit.calendar_id, found, found + end - start)
        for visit in visits:
            mine = [first[visit.pk]] if visit.pk in first else []
            starts = [*mine, *islice(self._later(visit), _PROPOSED - 1)]
            yield visit, tuple(Place(visit.schedule, moment_of(one)) for one in starts)

    def to_colleagues(
        self, visits: Sequence[Appointment], colleagues: Sequence[Schedule]
    ) -> dict[uuid.UUID, tuple[Place, ...]]:
        """Those that have their own hour somewhere first, so that no other takes it; then the nearest hour of that day."""
        near = {one.pk: self._near(one, colleagues) for one in visits}
        first: dict[uuid.UUID, tuple[Schedule, int]] = {}
        for same in (True, False):
            for visit in visits:
                start, end = _span(visit)
                free = (
                    one
                    for one in near[visit.pk]
                    if (one[1] == start) == same
                    and self.promised.is_free(one[0].calendar_id, one[1], one[1] + end - start)
                )
                if visit.pk not in first and (found := next(free, None)) is not None:
                    first[visit.pk] = found
                    self.promised.take(found[0].calendar_id, found[1], found[1] + end - start)
        return {one.pk: tuple(self._with_others(one, near[one.pk], first.get(one.pk))) for one in visits}

    def _with_others(
        self, visit: Appointment, near: Iterable[tuple[Schedule, int]], first: tuple[Schedule, int] | None
    ) -> Iterator[Place]:
        """What is proposed, then the nearest hour of each other colleague that is proposed to nobody."""
        if first is None:
            return
        start, end = _span(visit)
        seen = {first[0].calendar_id}
        yield Place(first[0], moment_of(first[1]))
        for schedule, at in near:
            if len(seen) == _PROPOSED:
                return
            if schedule.calendar_id not in seen and self.promised.is_free(schedule.calendar_id, at, at + end - start):
                seen.add(schedule.calendar_id)
                yield Place(schedule, moment_of(at))

    def _later(self, visit: Appointment) -> Iterator[int]:
        start, end = _span(visit)
        frame = self._frame(visit.schedule_id, visit.consultation_type)
        looked_at = 0
        for one in self._starts(visit.schedule_id, visit.consultation_type, end - start):
            if one < end or not self.promised.is_free(visit.calendar_id, one, one + end - start):
                continue
            looked_at += 1
            if looked_at > _LOOKED_AT:
                return
            if not obstacles(frame, one, one + end - start, visit.buffer_after * MINUTE):
                yield one

    def _near(self, visit: Appointment, colleagues: Sequence[Schedule]) -> list[tuple[Schedule, int]]:
        """Of colleagues who do its reason, and in its way: at its own hour, else theirs of that day, the nearest first."""
        start, end = _span(visit)
        found = []
        for one in colleagues:
            if one.organization_id != visit.organization_id or not self._does(one, visit):
                continue
            frame = self._frame(one.pk, visit.consultation_type)
            day = local_day(start, one.location.zone)
            first, last = whole_days(day, day, one.location.zone)
            theirs = self._starts(one.pk, visit.consultation_type, end - start)
            hours = {at for at in theirs if first <= at < last} | {start}
            found += [(one, at) for at in hours if not obstacles(frame, at, at + end - start)]
        here = visit.schedule.location_id
        return sorted(found, key=lambda two: (abs(two[1] - start), two[1], two[0].location_id != here, two[0].pk))

    def _does(self, schedule: Schedule, visit: Appointment) -> bool:
        if visit.reason_id is None:
            return True
        return any(
            one.id == visit.reason_id and visit.consultation_type in one.consultation_types
            for one in self.frames[schedule.pk].reasons
        )

    def _frame(self, schedule: uuid.UUID, mode: str) -> Frame:
        """As it is open for visits of this mode, that are booked."""
        key = schedule, mode
        if key not in self.of_mode:
            whole = self.frames[schedule]
            rules = [one for one in whole.rules if mode in one.consultation_types and one.appointment_type != WALKIN]
            self.of_mode[key] = replace(whole, rules=rules)
        return self.of_mode[key]

    def _starts(self, schedule: uuid.UUID, mode: str, wanted: int) -> list[int]:
        key = schedule, mode, wanted
        if key not in self.starts:
            found = free_slots(
                self._frame(schedule, mode), PRACTICE, since=self.since, until=self.until, now=self.now, wanted=wanted
            )
            self.starts[key] = [start for start, *_ in found]
        return self.starts[key]


def _span(visit: Appointment) -> tuple[int, int]:
    return number_of(visit.start), number_of(visit.end)
