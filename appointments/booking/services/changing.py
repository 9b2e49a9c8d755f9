"""How every change of an appointment begins: the agendas locked, rights read again, the version the page showed."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction

from accounts.enums import Level
from accounts.rights import Actor
from accounts.single import single
from appointments.booking.services.booking import double_booking
from appointments.enums import Status
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Appointment
from appointments.places.locks import lock_calendars
from appointments.places.selectors import calendars_of


@contextmanager
def changing(
    appointment_id: uuid.UUID,
    version: int | None,
    by: Actor,
    *,
    also_locking: list[uuid.UUID] | None = None,
    booker_too: bool = False,
) -> Iterator[Appointment]:
    """The appointment, locked with the agendas it touches, at the version the page showed, for who may change it.

    That is who books in the agenda, and with `booker_too` the regulator who booked.
    """
    try:
        with transaction.atomic():
            everything = Appointment.objects
            allowed = everything.visible_to(by, Level.BOOK) if booker_too else everything.kept_by(by, Level.BOOK)
            allowed = allowed.filter(pk=appointment_id)
            seen = single(allowed)
            if seen is None:
                raise NotAllowed
            lines = [*calendars_of(Appointment.objects.filter(pk=seen.pk)), *(also_locking or [])]
            lock_calendars(lines, by=by)
            # Read again under the lock: a reassignment may have come between.
            appointment = single(allowed.with_context().select_for_update(of=("self",), no_key=True))
            if appointment is None:
                raise NotAllowed
            # Unchanged since before the lock: it still stands where it was locked.
            if not seen.version == appointment.version == version:
                raise ChangedMeanwhile
            yield appointment
    except IntegrityError as error:
        if (taken := double_booking(error)) is None:
            raise
        raise taken from error


def require_booked(appointment: Appointment) -> None:
    if not appointment.is_booked:
        label = str(Status(appointment.status).label).lower()
        raise Refused(f"Ce rendez-vous est {label}\u00a0: il ne peut plus être modifié.")
