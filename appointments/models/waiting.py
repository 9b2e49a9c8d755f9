"""Who waits for an earlier hour, and what was proposed to whom. What says who they are is emptied once they wait no more."""

import uuid
from datetime import datetime, time, timedelta
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.functional import cached_property

from accounts.models import ActedBy, Organization, acted_by_constraint
from accounts.models.constraints import CompositeForeignKey
from appointments.enums import ConsultationType, DayPart, OfferState, WaitingState
from appointments.models.booking import Appointment
from appointments.models.openings import Reason
from appointments.models.patients import Patient
from appointments.models.places import Schedule

# How many are asked about one hour that came free, one after the other.
MOST_ASKED = 3


class WaitingEntry(ActedBy):
    """Somebody waits for an hour that comes free at one of `schedules`, on these days and in that part of the day, until a day.

    `appointment`: the visit that they have and give back for an earlier one. `file`: of the practice's files the one it is for,
    as far as the practice said so. `details`: who comes and how they are reached, as typed. `person`: a digest by which the same
    person is known again. All four of them say something of somebody: they are emptied when the waiting ends.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", verbose_name="structure")
    schedules = models.ManyToManyField(Schedule, through="WaitingAt", related_name="+", verbose_name="agendas")
    reason = models.ForeignKey(
        Reason, models.CASCADE, null=True, related_name="+", verbose_name="motif", db_constraint=False
    )
    consultation_type = models.CharField("consultation", max_length=3, choices=ConsultationType.choices)
    # As ISO 8601 counts them: 1 is Monday.
    weekdays = ArrayField(models.PositiveSmallIntegerField(), verbose_name="jours")
    part = models.CharField("moment", max_length=10, choices=DayPart.choices, blank=True)
    # How long before the visit they have to know, at least.
    notice_hours = models.PositiveSmallIntegerField("délai (heures)")
    until = models.DateField("jusqu’au")
    appointment = models.ForeignKey(
        Appointment, models.CASCADE, null=True, related_name="waiting", verbose_name="rendez-vous à rendre"
    )
    file = models.ForeignKey(
        Patient, models.CASCADE, null=True, related_name="waiting", verbose_name="dossier", db_constraint=False
    )
    details: "models.JSONField[Any]" = models.JSONField("patient", null=True)
    person = models.CharField(max_length=64, blank=True)
    state = models.CharField("état", max_length=10, choices=WaitingState.choices, default=WaitingState.WAITING)
    registered_at = models.DateTimeField("inscrit le")

    class Meta:
        verbose_name = "inscription en liste d’attente"
        verbose_name_plural = "liste d’attente"
        # In this order they are asked.
        ordering = ["registered_at", "pk"]
        indexes: ClassVar = [models.Index(fields=["until"], name="waiting_to_forget")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["id", "organization"], name="waiting_id_organization"),
            models.UniqueConstraint(
                fields=["organization", "person", "reason"],
                condition=models.Q(state=WaitingState.WAITING),
                nulls_distinct=False,
                name="waiting_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state=WaitingState.WAITING, details__isnull=False)
                | (
                    ~models.Q(state=WaitingState.WAITING)
                    & models.Q(details__isnull=True, file__isnull=True, appointment__isnull=True, person="")
                ),
                name="waiting_ended_is_empty",
            ),
            models.CheckConstraint(condition=models.Q(state__in=WaitingState.values), name="waiting_known_state"),
            CompositeForeignKey(
                name="waiting_reason_organization",
                fields=["reason", "organization"],
                to="appointments.Reason",
                to_fields=["id", "organization"],
            ),
            CompositeForeignKey(
                name="waiting_file_organization",
                fields=["file", "organization"],
                to="appointments.Patient",
                to_fields=["id", "organization"],
            ),
            acted_by_constraint("waiting_actor"),
        ]

    def __str__(self) -> str:
        return f"Inscription {self.id}"

    @property
    def is_waiting(self) -> bool:
        return self.state == WaitingState.WAITING

    @cached_property
    def agendas(self) -> list[Schedule]:
        """Where they wait. One query."""
        rows = Schedule.objects.with_place().filter(waiting__entry=self)
        return list(rows.order_by("location__name__folded", "pk"))

    def as_visit(self) -> Appointment:
        """In the last minute of their waiting, at the first of its agendas, saved nowhere: what messages are written of."""
        last = datetime.combine(self.until, time(23, 59), tzinfo=self.agendas[0].location.zone)
        return self.visit_at(self.agendas[0], last, minutes=1)

    def visit_at(self, schedule: Schedule, start: datetime, *, minutes: int) -> Appointment:
        """Theirs, saved nowhere."""
        visit = Appointment(
            start=start,
            end=start + timedelta(minutes=minutes),
            consultation_type=self.consultation_type,
            contact_phone=self.contact["phone"],
            contact_email=self.contact["email"],
            patient=self.file or Patient(),
        )
        visit.at(schedule)
        return visit

    @property
    def contact(self) -> dict[str, str]:
        """Where they are written to: `phone`, `email`, blank where there is none."""
        patient = (self.details or {}).get("patient", {})
        return {name: patient.get(name, "") for name in ("phone", "email")}


class WaitingAt(models.Model):
    """One of the agendas at which somebody waits."""

    entry = models.ForeignKey(WaitingEntry, models.CASCADE, related_name="places", db_index=False, db_constraint=False)
    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="waiting", db_constraint=False)
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )

    class Meta:
        verbose_name = "agenda attendu"
        verbose_name_plural = "agendas attendus"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["entry", "schedule"], name="waiting_at_once"),
            CompositeForeignKey(
                name="waiting_at_entry_organization",
                fields=["entry", "organization"],
                to="appointments.WaitingEntry",
                to_fields=["id", "organization"],
                on_delete="CASCADE",
            ),
            CompositeForeignKey(
                name="waiting_at_schedule_organization",
                fields=["schedule", "organization"],
                to="appointments.Schedule",
                to_fields=["id", "organization"],
                on_delete="CASCADE",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.schedule_id}"


class WaitingLook(models.Model):
    """What an agenda at which somebody waits offered the public when it was last looked at, as [start, end) in seconds since
    1970, up to `reached`: what is there the next time, and was not, came free.
    """

    schedule = models.OneToOneField(Schedule, models.CASCADE, primary_key=True, related_name="+")
    free: "models.JSONField[Any]" = models.JSONField("heures libres", default=list)
    reached = models.DateTimeField("jusqu’à")

    class Meta:
        verbose_name = "dernier regard"
        verbose_name_plural = "derniers regards"

    def __str__(self) -> str:
        return str(self.schedule_id)


class FreedSlot(models.Model):
    """An hour that came free at an agenda, as long as it is and somebody may still be asked about it."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="+", db_index=False)
    start = models.DateTimeField("début")

    class Meta:
        verbose_name = "heure libérée"
        verbose_name_plural = "heures libérées"
        ordering = ["start"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["schedule", "start"], name="freed_slot_once")]

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M}"


class WaitingOffer(models.Model):
    """An hour proposed to somebody who waits: theirs until `until`, unless the practice or the regulation takes it.

    `turn`: the first, second or third who is asked about this hour (`freed`; null once it is that no more). `hold`: the token of
    the hold that hides it from other patients meanwhile. `cause`: why it was not to be had any more, in words.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    entry = models.ForeignKey(WaitingEntry, models.CASCADE, related_name="offers", verbose_name="inscription")
    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="+", verbose_name="agenda")
    freed = models.ForeignKey(FreedSlot, models.SET_NULL, null=True, related_name="offers", db_index=False)
    turn = models.PositiveSmallIntegerField("rang")
    start = models.DateTimeField("début")
    minutes = models.PositiveSmallIntegerField("durée (minutes)")
    hold = models.UUIDField("jeton", null=True)
    state = models.CharField("état", max_length=10, choices=OfferState.choices, default=OfferState.MADE)
    offered_at = models.DateTimeField("proposé le")
    until = models.DateTimeField("réponse jusqu’à")
    cause = models.CharField("cause", max_length=200, blank=True)
    appointment = models.OneToOneField(
        Appointment, models.SET_NULL, null=True, related_name="from_waiting", verbose_name="rendez-vous"
    )

    class Meta:
        verbose_name = "proposition"
        verbose_name_plural = "propositions"
        ordering = ["offered_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["entry"], condition=models.Q(state=OfferState.MADE), name="waiting_offer_one_for_a_person"
            ),
            models.UniqueConstraint(
                fields=["schedule", "start"],
                condition=models.Q(state=OfferState.MADE),
                name="waiting_offer_one_of_an_hour",
            ),
            models.UniqueConstraint(fields=["freed", "turn"], name="waiting_offer_one_a_turn"),
            models.UniqueConstraint(fields=["freed", "entry"], name="waiting_offer_asked_once"),
            models.CheckConstraint(condition=models.Q(turn__gte=1, turn__lte=MOST_ASKED), name="waiting_offer_turn"),
            models.CheckConstraint(condition=models.Q(until__lt=models.F("start")), name="waiting_offer_before_start"),
            models.CheckConstraint(condition=models.Q(state__in=OfferState.values), name="waiting_offer_known_state"),
        ]

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M}"

    @property
    def is_made(self) -> bool:
        return self.state == OfferState.MADE

    def as_visit(self) -> Appointment:
        """The visit that it would be, saved nowhere: what messages are written of."""
        return self.entry.visit_at(self.schedule, self.start, minutes=self.minutes)
