"""What goes with a patient's file: the visits to come that repeat it, and what was given otherwise at booking."""

from datetime import datetime

from django.db.models import Q

from accounts.enums import Level
from accounts.rights import Actor
from appointments.booking.services.corrections import REPEATED
from appointments.booking.services.merging import UNDONE_FOR
from appointments.enums import Status
from appointments.models import Appointment, PatientMerge


def visits_that_repeat(appointment: Appointment, *, actor: Actor, now: datetime) -> list[Appointment]:
    """The patient's other visits to come, in agendas where this person books, that are reached as the file says. One query."""
    same = Q()
    for name, field in REPEATED.items():
        if value := getattr(appointment.patient, field):
            same |= Q(**{name: value})
    if not same:
        return []
    rows = Appointment.objects.kept_by(actor, Level.BOOK).filter(same, patient=appointment.patient_id)
    others = rows.filter(status=Status.BOOKED, start__gt=now).exclude(pk=appointment.pk)
    return list(others.select_related("schedule__location").order_by("start"))


def merges_of(appointment: Appointment, *, now: datetime) -> list[PatientMerge]:
    """What was merged into the visit's file and can still be undone, the latest first. One query."""
    rows = PatientMerge.objects.filter(kept=appointment.patient_id, undone_at=None, at__gt=now - UNDONE_FOR)
    return list(rows.select_related("absorbed").order_by("-pk"))
