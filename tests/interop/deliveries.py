"""Appointments of a regulator, and their sending step by step."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Regulator
from accounts.rights import Actor
from appointments.booking.services.changes import cancel_appointment, set_status
from appointments.booking.services.moving import move_appointment
from appointments.enums import Status
from appointments.models import Appointment
from interop.models import Delivery
from interop.services.deliveries import Clock, deliver_next
from outbox.ledger import database_clock
from tests import factories


def booked(regulator: Regulator | None = None, **fields: Any) -> Appointment:
    """Booked by a regulator, tomorrow."""
    regulator = regulator or factories.regulator()
    return factories.appointment(by=Actor(user=regulator.user, regulator=regulator), **fields)


def _practice(appointment: Appointment) -> Actor:
    return factories.practice_actor(appointment.practitioner)


def _version(appointment: Appointment) -> int:
    return Appointment.objects.values_list("version", flat=True).get(pk=appointment.pk)


def moved(appointment: Appointment, *, hours: int = 1, now: datetime | None = None) -> datetime:
    start = appointment.start + timedelta(hours=hours)
    move_appointment(
        appointment_id=appointment.id,
        version=_version(appointment),
        start=start,
        by=_practice(appointment),
        now=now or timezone.now(),
        despite=True,
    )
    return start


def cancelled(appointment: Appointment) -> None:
    cancel_appointment(
        appointment_id=appointment.id, version=_version(appointment), by=_practice(appointment), now=timezone.now()
    )


def marked(appointment: Appointment, status: Status, *, now: datetime | None = None) -> None:
    set_status(
        appointment_id=appointment.id,
        version=_version(appointment),
        status=status,
        by=_practice(appointment),
        now=now or appointment.end,
    )


def deliver(appointment: Appointment, *, now: datetime | None = None) -> None:
    """As the task does: as far as it goes. `now` stands still when it is given."""
    while deliver_next(appointment_id=appointment.id, clock=standing(now) if now else database_clock):
        pass


def standing(now: datetime) -> Clock:
    """A clock that shows this moment."""
    return lambda: now


def states(appointment: Appointment) -> list[str]:
    return list(Delivery.objects.filter(appointment=appointment).order_by("sequence").values_list("state", flat=True))


def only(appointment: Appointment) -> Delivery:
    return Delivery.objects.get(appointment=appointment)


def at(sequence: int, appointment: Appointment) -> Delivery:
    return Delivery.objects.get(appointment=appointment, sequence=sequence)


def outcomes(appointment: Appointment) -> list[str]:
    attempts = Delivery.objects.filter(appointment=appointment).order_by("exchanges__id")
    return [one for one in attempts.values_list("exchanges__outcome", flat=True) if one]
