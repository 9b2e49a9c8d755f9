"""What patients are to know follows from what happened: planned in the event's own transaction."""

from django.dispatch import receiver

from appointments.booking.events import appointment_event_recorded
from appointments.messages.services import plan_message
from appointments.models import AppointmentEvent


@receiver(appointment_event_recorded, dispatch_uid="appointments.plan_message")
def on_appointment_event(sender: object, event: AppointmentEvent, **_: object) -> None:
    plan_message(event=event)
