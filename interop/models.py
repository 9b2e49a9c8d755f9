"""What is owed to the SAS (INT_R03): one delivery per event of an appointment booked by a regulator, and its attempts."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models

from appointments.models import Appointment, AppointmentEvent
from interop.enums import DeliveryState, Outcome


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def open(self) -> "DeliveryQuerySet":
        """Neither acknowledged nor replaced: what still stands between us and the SAS."""
        return self.exclude(state__in=[DeliveryState.SENT, DeliveryState.OBSOLETE])

    def due(self, now: datetime) -> "DeliveryQuerySet":
        """Whose moment has come: planned ones, failed ones to try again, and those whose worker never came back."""
        again = models.Q(state=DeliveryState.RETRYING, next_attempt_at__lte=now)
        forsaken = models.Q(state=DeliveryState.CLAIMED, lease_until__lte=now)
        return self.filter(models.Q(state=DeliveryState.PLANNED) | again | forsaken)

    def whose_turn_it_is(self) -> "DeliveryQuerySet":
        """Without an earlier one of the same appointment that is still to be sent."""
        moving = [DeliveryState.PLANNED, DeliveryState.RETRYING, DeliveryState.CLAIMED]
        earlier = Delivery.objects.filter(
            appointment=models.OuterRef("appointment"), sequence__lt=models.OuterRef("sequence"), state__in=moving
        )
        return self.exclude(models.Exists(earlier))


class Delivery(models.Model):
    """The sending of one event. Per appointment strictly in order: see `interop.services.deliveries`.

    The regulator's identifier is the one at the time of the event: what is sent when the account has none any more.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.OneToOneField(AppointmentEvent, models.PROTECT, related_name="delivery", verbose_name="événement")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="deliveries", verbose_name="rendez-vous")
    # Repeats the event's, so that "the oldest of its appointment" is one index.
    sequence = models.PositiveIntegerField("rang")
    regulator_system = models.CharField("système du régulateur", max_length=40)
    regulator_value = models.CharField("identifiant du régulateur", max_length=200)
    state = models.CharField("état", max_length=10, choices=DeliveryState.choices, default=DeliveryState.PLANNED)
    attempts_count = models.PositiveIntegerField("essais", default=0)
    next_attempt_at = models.DateTimeField("prochain essai")
    give_up_at = models.DateTimeField("abandon après le")
    lease_until = models.DateTimeField("réservé jusqu’à", null=True, blank=True)
    created_at = models.DateTimeField("planifié le")
    sent_at = models.DateTimeField("transmis le", null=True, blank=True)
    cause = models.TextField(
        "cause", blank=True, help_text="Pourquoi le dernier essai n’a pas abouti, dans les mots du SAS."
    )

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
                condition=models.Q(state=DeliveryState.CLAIMED, lease_until__isnull=False)
                | (~models.Q(state=DeliveryState.CLAIMED) & models.Q(lease_until__isnull=True)),
                name="delivery_lease_iff_claimed",
            ),
            # Two workers never send for the same appointment at once: the order at the SAS would be the network's.
            models.UniqueConstraint(
                fields=["appointment"],
                condition=models.Q(state=DeliveryState.CLAIMED),
                name="delivery_one_claimed_per_appointment",
            ),
        ]

    def __str__(self) -> str:
        return f"Livraison {self.id}"

    @property
    def is_blocked(self) -> bool:
        return self.state == DeliveryState.BLOCKED

    def is_due(self, now: datetime) -> bool:
        """The same rule as `DeliveryQuerySet.due`, for a row at hand."""
        if self.state == DeliveryState.CLAIMED:
            return self.lease_until is not None and self.lease_until <= now
        if self.state == DeliveryState.RETRYING:
            return self.next_attempt_at <= now
        return self.state == DeliveryState.PLANNED


class DeliveryAttempt(models.Model):
    """One HTTP exchange with the SAS, written before it begins: a worker that dies meanwhile leaves it "unclear".

    No patient data: none leaves for the SAS.
    """

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="attempts", verbose_name="livraison")
    at = models.DateTimeField("le")
    method = models.CharField("méthode", max_length=4)
    url = models.CharField("adresse", max_length=1000)
    request_body = models.JSONField("demande")
    outcome = models.CharField("issue", max_length=10, choices=Outcome.choices, default=Outcome.UNCLEAR)
    status_code = models.PositiveSmallIntegerField("statut HTTP", null=True, blank=True)
    response_body = models.TextField("réponse", blank=True)
    error = models.CharField("erreur", max_length=300, blank=True)
    duration_ms = models.PositiveIntegerField("durée (ms)", default=0)

    class Meta:
        verbose_name = "essai"
        verbose_name_plural = "essais"
        ordering = ["-at", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(outcome__in=Outcome.values), name="attempt_known_outcome")
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.status_code or self.error}"
