"""What is owed to the SAS (INT_R03): one delivery per event of an appointment booked by a regulator, and its attempts.

Beside it, how the SAS's server is doing (`SasCircuit`), and what the SAS called us for (`InboundCall`, INT_R02).
"""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models

from accounts.models import Regulator
from appointments.models import Appointment, AppointmentEvent
from interop.enums import OPEN_STATES, STATES_TO_SEND, CallResult, DeliveryState, Outcome
from outbox.models import OutboxQuerySet, OutboxRow


class DeliveryQuerySet(OutboxQuerySet["Delivery"]):
    def open(self) -> "DeliveryQuerySet":
        """Neither acknowledged nor replaced: what still stands between us and the SAS."""
        return self.filter(state__in=OPEN_STATES)

    def whose_turn_it_is(self) -> "DeliveryQuerySet":
        """Without an earlier one of the same appointment that is still to be sent."""
        earlier = Delivery.objects.to_send().filter(
            appointment=models.OuterRef("appointment"), sequence__lt=models.OuterRef("sequence")
        )
        return self.exclude(models.Exists(earlier))


class Delivery(OutboxRow):
    """The sending of one event. Per appointment strictly in order: see `interop.services.deliveries`.

    The regulator's identifier is the one at the time of the event: what is sent when the account has none any more.
    """

    TO_SEND = STATES_TO_SEND
    AT_ONCE = [DeliveryState.PLANNED]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    event = models.OneToOneField(AppointmentEvent, models.PROTECT, related_name="delivery", verbose_name="événement")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="deliveries", verbose_name="rendez-vous")
    # Repeats the event's, so that "the oldest of its appointment" is one index.
    sequence = models.PositiveIntegerField("rang")
    regulator_system = models.CharField("système du régulateur", max_length=40)
    regulator_value = models.CharField("identifiant du régulateur", max_length=200)
    state = models.CharField("état", max_length=10, choices=DeliveryState.choices, default=DeliveryState.PLANNED)
    give_up_at = models.DateTimeField("abandon après le")
    created_at = models.DateTimeField("planifié le")
    sent_at = models.DateTimeField("transmis le", null=True, blank=True)

    objects: ClassVar[models.Manager["Delivery"]] = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "livraison au SAS"
        verbose_name_plural = "livraisons au SAS"
        ordering = ["-created_at"]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(state__in=STATES_TO_SEND),
                name="delivery_to_send",
            ),
            models.Index(fields=["-created_at"], name="delivery_by_time"),
            # Few, whatever was sent in the years before.
            models.Index(
                fields=["state", "created_at"], condition=models.Q(state__in=OPEN_STATES), name="delivery_open"
            ),
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

    @property
    def is_over(self) -> bool:
        """Acknowledged or replaced: nothing follows."""
        return self.state in {DeliveryState.SENT, DeliveryState.OBSOLETE}


class DeliveryAttempt(models.Model):
    """One HTTP exchange with the SAS, written before it begins: a worker that dies meanwhile leaves it "unclear".

    No patient data: none leaves for the SAS.
    """

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="exchanges", verbose_name="livraison")
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


class SasCircuit(models.Model):
    """How one of the SAS's servers is doing: the memory that all workers share (see `interop.services.circuit`).

    Closed while `opened_at` is null. Open, nothing is called before `probe_at`, then one probe at a time: whoever holds
    `probing_until` is making it.
    """

    server = models.CharField("adresse", max_length=500, unique=True, help_text="Comme SAS_FHIR_URL la donne.")
    failures = models.PositiveIntegerField("échecs de suite", default=0)
    opened_at = models.DateTimeField("suspendu depuis le", null=True, blank=True)
    probe_at = models.DateTimeField("prochain essai", null=True, blank=True)
    failed_probes = models.PositiveIntegerField("essais sans succès", default=0)
    probing_until = models.DateTimeField("essai en cours jusqu’à", null=True, blank=True)
    # The latest moment a Retry-After asked to wait for.
    asked_until = models.DateTimeField("attente demandée jusqu’à", null=True, blank=True)
    last_failure_at = models.DateTimeField("dernier échec le", null=True, blank=True)
    last_cause = models.TextField("cause du dernier échec", blank=True)
    last_outcome = models.CharField("issue du dernier échec", max_length=10, blank=True)
    closed_at = models.DateTimeField("rétabli le", null=True, blank=True)

    class Meta:
        verbose_name = "liaison avec le SAS"
        verbose_name_plural = "liaisons avec le SAS"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(opened_at__isnull=True, probe_at__isnull=True, probing_until__isnull=True)
                | models.Q(opened_at__isnull=False, probe_at__isnull=False, last_failure_at__isnull=False),
                name="circuit_probes_iff_open",
            )
        ]

    def __str__(self) -> str:
        return self.server

    @property
    def is_open(self) -> bool:
        return self.opened_at is not None

    @property
    def is_barred(self) -> bool:
        """Open for a cause that somebody has to cure: our certificate, our rights or the address."""
        return self.is_open and self.last_outcome == Outcome.BARRED

    def refuses(self, now: datetime) -> bool:
        """Whether nothing may be called now. After a clock that went back, the wait is over rather than endless.

        (A little back is only another worker, whose "now" is from before the last failure was written down.)
        """
        if self.probe_at is None or self.last_failure_at is None:
            return False
        waiting = self.last_failure_at - timedelta(minutes=2) <= now < self.probe_at
        return waiting or (self.probing_until is not None and now < self.probing_until)


class InboundCall(models.Model):
    """One call of the SAS about a regulator's account (INT_R02): what became of it, without saying who it was about.

    Neither names nor addresses nor the body: the identifier is masked, the account is pointed to while it exists. Kept
    for `interop.services.inbound.KEPT`. Slot searches are not written down.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField("reçu le")
    method = models.CharField("méthode", max_length=4)
    route = models.CharField("adresse", max_length=100)
    result = models.CharField("résultat", max_length=10, choices=CallResult.choices)
    status_code = models.PositiveSmallIntegerField("statut HTTP")
    identifier = models.CharField("identifiant masqué", max_length=40, blank=True)
    # Issue code and element of what was refused: never a value.
    fault = models.CharField("défaut", max_length=30, blank=True)
    element = models.CharField("élément", max_length=200, blank=True)
    caller = models.CharField("certificat", max_length=200, blank=True)
    regulator = models.ForeignKey(
        Regulator, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="compte"
    )
    duration_ms = models.PositiveIntegerField("durée (ms)")

    class Meta:
        verbose_name = "appel reçu"
        verbose_name_plural = "appels reçus"
        ordering = ["-at", "-id"]
        indexes: ClassVar = [models.Index(fields=["at"], name="inbound_by_time")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(result__in=CallResult.values), name="inbound_known_result")
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.route} {self.status_code}"
