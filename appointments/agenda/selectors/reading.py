"""What the agendas of some practitioners are drawn from, over some days: read once for all of them.

Two queries, whatever the number of practitioners, days, places and appointments; one more for whom some of the time is only
taken.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.base import ModelState

from accounts.enums import Level
from accounts.models import Practitioner
from accounts.rights import Actor
from appointments.grid import day_bounds
from appointments.models import Absence, Appointment, Patient, Reason, Schedule
from appointments.openings.recurrence import Interval, moment_of, number_of
from appointments.openings.selectors import period_interval
from appointments.slots.reader import read_frames
from appointments.slots.values import Frame

Row = TypeVar("Row", bound=models.Model)

_OF_VISIT = (
    "id", "schedule_id", "start", "end", "status", "arrived_at", "late_minutes", "consultation_type", "origin", "overbooked",
    "version", "contact_phone", "note", "patient_id", "reason_id",
)  # fmt: skip
_OF_PATIENT, _OF_REASON = ("family_name", "given_name", "erased_at"), ("label", "label_folded", "colour", "position")


@dataclass(frozen=True, slots=True)
class Whose:
    """A practitioner's agenda as somebody sees it.

    `seen` are the places of which everything is seen, of which `place` (a schedule) alone is shown where it is given. Where
    `sees_all` is false all else that holds the practitioner is shown as time that is taken: when, and nothing else. Of the
    agendas `busy` closed hours are told from free ones, and no more.
    """

    practitioner: Practitioner
    seen: Sequence[Schedule]
    busy: Sequence[Schedule] = ()
    place: uuid.UUID | None = None
    sees_all: bool = True

    @property
    def shown(self) -> list[Schedule]:
        return [one for one in self.seen if self.place is None or one.id == self.place]

    @property
    def hidden(self) -> list[Schedule]:
        """Seen, but not shown now."""
        return [one for one in self.seen if self.place is not None and one.id != self.place]


@dataclass(frozen=True)
class Reading:
    """From `first` to `last`, both included, by the clock of `zone`. `actor`: whose eyes these are. Of visits only what the grid
    draws is read, unless they are wanted `whole`: of a day of eight, the columns are a third of the page's time.
    """

    people: Sequence[Whose]
    zone: ZoneInfo
    first: date
    last: date
    actor: Actor | None = None
    whole: bool = False

    @cached_property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=count) for count in range((self.last - self.first).days + 1)]

    @cached_property
    def bounds(self) -> Interval:
        return Interval(day_bounds(self.first, self.zone)[0], day_bounds(self.last, self.zone)[1])

    @cached_property
    def window(self) -> tuple[int, int]:
        """The same in seconds, both included."""
        return number_of(self.bounds.start), number_of(self.bounds.end) - 1

    @cached_property
    def frames(self) -> dict[uuid.UUID, Frame]:
        """Of every agenda that is seen at all."""
        every = [one for person in self.people for one in (*person.seen, *person.busy)]
        return read_frames(every, since=self.window[0], until=self.window[1])

    @cached_property
    def appointments(self) -> dict[uuid.UUID, list[Appointment]]:
        """By schedule, of those shown, in time order; each with the schedule as it was handed in."""
        shown = {one.id: one for person in self.people for one in person.shown}
        rows = Appointment.objects.filter(schedule__in=list(shown))
        rows = rows.overlapping(self.bounds.start, self.bounds.end).order_by("start", "created_at")
        found: dict[uuid.UUID, list[Appointment]] = defaultdict(list)
        for one in rows.select_related("patient", "reason") if self.whole else _drawn(rows):
            one.schedule = shown[one.schedule_id]
            found[one.schedule_id].append(one)
        return found

    def elsewhere(self, person: Whose) -> list[Interval]:
        """The standing visits of this practitioner that are not among those seen."""
        if person.sees_all:
            return []
        seen = {one.id for agenda in person.seen for one in self.frames[agenda.id].taken if one.here}
        found = {
            one.id: Interval(moment_of(one.start), moment_of(one.end))
            for agenda in (*person.seen, *person.busy)
            for one in self.frames[agenda.id].taken
            if not one.held and one.id not in seen
        }
        return self._within(found.values())

    def taken_at(self, agenda: Schedule) -> list[Interval]:
        """Its standing visits."""
        taken = (one for one in self.frames[agenda.id].taken if one.here and not one.held)
        return self._within(Interval(moment_of(one.start), moment_of(one.end)) for one in taken)

    def in_other_calendars(self, person: Whose) -> list[Interval]:
        """What the practitioner has there, for whom sees none of the places: it is in their frames for others."""
        if person.sees_all or person.shown:
            return []
        found = {
            Interval(moment_of(one.start), moment_of(one.end))
            for agenda in person.busy
            for one in self.frames[agenda.id].absences
            if one.other_calendar
        }
        return self._within(found)

    def untold(self, person: Whose) -> dict[uuid.UUID, Interval]:
        """The absences of this practitioner that the actor does not read."""
        return self._untold.get(person.practitioner.pk, {})

    @cached_property
    def _untold(self) -> dict[uuid.UUID, dict[uuid.UUID, Interval]]:
        asked = [person.practitioner.pk for person in self.people if not person.sees_all]
        found: dict[uuid.UUID, dict[uuid.UUID, Interval]] = {one: {} for one in asked}
        if not asked or self.actor is None:
            return found
        read = Absence.objects.kept_by(self.actor, Level.SEE).values("pk")
        rows = Absence.objects.filter(calendar__practitioner__in=asked).exclude(pk__in=read)
        for one in rows.touching(self.bounds.start, self.bounds.end).select_related("calendar", "schedule__location"):
            zone = one.schedule.location.zone if one.schedule else self.zone
            if one.calendar.practitioner_id is not None:
                found[one.calendar.practitioner_id][one.pk] = period_interval(one, zone)
        return found

    def _within(self, intervals: Iterable[Interval]) -> list[Interval]:
        """Frames are read a little wider than what is shown."""
        return [one for one in intervals if one.start < self.bounds.end and one.end > self.bounds.start]


def _drawn(rows: models.QuerySet[Appointment]) -> Iterator[Appointment]:
    """With what the grid draws of each. Made from plain rows: to have the ORM leave most columns out of each costs a day of
    eight a fifth of its time.
    """
    reasons: dict[uuid.UUID, Reason] = {}
    asked = (*_OF_VISIT, *(f"patient__{name}" for name in _OF_PATIENT), *(f"reason__{name}" for name in _OF_REASON))
    visit, patient = len(_OF_VISIT), len(_OF_VISIT) + len(_OF_PATIENT)
    for row in rows.values_list(*asked):
        one = made(Appointment, zip(_OF_VISIT, row, strict=False))
        one.patient = made(Patient, [("id", one.patient_id), *zip(_OF_PATIENT, row[visit:patient], strict=True)])
        if one.reason_id is not None:
            if one.reason_id not in reasons:
                of_reason = zip(_OF_REASON, row[patient:], strict=True)
                reasons[one.reason_id] = made(Reason, [("id", one.reason_id), *of_reason])
            one.reason = reasons[one.reason_id]
        yield one


def made(kind: type[Row], values: Iterable[tuple[str, object]]) -> Row:
    """A row of the database of which no more than this is known; what else is asked of it is read then."""
    made = kind.__new__(kind)
    made._state = ModelState()
    made._state.adding, made._state.db = False, DEFAULT_DB_ALIAS
    made.__dict__.update(values)
    return made
