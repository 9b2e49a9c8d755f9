"""What a message is of: named, so that it is told once."""

from appointments.booking.events import as_text
from appointments.models import Appointment, AppointmentEvent


def event_fact(event: AppointmentEvent) -> str:
    return f"event:{event.pk}"


def hour_fact(what: str, visit: Appointment) -> str:
    """How facts of the visit at its hour begin; once moved, it is of others."""
    return f"{what}:{visit.pk}:{as_text(visit.start)}:"
