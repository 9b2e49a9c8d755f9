"""The outbox: a delivery row in the transaction of the event it will tell the SAS about."""

from django.dispatch import receiver

from appointments.booking.events import appointment_event_recorded
from appointments.models import AppointmentEvent
from interop.services.deliveries import plan_delivery


@receiver(appointment_event_recorded, dispatch_uid="interop.plan_delivery")
def on_appointment_event(sender: object, event: AppointmentEvent, **_: object) -> None:
    plan_delivery(event=event)
