"""A day, or a part of it, emptied at once: its time is closed, and each visit goes where it was chosen, all or nothing.

What it did is kept, so that it can be undone: which is a new set of changes, of what can still be brought back. Nothing is held
while one chooses: under the lock each hour is looked at again, and what went meanwhile is named.
"""

import hashlib
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import partial
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.enums import Level
from accounts.rights import Actor, acted_by
from appointments.booking.events import A_DAY
from appointments.enums import Status
from appointments.exceptions import Refused
from appointments.messages.services.planning import delay_messages
from appointments.models import Absence, Appointment, AppointmentEvent, EmptiedVisit, Emptying, Schedule
from appointments.openings.recurrence import instant, moment_of, number_of, whole_days
from appointments.openings.services.absences import Away, create_absence
from appointments.openings.values import Days, Hours, When
from appointments.places.locks import lock_calendars_of
from appointments.places.selectors import calendar_of, grid_zone, schedules_of
from appointments.setup.services.changes import change_setup, of_openings
from appointments.setup.services.fates import KEEP, Answers

# The messages of a day that is emptied leave so long after, that it may be undone first.
WAIT = A_DAY
# Where the morning ends.
NOON = time(13)
_DAY = timedelta(days=1)


class Part(StrEnum):
    DAY = "journee"
    MORNING = "matin"
    AFTERNOON = "apres-midi"
    NOW = "maintenant"


@dataclass(frozen=True, slots=True)
class Scope:
    """What is emptied of a practitioner's line of time: `part` of `day`. `zone`: the clock of its hours; whole days are cut at
    each place's own midnight.
    """

    practitioner_id: uuid.UUID
    day: date
    part: Part
    zone: ZoneInfo
    now: datetime

    @property
    def when(self) -> When:
        """As an absence of it is noted."""
        if self.part == Part.DAY:
            return Days(self.day, self.day)
        start, end = self.span(self.zone)
        return Hours(moment_of(start), moment_of(end))

    def span(self, zone: ZoneInfo) -> tuple[int, int]:
        """[start, end) in seconds, at a place of this zone."""
        if self.part == Part.DAY:
            return whole_days(self.day, self.day, zone)
        start, end = whole_days(self.day, self.day, self.zone)
        noon = number_of(instant(self.day, NOON, self.zone))
        if self.part == Part.MORNING:
            return start, noon
        if self.part == Part.AFTERNOON:
            return noon, end
        return max(start, number_of(self.now.replace(second=0, microsecond=0))), end

    @property
    def is_over(self) -> bool:
        return self.span(self.zone)[1] <= number_of(self.now)


def parts_of(day: date, zone: ZoneInfo, now: datetime) -> list[Part]:
    """What of this day is still to come, and so may be emptied."""
    found = [Part.DAY, Part.MORNING, Part.AFTERNOON]
    if day == now.astimezone(zone).date():
        found.append(Part.NOW)
    return [one for one in found if not Scope(uuid.UUID(int=0), day, one, zone, now).is_over]


def visits_in(scope: Scope, schedules: Collection[Schedule]) -> list[Appointment]:
    """The standing ones to come, or going on, at these agendas, in order. One query."""
    by_id = {one.pk: one for one in schedules}
    around = [scope.span(one.location.zone) for one in schedules]
    if not around:
        return []
    rows = (
        Appointment.objects.filter(schedule__in=by_id, status=Status.BOOKED, end__gt=scope.now)
        .filter(
            start__lt=moment_of(max(end for _, end in around)), end__gt=moment_of(min(start for start, _ in around))
        )
        .select_related("patient", "practitioner", "reason")
        .order_by("start", "pk")
    )
    found = []
    for visit in rows:
        visit.schedule = by_id[visit.schedule_id]
        start, end = scope.span(visit.schedule.location.zone)
        if number_of(visit.start) < end and number_of(visit.end) > start:
            found.append(visit)
    return found


def seal_of(visits: Iterable[Appointment]) -> str:
    """Stands for exactly these, as they are."""
    read = "\n".join(f"{one.pk} {one.version}" for one in visits)
    return hashlib.sha256(read.encode()).hexdigest()[:16]


class OthersThere(Refused):
    """What stands in that time is no longer what was read."""

    def __init__(self) -> None:
        super().__init__("Des rendez-vous de ce jour ont changé entre-temps\u00a0: relisez la liste.")


def empty_time(
    *, key: uuid.UUID, scope: Scope, label: str, answers: Answers, tell: bool, read: str, by: Actor, now: datetime
) -> Emptying:
    """Close this time wherever the person may, and do with each of its visits what was chosen; the SAS and the public see both at
    once. Their messages wait. `key`: of the form; sent twice, it is done once. `read`: the seal of the visits that were read.

    Raises `OthersThere`; `TouchesVisits` with what can't be done as chosen (`problems`), nothing is done then; `NotAllowed`,
    `Refused`.
    """
    extent = of_openings(scope.practitioner_id)
    with transaction.atomic():
        lock_calendars_of(lambda: {*extent.calendars(), *answers.calendars}, by=by)
        done = Emptying.objects.filter(pk=key).first()
        if done is not None:
            return done
        visits = visits_in(scope, booked_by(by, scope.practitioner_id))
        if seal_of(visits) != read:
            raise OthersThere
        closes = partial(_close, scope, label=label, by=by, now=now)
        absences = change_setup(
            closes, extent, by=by, now=now, read=True, answers=answers, also={one.pk for one in visits}
        )
        start, end = scope.span(scope.zone)
        made = Emptying.objects.create(
            id=key,
            calendar=calendar_of(scope.practitioner_id),
            day=scope.day,
            start=moment_of(start),
            end=moment_of(end),
            label=label,
            tell=tell,
            at=now,
            messages_at=now + WAIT,
            absences=[one.pk for one in absences],
            by_name=by.name,
            **acted_by(by),
        )
        keep_what_was_done(made, [one for one in visits if answers.chosen.get(one.pk, KEEP) != KEEP])
        return made


def booked_by(by: Actor, practitioner_id: uuid.UUID) -> list[Schedule]:
    """The practitioner's agendas in which this person books."""
    return [
        one for one in schedules_of(practitioner_id) if by.may(Level.BOOK, one.practitioner_id, one.organization_id)
    ]


def keep_what_was_done(made: Emptying, before: Sequence[Appointment]) -> None:
    """`before`: the visits that it changed, as they were read before. The messages of it wait."""
    events = events_since(before)
    EmptiedVisit.objects.bulk_create(
        EmptiedVisit(emptying=made, event=events[one.pk], schedule_was_id=one.schedule_id, start_was=one.start)
        for one in before
    )
    delay_messages(events=[one.pk for one in events.values()], until=made.messages_at)


def events_since(before: Sequence[Appointment]) -> Mapping[uuid.UUID, AppointmentEvent]:
    """The last of each."""
    rows = AppointmentEvent.objects.filter(appointment__in=[one.pk for one in before])
    latest = rows.order_by("appointment_id", "-sequence").distinct("appointment_id")
    return {one.appointment_id: one for one in latest}


def _close(scope: Scope, *, label: str, by: Actor, now: datetime) -> list[Absence]:
    """The absences that are missing for all of this time to be closed: everywhere, or at each agenda in which they book."""
    every = [one for one in schedules_of(scope.practitioner_id) if one.active]
    booked = [one for one in booked_by(by, scope.practitioner_id) if one.active]
    whole = scope.practitioner_id in by.own or len(booked) == len(every)
    since, until = (moment_of(one) for one in scope.span(scope.zone))
    rows = Absence.objects.filter(calendar__practitioner=scope.practitioner_id)
    noted = list(rows.filter(pk__in=Absence.objects.touching(since, until).values("pk")))
    missing: list[Absence] = []
    for agenda in [None] if whole else booked:
        zone = agenda.location.zone if agenda is not None else grid_zone(every)
        if any(_covers(one, scope, zone) and one.schedule_id in {None, agenda and agenda.pk} for one in noted):
            continue
        away = Away(scope.when, label, agenda.pk if agenda is not None else None)
        missing += create_absence(practitioner_id=scope.practitioner_id, away=away, by=by, now=now)
    return missing


def _covers(absence: Absence, scope: Scope, zone: ZoneInfo) -> bool:
    start, end = scope.span(zone)
    if absence.first_day is not None and absence.last_day is not None:
        first, last = whole_days(absence.first_day, absence.last_day, zone)
    elif absence.start is not None and absence.end is not None:
        first, last = number_of(absence.start), number_of(absence.end)
    else:
        return False
    return first <= start and end <= last
