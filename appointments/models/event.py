"""Append-only facts about appointments. What the SAS is told and what the history shows both come from here."""

from typing import ClassVar

from django.db import models

from accounts.models import ActedBy, acted_by_constraint
from appointments.enums import EventKind
from appointments.models.booking import Appointment


class AppointmentEvent(ActedBy):
    """One fact. A trigger refuses UPDATE, DELETE and TRUNCATE (migration `triggers`).

    `snapshot` is the appointment just after it, without any patient data: `status`, `start`, `end`, `created` (ISO 8601),
    `practitioner` (prefixed national id), `practitioner_name`, `mode`, `place` (name and address), and `previous` with the values
    that changed.
    """

    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="events", verbose_name="rendez-vous")
    sequence = models.PositiveIntegerField("rang")
    kind = models.CharField("fait", max_length=40, choices=EventKind.choices)
    at = models.DateTimeField("le")
    snapshot = models.JSONField("état")

    class Meta:
        verbose_name = "événement"
        verbose_name_plural = "événements"
        ordering = ["appointment", "sequence"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["appointment", "sequence"], name="event_sequence_once"),
            acted_by_constraint("event_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} nº {self.sequence}"
