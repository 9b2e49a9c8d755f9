"""What is owed to the SAS (INT_R03): one delivery per event of an appointment booked by a regulator, and its attempts."""

import uuid
from typing import ClassVar

from django.db import models

from appointments.models import Appointment, AppointmentEvent
from interop.enums import DeliveryState, Outcome


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def open(self) -> "DeliveryQuerySet":
        """Neither acknowledged nor replaced: what still stands between us and the SAS."""
        return self.exclude(state__in=[DeliveryState.SENT, DeliveryState.OBSOLETE])


class Delivery(models.Model):
    """The sending of one event. Per appointment strictly in order: see `interop.services.deliveries`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.OneToOneField(AppointmentEvent, models.PROTECT, related_name="delivery", verbose_name="événement")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="deliveries", verbose_name="rendez-vous")
    # Repeats the event's, so that "the oldest of its appointment" is one index.
    sequence = models.PositiveIntegerField("rang")
    state = models.CharField("état", max_length=10, choices=DeliveryState.choices, default=DeliveryState.PLANNED)
    attempts_count = models.PositiveIntegerField("essais", default=0)
    next_attempt_at = models.DateTimeField("prochain essai")
    lease_until = models.DateTimeField("réservé jusqu’à", null=True, blank=True)
    created_at = models.DateTimeField("planifié le")
    sent_at = models.DateTimeField("transmis le", null=True, blank=True)
    cause = models.TextField("cause", blank=True, help_text="Pourquoi le dernier essai n’a pas abouti, dans les mots du SAS.")

    objects: ClassVar[models.Manager["Delivery"]] = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "livraison au SAS"
        verbose_name_plural = "livraisons au SAS"
        ordering = ["-created_at"]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(state__in=[DeliveryState.PLANNED, DeliveryState.RETRYING, DeliveryState.CLAIMED]),
                name="delivery_to_send",
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["appointment", "sequence"], name="delivery_sequence_once"),
            models.CheckConstraint(condition=models.Q(state__in=DeliveryState.values), name="delivery_known_state"),
            models.CheckConstraint(
                condition=~models.Q(state=DeliveryState.CLAIMED) | models.Q(lease_until__isnull=False),
                name="delivery_claimed_has_lease",
            ),
        ]

    def __str__(self) -> str:
        return f"Livraison {self.id}"


class DeliveryAttempt(models.Model):
    """One HTTP exchange with the SAS. No patient data: none leaves for the SAS."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts", verbose_name="livraison")
    at = models.DateTimeField("le")
    method = models.CharField("méthode", max_length=4)
    url = models.CharField("adresse", max_length=500)
    request_body = models.JSONField("demande")
    outcome = models.CharField("issue", max_length=10, choices=Outcome.choices)
    status_code = models.PositiveSmallIntegerField("statut HTTP", null=True, blank=True)
    response_body = models.TextField("réponse", blank=True)
    error = models.CharField("erreur", max_length=300, blank=True)
    duration_ms = models.PositiveIntegerField("durée (ms)", default=0)

    class Meta:
        verbose_name = "essai"
        verbose_name_plural = "essais"
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.method} {self.status_code or self.error}"
