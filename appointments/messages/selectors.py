"""What patients were told, for the pages that say so."""

import uuid
from collections.abc import Iterable

from appointments.models import Appointment, PatientMessage


def latest_messages(appointments: Iterable[Appointment]) -> dict[uuid.UUID, PatientMessage]:
    """The last message about each appointment that has one. One query."""
    ids = [appointment.id for appointment in appointments]
    messages = PatientMessage.objects.filter(event__appointment__in=ids).select_related("event")
    ordered = messages.order_by("event__appointment_id", "-event__sequence", "-pk").distinct("event__appointment_id")
    return {message.event.appointment_id: message for message in ordered}
