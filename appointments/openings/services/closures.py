"""Closures: a place is closed, for everybody who receives there.

Its organization's managers close a place, and whoever manages all agendas that are open there.
All calendars of the place are locked, in order of their keys, before anything is written.
"""

import uuid
from datetime import datetime

from django.db import transaction

from accounts.rights import Actor
from appointments.exceptions import NotAllowed
from appointments.models import Closure, Location
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
from appointments.places.locks import lock_calendars_of
from appointments.places.rights import closable
from appointments.places.selectors import calendars_at


def create_closure(
    *,
    location_id: uuid.UUID,
    period: When,
    label: str,
    by: Actor,
    now: datetime,
    repeat: Repeat | None = None,
) -> list[Closure]:
    """Nothing can be booked there during it; what is booked stays. With `repeat` one each time, of one series.

    In order of time. Raises `NotAllowed`, `Refused`; `AlreadyNoted` when the very same is there.
    """
    with transaction.atomic():
        location = _own_location(location_id, by)
        periods = repeated(Closure, period, repeat, location.zone)
        check_coming(period, [location.zone], now)
        return create_rows([fill(Closure(location=location), one, label) for one in periods])


def change_closure(
    *, closure_id: uuid.UUID, version: int | None, period: When, label: str, by: Actor, now: datetime
) -> Closure:
    """This one; those of its series stay as they are. One that has begun may be said to have ended.

    Raises `NotAllowed`, `Refused`, `ChangedMeanwhile`.
    """
    with transaction.atomic():
        closure = _own_closure(closure_id, by)
        check_length(Closure, period)
        if not begins_as(closure, period):
            check_coming(period, [closure.location.zone], now)
        was = state_of(closure)
        save_row(fill(closure, period, label), version=version, was=was)
        return closure


def delete_closure(*, closure_id: uuid.UUID, version: int | None, by: Actor, whole_series: bool = False) -> int:
    """The place is open again, as the rules say; of the whole series, if asked. How many they were.

    Raises `NotAllowed`, `ChangedMeanwhile`.
    """
    with transaction.atomic():
        closure = _own_closure(closure_id, by)
        check_version(closure, version)
        rows = series_of(closure) if whole_series else Closure.objects.filter(pk=closure.pk)
        return rows.delete()[0]


def _own_closure(closure_id: uuid.UUID, by: Actor) -> Closure:
    """The closure, all calendars of its place locked."""
    location_id = Closure.objects.filter(pk=closure_id).values_list("location", flat=True).first()
    if location_id is None:
        raise NotAllowed
    _own_location(location_id, by)
    # Read under the lock: it may have been changed or deleted while we waited. A closure keeps its place.
    closure = Closure.objects.select_related("location").filter(pk=closure_id).first()
    if closure is None:
        raise NotAllowed
    return closure


def _own_location(location_id: uuid.UUID, by: Actor) -> Location:
    location = Location.objects.filter(pk=location_id).first()
    if location is None or location not in closable(by, [location]):
        raise NotAllowed
    lock_calendars_of(lambda: calendars_at(location_id))
    return location
