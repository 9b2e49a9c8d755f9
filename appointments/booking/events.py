"""Recording a fact, inside the transaction that makes it true, and telling who listens.

`appointment_event_recorded` is sent in that same transaction: receivers write their own rows (the delivery to the SAS) or
enqueue on commit. They never do network.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.dispatch import Signal

from accounts.models import Practitioner
from accounts.rights import Actor, acted_by
from appointments.enums import EventKind
from appointments.models import Appointment, AppointmentEvent

# How long the patient's message waits, so that an undo leaves none: after one act, and after a day that is changed at once.
ONE_ACT, A_DAY = timedelta(seconds=15), timedelta(minutes=5)

# Arguments: event (AppointmentEvent, its appointment loaded), tell (whether the patient is to be sent a message), wait (for how
# long that is held back).
appointment_event_recorded = Signal()


def record_event(
    *,
    appointment: Appointment,
    kind: EventKind,
    by: Actor,
    at: datetime,
    previous: dict[str, Any] | None = None,
    tell: bool = True,
    wait: timedelta = ONE_ACT,
) -> AppointmentEvent:
    """Write the fact. The appointment is saved as it says, its version already the fact's own. `tell`: whether the patient is to
    be sent a message of it; whoever acts may see to that otherwise. `wait`: how long that may still be undone without a word.
    """
    event = event_of(appointment=appointment, kind=kind, by=by, at=at, previous=previous)
    if not tell:
        # Who takes it back doesn't tell of that either.
        event.snapshot["untold"] = True
    event.save(force_insert=True)
    appointment_event_recorded.send(sender=AppointmentEvent, event=event, tell=tell, wait=wait)
    return event


def event_of(
    *, appointment: Appointment, kind: EventKind, by: Actor, at: datetime, previous: dict[str, Any] | None = None
) -> AppointmentEvent:
    """The fact as it is to be written, of the appointment as it is now."""
    snapshot: dict[str, Any] = {
        "status": str(appointment.status),
        "start": as_text(appointment.start),
        "end": as_text(appointment.end),
        "created": as_text(appointment.created_at),
        "mode": str(appointment.consultation_type),
        "place": where(appointment),
        **named(appointment.practitioner),
    }
    if appointment.cancelled_for:
        snapshot["cancelled_for"] = str(appointment.cancelled_for)
    if previous:
        snapshot["previous"] = previous
    return AppointmentEvent(
        appointment=appointment,
        sequence=appointment.version,
        kind=kind,
        at=at,
        **acted_by(by),
        by_name=by.name,
        snapshot=snapshot,
    )


def named(practitioner: Practitioner | None) -> dict[str, str]:
    """Who receives, in a snapshot. The name as well: numbers are corrected."""
    if practitioner is None:
        return {"practitioner": "", "practitioner_name": ""}
    return {"practitioner": practitioner.national_id, "practitioner_name": practitioner.name}


def where(appointment: Appointment) -> str:
    """The place and its address, in a snapshot: both are corrected."""
    place = appointment.schedule.location
    return f"{place.name}, {place.full_address}"


def as_text(moment: datetime) -> str:
    """ISO 8601 in UTC, to the second: `2026-11-25T13:00:00+00:00`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")
