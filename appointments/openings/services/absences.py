"""Absences: nobody is received on a line of time, at one of its places or anywhere. What is booked stays; holds end.

Who books in an agenda notes those of its place. One that is everywhere is noted by the practitioner, or by who books at every
place of this line of time that is open: it moves the appointments of all.
"""

import uuid
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from accounts.enums import Level
from accounts.rights import Actor
from appointments.exceptions import NotAllowed, Refused
from appointments.models import Absence, Schedule
from appointments.openings.services.periods import check_length, weekly, write_period
from appointments.openings.values import Span
from appointments.places.locks import lock_calendars
from appointments.places.rights import Agendas
from appointments.places.selectors import calendar_of, grid_zone, others_of, schedules_of


@dataclass(frozen=True, slots=True)
class Away:
    """An absence as typed. Without `schedule_id` it is everywhere; `replacement_id` is the agenda of who replaces."""

    period: Span
    label: str = ""
    schedule_id: uuid.UUID | None = None
    replacement_id: uuid.UUID | None = None


def create_absence(
    *, practitioner_id: uuid.UUID, away: Away, by: Actor, every_week_until: date | None = None
) -> list[Absence]:
    """Nothing can be booked during it; what is booked stays. With `every_week_until` one each week, of one series.

    In order of time. Raises `NotAllowed`, `Refused`.
    """
    with transaction.atomic():
        places = schedules_of(practitioner_id)
        _require_say(practitioner_id, places, away.schedule_id, by)
        calendar = calendar_of(practitioner_id)
        lock_calendars([calendar.id])
        places = schedules_of(practitioner_id)
        _require_say(practitioner_id, places, away.schedule_id, by)
        here = [one for one in places if one.id == away.schedule_id]
        periods = weekly(away.period, every_week_until, grid_zone(here or places))
        series = uuid.uuid4() if len(periods) > 1 else None
        return [_write(Absence(calendar=calendar), one, away, series, places) for one in periods]


def change_absence(*, absence_id: uuid.UUID, away: Away, by: Actor) -> Absence:
    """This one; those of its series stay as they are. Raises `NotAllowed`, `Refused`."""
    with transaction.atomic():
        absence = _own_absence(absence_id, by)
        check_length(away.period)
        practitioner_id = absence.calendar.practitioner_id
        if practitioner_id is None:
            raise NotAllowed
        places = schedules_of(practitioner_id)
        _require_say(practitioner_id, places, away.schedule_id, by)
        return _write(absence, away.period, away, absence.series, places)


def delete_absence(*, absence_id: uuid.UUID, by: Actor, whole_series: bool = False) -> None:
    """The hours it held are free again, as the rules say; of the whole series, if asked. Raises `NotAllowed`."""
    with transaction.atomic():
        absence = _own_absence(absence_id, by)
        if whole_series and absence.series is not None:
            series = Absence.objects.kept_by(by, Level.BOOK)
            series.filter(calendar=absence.calendar_id, series=absence.series).delete()
        else:
            absence.delete()


def _write(absence: Absence, period: Span, away: Away, series: uuid.UUID | None, places: list[Schedule]) -> Absence:
    here = [one for one in places if away.schedule_id in (None, one.id)]
    if away.schedule_id is not None and not here:
        raise Refused("Ce lieu n’est pas l’un des lieux de cet agenda\u00a0: choisissez-en un autre.", "schedule")
    newly = away.replacement_id is not None and away.replacement_id != absence.replacement_id
    if newly and not any(one.id == away.replacement_id for one in others_of(here)):
        raise Refused("Ce remplaçant n’a pas d’agenda ouvert dans cette structure.", "replacement")
    absence.schedule_id, absence.replacement_id = away.schedule_id, away.replacement_id
    write_period(absence, period, away.label, series)
    return absence


def _require_say(practitioner_id: uuid.UUID, places: list[Schedule], schedule_id: uuid.UUID | None, by: Actor) -> None:
    """Who may note an absence there. A place that is not the practitioner's is told as such."""
    if practitioner_id in by.own:
        return
    agendas = Agendas(places, by)
    there = [one for one in places if one.id == schedule_id]
    if not agendas.at_least(Level.BOOK):
        raise NotAllowed
    if schedule_id is None and not agendas.everywhere(Level.BOOK):
        raise Refused("Une absence partout concerne d’autres structures\u00a0: choisissez un lieu.", "schedule")
    if there and there[0] not in agendas.at_least(Level.BOOK):
        raise NotAllowed


def _own_absence(absence_id: uuid.UUID, by: Actor) -> Absence:
    """The absence, its calendar locked."""
    rows = Absence.objects.kept_by(by, Level.BOOK).filter(pk=absence_id)
    lock_calendars(rows.values_list("calendar", flat=True))
    absence = rows.select_related("calendar").first()
    if absence is None:
        raise NotAllowed
    return absence
