"""A visit in the hands of who comes: opened by the birth date; moved or cancelled until the practice's cut-off, then told late.

Each takes the lock of the line of time and records one event, as the practice's own changes do.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from accounts.french import NARROW, NBSP, hour
from accounts.rights import VISITOR
from accounts.zones import there
from appointments.booking.events import record_event
from appointments.booking.manage_link import births_of
from appointments.booking.services.booking import double_booking
from appointments.booking.services.to_slot import move_to_slot
from appointments.enums import CancelledFor, EventKind, Status
from appointments.exceptions import ChangedMeanwhile, Refused, SlotTaken
from appointments.models import Appointment, LinkTries
from appointments.online.services.limits import one_at_a_time
from appointments.places.locks import lock_calendars
from appointments.places.selectors import calendars_of
from appointments.slots.slot_key import SlotKey
from appointments.slots.wishes import Wish
from appointments.slots.words import sentence

TRIES, SHUT_FOR = 5, timedelta(hours=1)
LATE = (5, 10, 15)


def cutoff_of(appointment: Appointment) -> datetime:
    """Until when it is moved or cancelled online."""
    return appointment.start - timedelta(hours=appointment.schedule.organization.online_cutoff_hours)


def problem_of_birth(appointment: Appointment, typed: date, *, now: datetime) -> str:
    """Why this birth date does not open the visit; blank when it does. Five tries, then none for an hour."""
    with transaction.atomic():
        one_at_a_time("link", str(appointment.pk))
        tries, _ = LinkTries.objects.get_or_create(appointment=appointment, defaults={"last_at": now})
        opens_at = tries.last_at + SHUT_FOR
        if tries.failures >= TRIES and now < opens_at:
            return _shut(appointment, opens_at)
        if typed in births_of(appointment):
            tries.delete()
            return ""
        tries.failures = 1 if tries.failures >= TRIES else tries.failures + 1
        tries.last_at = now
        tries.save()
        if tries.failures >= TRIES:
            return _shut(appointment, now + SHUT_FOR)
    return f"Ce n’est pas la date de naissance donnée pour ce rendez-vous{NBSP}: vérifiez-la."


def _shut(appointment: Appointment, opens_at: datetime) -> str:
    zone = appointment.schedule.location.zone
    when = hour(opens_at.astimezone(zone)) + there(zone)
    return f"Trop d’essais{NBSP}: réessayez à {when}, ou appelez le cabinet."


def cancel_by_patient(*, appointment_id: uuid.UUID, version: int | None, now: datetime) -> Appointment:
    """For good. Raises `Refused` after the cut-off or when it is closed, `ChangedMeanwhile`."""
    with _changing(appointment_id, version) as appointment:
        _require_time(appointment, now)
        appointment.status, appointment.cancelled_for = Status.CANCELLED, CancelledFor.PATIENT
        appointment.version += 1
        appointment.save(update_fields=["status", "cancelled_for", "version"])
        record_event(
            appointment=appointment,
            kind=EventKind.CANCELLED,
            by=VISITOR,
            at=now,
            previous={"status": str(Status.BOOKED)},
        )
    return appointment


def move_by_patient(*, appointment_id: uuid.UUID, version: int | None, key: SlotKey, now: datetime) -> Appointment:
    """To an hour that the same agenda offers patients, for the same reason and in the same way.

    Raises `SlotTaken` with the true cause: the visit stays where it is. Raises `Refused`, `ChangedMeanwhile`.
    """
    with _changing(appointment_id, version) as appointment:
        _require_time(appointment, now)
        if key.start == appointment.start:
            raise SlotTaken(sentence(None))
        move_to_slot(
            appointment=appointment, schedule=appointment.schedule, key=key, wish=wish_of(appointment), now=now
        )
    return appointment


def say_late(*, appointment_id: uuid.UUID, version: int | None, minutes: int, now: datetime) -> Appointment:
    """How late they will be: on the practice's agenda at once. Nobody else is told.

    Raises `Refused` before the cut-off or when it is closed, `ChangedMeanwhile`.
    """
    with _changing(appointment_id, version) as appointment:
        if minutes not in LATE or not cutoff_of(appointment) <= now < appointment.end:
            raise Refused("Un retard se dit le jour du rendez-vous.")
        if appointment.late_minutes != minutes:
            appointment.late_minutes = minutes
            appointment.version += 1
            appointment.save(update_fields=["late_minutes", "version"])
            record_event(appointment=appointment, kind=EventKind.LATE, by=VISITOR, at=now, tell=False)
    return appointment


def wish_of(appointment: Appointment) -> Wish:
    """What another hour is to be for."""
    return Wish(appointment.reason_id, appointment.consultation_type, appointment.schedule_id)


@contextmanager
def _changing(appointment_id: uuid.UUID, version: int | None) -> Iterator[Appointment]:
    """Whoever has opened its link may: the visit under the lock of its lines of time, at the version the page showed."""
    try:
        with transaction.atomic():
            rows = Appointment.objects.filter(pk=appointment_id)
            seen = rows.get()
            lock_calendars(calendars_of(rows))
            appointment = rows.with_context().select_for_update(of=("self",), no_key=True).get()
            if not seen.version == appointment.version == version:
                raise ChangedMeanwhile(f"Ce rendez-vous a changé entre-temps{NARROW}: relisez-le.")
            if not appointment.is_booked:
                raise Refused("Ce rendez-vous ne peut plus être modifié.")
            yield appointment
    except IntegrityError as error:
        if (taken := double_booking(error)) is None:
            raise
        raise taken from error


def _require_time(appointment: Appointment, now: datetime) -> None:
    if now >= cutoff_of(appointment):
        hours = appointment.schedule.organization.online_cutoff_hours
        raise Refused(f"Il commence dans moins de {hours}{NARROW}h{NBSP}: appelez le cabinet.")
