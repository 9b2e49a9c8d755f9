"""A visit that goes away or elsewhere may leave an hour to somebody who waits: a worker is woken to look."""

import uuid

from django.dispatch import receiver

from appointments.booking.events import appointment_event_recorded
from appointments.enums import EventKind
from appointments.models import AppointmentEvent
from appointments.waiting.waking import look_once_committed

_FREEING = {EventKind.CANCELLED, EventKind.MOVED, EventKind.REASSIGNED, EventKind.CHANGED}


@receiver(appointment_event_recorded, dispatch_uid="appointments.waiting.look")
def on_appointment_event(sender: object, event: AppointmentEvent, **_: object) -> None:
    if event.kind not in _FREEING:
        return
    look_once_committed(event.appointment.schedule_id)
    if left := (event.snapshot.get("previous") or {}).get("schedule"):
        look_once_committed(uuid.UUID(left))
