"""Absences: nobody is received on a line of time, at one of its places or anywhere. What is booked stays; holds end.

Who books in an agenda notes those of its place. One that is everywhere is noted by the practitioner, or by who books at every
place of this line of time that is open: it moves the appointments of all.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from accounts.enums import Level
from accounts.rights import Actor
from accounts.single import single
from appointments.exceptions import NotAllowed, Refused
from appointments.models import Absence, Schedule
from appointments.openings.selectors import series_of
from appointments.openings.services.periods import (
    begins_as,
    check_coming,
    check_length,
    create_rows,
    fill,
    repeated,
    save_row,
    state_of,
)
from appointments.openings.services.versions import check_version
from appointments.openings.values import Repeat, When
from appointments.places.locks import lock_calendars
from appointments.places.rights import Agendas
from appointments.places.selectors import calendar_of, grid_zone, others_of, schedules_of


@dataclass(frozen=True, slots=True)
class Away:
    """An absence as typed. Without `schedule_id` it is everywhere; `replacement_id` is the agenda of who replaces."""

    period: When
    label: str = ""
    schedule_id: uuid.UUID | None = None
    replacement_id: uuid.UUID | None = None


def create_absence(
    *, practitioner_id: uuid.UUID, away: Away, by: Actor, now: datetime, repeat: Repeat | None = None
) -> list[Absence]:
    """Nothing can be booked during it; what is booked stays. With `repeat` one each time, of one series.

    In order of time. Raises `NotAllowed`, `Refused`; `AlreadyNoted` when the very same is there.
    """
    with transaction.atomic():
        places = schedules_of(practitioner_id)
        _require_say(practitioner_id, places, away.schedule_id, by)
        calendar = calendar_of(practitioner_id)
        lock_calendars([calendar.id])
        places = schedules_of(practitioner_id)
        _require_say(practitioner_id, places, away.schedule_id, by)
        here = [one for one in places if one.id == away.schedule_id]
        periods = repeated(Absence, away.period, repeat, grid_zone(here or places))
        check_coming(away.period, _zones(here or places), now)
        _check_places(away, places, known_replacement=None)
        return create_rows([_filled(Absence(calendar=calendar), one, away) for one in periods])


def change_absence(*, absence_id: uuid.UUID, version: int | None, away: Away, by: Actor, now: datetime) -> Absence:
    """This one; those of its series stay as they are. One that has begun may be said to have ended.

    Raises `NotAllowed`, `Refused`, `ChangedMeanwhile`.
    """
    with transaction.atomic():
        absence = _own_absence(absence_id, by)
        check_length(Absence, away.period)
        practitioner_id = absence.calendar.practitioner_id
        if practitioner_id is None:
            raise NotAllowed
        places = schedules_of(practitioner_id)
        _require_say(practitioner_id, places, away.schedule_id, by)
        if not begins_as(absence, away.period):
            here = [one for one in places if one.id == away.schedule_id]
            check_coming(away.period, _zones(here or places), now)
        _check_places(away, places, known_replacement=absence.replacement_id)
        was = state_of(absence)
        save_row(_filled(absence, away.period, away), version=version, was=was)
        return absence


def delete_absence(*, absence_id: uuid.UUID, version: int | None, by: Actor, whole_series: bool = False) -> int:
    """The hours it held are free again, as the rules say; of the whole series, if asked. How many they were.

    Raises `NotAllowed`, `ChangedMeanwhile`.
    """
    with transaction.atomic():
        absence = _own_absence(absence_id, by)
        check_version(absence, version)
        mine = Absence.objects.kept_by(by, Level.BOOK)
        rows = series_of(absence).filter(pk__in=mine.values("pk")) if whole_series else mine.filter(pk=absence.pk)
        return rows.delete()[0]


def _check_places(away: Away, places: list[Schedule], *, known_replacement: uuid.UUID | None) -> None:
    here = [one for one in places if away.schedule_id in (None, one.id)]
    if away.schedule_id is not None and not here:
        raise Refused("Ce lieu n’est pas l’un des lieux de cet agenda\u00a0: choisissez-en un autre.", "schedule")
    newly = away.replacement_id is not None and away.replacement_id != known_replacement
    if newly and not any(one.id == away.replacement_id for one in others_of(here)):
        raise Refused("Ce remplaçant n’a pas d’agenda ouvert dans cette structure.", "replacement")


def _filled(absence: Absence, period: When, away: Away) -> Absence:
    absence.schedule_id, absence.replacement_id = away.schedule_id, away.replacement_id
    return fill(absence, period, away.label)


def _zones(places: list[Schedule]) -> list[ZoneInfo]:
    return [one.location.zone for one in places] or [grid_zone(places)]


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
    absence = single(rows.select_related("calendar"))
    if absence is None:
        raise NotAllowed
    return absence
