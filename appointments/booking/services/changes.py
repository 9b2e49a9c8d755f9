"""What becomes of an appointment that was booked: the patient there, honoured or not, cancelled (another one: `moving`).

Every change takes the agenda's lock, checks the version the page was opened on, records one event. `tell`: whether the patient is
sent a message of it.
"""

import uuid
from datetime import datetime, timedelta

from accounts.rights import Actor
from appointments.booking.events import record_event
from appointments.booking.services.changing import changing, require_booked
from appointments.enums import CancelledFor, EventKind, Status
from appointments.exceptions import Refused
from appointments.models import Appointment

# A patient may be received, and so marked honoured, somewhat before the hour.
EARLY_ARRIVAL = timedelta(hours=2)

_STATUS_EVENTS = {
    Status.FULFILLED: EventKind.FULFILLED,
    Status.NOSHOW: EventKind.NOSHOW,
    Status.BOOKED: EventKind.REOPENED,
}


def set_status(
    *, appointment_id: uuid.UUID, version: int | None, status: Status, by: Actor, now: datetime
) -> Appointment:
    """Honoured, not honoured, or back to confirmed when that was a mistake. Cancelling is `cancel_appointment`.

    Raises `Refused` when it is too early or the appointment is cancelled, `NotAllowed`, `ChangedMeanwhile`.
    """
    kind = _STATUS_EVENTS.get(status)
    if kind is None:
        raise Refused("Ce statut ne se choisit pas ici.")
    with changing(appointment_id, version, by) as appointment:
        if appointment.status == status:
            return appointment
        if appointment.is_cancelled:
            raise Refused("Ce rendez-vous est annulé\u00a0: prenez-en un nouveau.")
        if status == Status.FULFILLED and not may_be_honoured(appointment, now):
            raise Refused("Ce rendez-vous est à venir\u00a0: il pourra être marqué honoré le jour même.")
        if status == Status.NOSHOW and now < appointment.start:
            raise Refused("Ce rendez-vous n’a pas commencé\u00a0: il pourra être marqué non honoré ensuite.")
        previous = {"status": str(appointment.status)}
        appointment.status = status
        appointment.version += 1
        appointment.save(update_fields=["status", "version"])
        record_event(appointment=appointment, kind=kind, by=by, at=now, previous=previous)
    return appointment


def may_be_honoured(appointment: Appointment, now: datetime) -> bool:
    """From the appointment's own day, at its place, or shortly before it when it begins just after midnight."""
    zone = appointment.schedule.location.zone
    same_day = appointment.start.astimezone(zone).date() <= now.astimezone(zone).date()
    return same_day or appointment.start - now <= EARLY_ARRIVAL


def note_arrival(*, appointment_id: uuid.UUID, version: int | None, by: Actor, now: datetime) -> Appointment:
    """The patient is there, from now on. Known to the practice alone, and kept when the visit is closed.

    Raises `Refused` on another day, or when it is closed; `NotAllowed`, `ChangedMeanwhile`.
    """
    with changing(appointment_id, version, by) as appointment:
        require_booked(appointment)
        if appointment.arrived_at is None:
            if not may_arrive(appointment, now):
                raise Refused("Une arrivée se note le jour du rendez-vous.")
            _set_arrival(appointment, now, EventKind.ARRIVED, by=by, now=now)
    return appointment


def undo_arrival(*, appointment_id: uuid.UUID, version: int | None, by: Actor, now: datetime) -> Appointment:
    """That was a mistake. Raises `Refused` when the visit is closed, `NotAllowed`, `ChangedMeanwhile`."""
    with changing(appointment_id, version, by) as appointment:
        require_booked(appointment)
        if appointment.arrived_at is not None:
            _set_arrival(appointment, None, EventKind.ARRIVAL_UNDONE, by=by, now=now)
    return appointment


def may_arrive(appointment: Appointment, now: datetime) -> bool:
    """On the appointment's own day, at its place, or around it when midnight comes between."""
    zone = appointment.schedule.location.zone
    same_day = appointment.start.astimezone(zone).date() == now.astimezone(zone).date()
    return same_day or abs(appointment.start - now) <= EARLY_ARRIVAL


def cancel_appointment(
    *,
    appointment_id: uuid.UUID,
    version: int | None,
    by: Actor,
    now: datetime,
    tell: bool = True,
    cancelled_for: CancelledFor | None = None,
    because: str = "",
) -> Appointment:
    """Its time is free again. A regulator may cancel what they booked, until it begins.

    `cancelled_for`: who wants it so, as far as the practice says it, and `because` why, in its own words.

    Raises `Refused` when it is already closed, `NotAllowed`, `ChangedMeanwhile`.
    """
    with changing(appointment_id, version, by, booker_too=True) as appointment:
        require_booked(appointment)
        if by.is_regulator and appointment.start <= now:
            raise Refused("Ce rendez-vous a commencé\u00a0: seul le cabinet peut encore le modifier.")
        appointment.status = Status.CANCELLED
        appointment.cancelled_for, appointment.cancelled_because = cancelled_for or "", because
        appointment.version += 1
        appointment.save(update_fields=["status", "cancelled_for", "cancelled_because", "version"])
        record_event(
            appointment=appointment,
            kind=EventKind.CANCELLED,
            by=by,
            at=now,
            previous={"status": str(Status.BOOKED)},
            tell=tell,
        )
    return appointment


def _set_arrival(
    appointment: Appointment, moment: datetime | None, kind: EventKind, *, by: Actor, now: datetime
) -> None:
    appointment.arrived_at = moment
    appointment.version += 1
    appointment.save(update_fields=["arrived_at", "version"])
    record_event(appointment=appointment, kind=kind, by=by, at=now)
