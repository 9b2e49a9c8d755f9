"""The places of a practitioner, and their clock."""

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet

from accounts.written import Written
from appointments.enums import CalendarKind
from appointments.models import Appointment, Calendar, Schedule


def schedule_of(schedule_id: uuid.UUID) -> Schedule | None:
    """The agenda `with_place()`. One query."""
    (stand_in,) = _stand_ins(1)
    return next(iter(_by_key().read({stand_in: schedule_id})), None)


def schedules_of(practitioner_id: uuid.UUID) -> list[Schedule]:
    """All places of the practitioner, the open ones first, in the order of their names."""
    return schedules_of_each([practitioner_id])[practitioner_id]


def schedules_of_each(practitioner_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Schedule]]:
    """The same of each of these practitioners. One query, none for nobody."""
    found: dict[uuid.UUID, list[Schedule]] = {one: [] for one in practitioner_ids}
    for schedule in _read(_of_practitioners, list(found)):
        found[schedule.practitioner.id].append(schedule)
    return found


def schedules_on(calendars: Collection[uuid.UUID]) -> list[Schedule]:
    """All agendas `with_place()` of these lines of time. One query, none for none."""
    return _read(_on_calendars, calendars)


def _read(statement: Callable[[int], Written[Schedule]], keys: Collection[uuid.UUID]) -> list[Schedule]:
    return statement(len(keys)).read(dict(zip(_stand_ins(len(keys)), keys, strict=True))) if keys else []


@cache
def _by_key() -> Written[Schedule]:
    return Written(Schedule.objects.with_place().filter(pk__in=_stand_ins(1)).order_by())


@cache
def _of_practitioners(count: int) -> Written[Schedule]:
    return Written(Schedule.objects.with_place().of_practitioners(_stand_ins(count)).order_by("-active", "location"))


@cache
def _on_calendars(count: int) -> Written[Schedule]:
    return Written(Schedule.objects.with_place().filter(calendar__in=_stand_ins(count)))


def _stand_ins(count: int) -> list[uuid.UUID]:
    """Stand in a statement for as many keys."""
    return [uuid.UUID(int=number) for number in range(count)]


def calendar_of(practitioner_id: uuid.UUID) -> Calendar:
    """The practitioner's line of time, made when they have none yet."""
    return Calendar.objects.get_or_create(practitioner_id=practitioner_id)[0]


def grid_zone(schedules: Sequence[Schedule]) -> ZoneInfo:
    """A grid has one clock: that of the practitioner's first place, the house's own when they have none yet."""
    return schedules[0].location.zone if schedules else ZoneInfo(settings.TIME_ZONE)


def calendars_at(location_id: uuid.UUID) -> set[uuid.UUID]:
    """The lines of time of a place, those of closed agendas included."""
    return set(Schedule.objects.filter(location=location_id).values_list("calendar_id", flat=True))


def calendars_in(organization_id: uuid.UUID) -> set[uuid.UUID]:
    """The lines of time that have an agenda in this organization, closed ones included."""
    return set(Schedule.objects.filter(organization=organization_id).values_list("calendar_id", flat=True))


def calendars_of(appointments: QuerySet[Appointment]) -> set[uuid.UUID]:
    """The lines of time these appointments take: their agenda's, and of who takes one at a place, their own."""
    at_places = appointments.filter(calendar_kind=CalendarKind.PLACE).order_by()
    own = Calendar.objects.filter(practitioner__in=at_places.values("practitioner")).values_list("pk")
    return {pk for (pk,) in appointments.order_by().values_list("calendar").union(own)}


def others_of(schedules: Sequence[Schedule]) -> list[Schedule]:
    """The open agendas of others in the organizations of these: who may replace."""
    rows = Schedule.objects.with_place().open().filter(organization__in={one.organization_id for one in schedules})
    return list(rows.exclude(calendar__in={one.calendar_id for one in schedules}))
