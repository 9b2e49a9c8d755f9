"""Counting what the agenda records. Only what was committed counts."""

from django.db import transaction
from django.dispatch import receiver

from appointments.booking.events import appointment_event_recorded
from appointments.enums import EventKind
from appointments.models import AppointmentEvent
from sas_agenda.operations import metrics


@receiver(appointment_event_recorded, dispatch_uid="operations.count_booking")
def on_appointment_event(sender: object, event: AppointmentEvent, **_: object) -> None:
    if event.kind == EventKind.BOOKED:
        via = metrics.bookings.labels(event.appointment.origin)
        transaction.on_commit(via.inc, robust=True)
