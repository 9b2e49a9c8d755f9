"""Closures: a place is closed, for everybody who receives there.

Its organization's managers close a place, and whoever manages all agendas that are open there.
All calendars of the place are locked, in order of their keys, before anything is written.
"""

import uuid
from datetime import date

from django.db import transaction

from accounts.rights import Actor
from appointments.exceptions import NotAllowed
from appointments.models import Closure, Location
from appointments.openings.services.periods import check_length, weekly, write_period
from appointments.openings.values import Span
from appointments.places.locks import lock_calendars_of
from appointments.places.rights import closable
from appointments.places.selectors import calendars_at


def create_closure(
    *, location_id: uuid.UUID, period: Span, label: str, by: Actor, every_week_until: date | None = None
) -> list[Closure]:
    """Nothing can be booked there during it; what is booked stays. With `every_week_until` one each week, of one series.

    In order of time. Raises `NotAllowed`, `Refused`.
    """
    with transaction.atomic():
        location = _own_location(location_id, by)
        periods = weekly(period, every_week_until, location.zone)
        series = uuid.uuid4() if len(periods) > 1 else None
        return [_write(Closure(location=location), one, label, series) for one in periods]


def change_closure(*, closure_id: uuid.UUID, period: Span, label: str, by: Actor) -> Closure:
    """This one; those of its series stay as they are. Raises `NotAllowed`, `Refused`."""
    with transaction.atomic():
        closure = _own_closure(closure_id, by)
        check_length(period)
        return _write(closure, period, label, closure.series)


def delete_closure(*, closure_id: uuid.UUID, by: Actor, whole_series: bool = False) -> None:
    """The place is open again, as the rules say; of the whole series, if asked. Raises `NotAllowed`."""
    with transaction.atomic():
        closure = _own_closure(closure_id, by)
        if whole_series and closure.series is not None:
            Closure.objects.filter(location=closure.location_id, series=closure.series).delete()
        else:
            closure.delete()


def _write(closure: Closure, period: Span, label: str, series: uuid.UUID | None) -> Closure:
    write_period(closure, period, label, series)
    return closure


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
