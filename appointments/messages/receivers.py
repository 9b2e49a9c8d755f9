"""What patients are to know follows from what happened: planned in that same transaction."""

from datetime import datetime, timedelta

from django.dispatch import receiver

from appointments.booking.events import appointment_event_recorded
from appointments.booking.services.corrections import contacts_corrected
from appointments.messages.services.planning import plan_message, tell_again
from appointments.models import Appointment, AppointmentEvent


@receiver(appointment_event_recorded, dispatch_uid="appointments.plan_message")
def on_appointment_event(sender: object, event: AppointmentEvent, tell: bool, wait: timedelta, **_: object) -> None:
    plan_message(event=event, tell=tell, wait=wait)


@receiver(contacts_corrected, dispatch_uid="appointments.tell_again")
def on_contacts_corrected(sender: object, appointment: Appointment, at: datetime, **_: object) -> None:
    tell_again(appointment=appointment, at=at)
