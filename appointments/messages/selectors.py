"""What patients were told, for the pages that say so."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery

from appointments.models import Appointment, PatientMessage, Schedule
from appointments.models.message import UNDELIVERED


def latest_messages(appointments: Iterable[Appointment]) -> dict[uuid.UUID, PatientMessage]:
    """The last message about each appointment that has one. One query."""
    ids = [appointment.id for appointment in appointments]
    messages = PatientMessage.objects.filter(event__appointment__in=ids).select_related("event")
    ordered = messages.order_by("event__appointment_id", "-event__sequence", "-pk").distinct("event__appointment_id")
    return {message.event.appointment_id: message for message in ordered}


def untold_visits(schedules: Iterable[Schedule], *, now: datetime) -> QuerySet[Appointment]:
    """The coming visits at these agendas, cancelled ones too, whose patient was sent the last word of it and did not get it."""
    messages = PatientMessage.objects.filter(event__appointment=OuterRef("pk"))
    last = messages.order_by("-event__sequence", "-pk").values("state")[:1]
    coming = Appointment.objects.filter(schedule__in=schedules, start__gt=now).annotate(last_told=Subquery(last))
    return coming.filter(last_told__in=UNDELIVERED).order_by("start", "created_at")
