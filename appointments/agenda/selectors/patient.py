"""What goes with a patient's file: the visits to come that repeat it, what it was merged with, what its patient was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.enums import Level
from accounts.rights import Actor
from appointments.booking.services.corrections import REPEATED
from appointments.booking.services.merging import UNDONE_FOR
from appointments.enums import Status
from appointments.models import Appointment, Patient, PatientMerge, PatientMessage

_SENT = 20


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


def merges_of(patient: Patient) -> list[PatientMerge]:
    """What was ever merged into the file, the undone too, the latest first. One query."""
    rows = PatientMerge.objects.filter(kept=patient.pk) | PatientMerge.objects.filter(absorbed=patient.pk)
    return list(rows.select_related("absorbed", "kept").order_by("-pk"))


@dataclass(frozen=True, slots=True)
class Merged:
    """A merge as the file's page tells it."""

    merge: PatientMerge
    now: datetime

    @property
    def until(self) -> datetime:
        """Until when it can be undone."""
        return self.merge.at + UNDONE_FOR

    @property
    def may_be_undone(self) -> bool:
        return self.merge.undone_at is None and self.now <= self.until


def messages_to(visits: Sequence[Appointment]) -> list[PatientMessage]:
    """What these visits' patient was sent of them, the latest first, the last _SENT. One query."""
    rows = PatientMessage.objects.filter(appointment__in=[one.pk for one in visits])
    return list(rows.select_related("appointment__schedule__location").order_by("-pk")[:_SENT])
