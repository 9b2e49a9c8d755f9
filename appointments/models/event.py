"""Append-only facts about appointments. What the SAS is told and what the history shows both come from here."""

from typing import ClassVar

from django.db import models

from accounts.models import Regulator, User
from appointments.enums import EventKind
from appointments.models.appointment import Appointment


class AppointmentEvent(models.Model):
    """One fact. A trigger refuses UPDATE and DELETE (migration 0002).

    `snapshot` is the appointment just after it, without any patient data: `status`, `start`, `end`, `created` (ISO 8601),
    `practitioner` (prefixed national id), and `previous` with the values that changed.
    """

    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="events", verbose_name="rendez-vous")
    sequence = models.PositiveIntegerField("rang")
    kind = models.CharField("fait", max_length=40, choices=EventKind.choices)
    at = models.DateTimeField("le")
    # PROTECT: facts are never rewritten, so an account that acted is deactivated, not deleted.
    by_user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="compte")
    by_regulator = models.ForeignKey(Regulator, models.PROTECT, null=True, related_name="+", verbose_name="régulateur")
    by_name = models.CharField("par", max_length=250)
    snapshot = models.JSONField("état")

    class Meta:
        verbose_name = "événement"
        verbose_name_plural = "événements"
        ordering = ["appointment", "sequence"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["appointment", "sequence"], name="event_sequence_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} nº {self.sequence}"
