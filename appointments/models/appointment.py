"""Booked appointments. The exclusion constraint on the practitioner is the last word against double booking."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models

from accounts.models import Practitioner, Regulator, User
from appointments.enums import AppointmentType, BookedVia, ConsultationType, Sex, Status
from appointments.models.opening import Reason
from appointments.models.place import Schedule

if TYPE_CHECKING:
    from accounts.rights import Actor


class _Period(models.Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class PatientDetails(models.Model):
    """The patient as given at booking. It belongs to the practice: never sent to the SAS, never logged, never in an address."""

    family_name = models.CharField("nom de famille", max_length=100)
    given_name = models.CharField("prénom", max_length=100)
    birth_date = models.DateField("date de naissance")
    sex = models.CharField("sexe", max_length=10, choices=Sex.choices)
    phone = models.CharField("téléphone", max_length=16)
    email = models.EmailField("e-mail", blank=True)
    birth_name = models.CharField("nom de naissance", max_length=100, blank=True)
    birth_place = models.CharField("commune de naissance", max_length=100, blank=True)
    nir = models.CharField("numéro de sécurité sociale", max_length=15, blank=True)
    address = models.CharField("adresse", max_length=300, blank=True)
    note = models.TextField("message pour le praticien", max_length=1000, blank=True)

    class Meta:
        abstract = True

    @property
    def patient_name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def patient_short_name(self) -> str:
        """Given name and initial: enough for an agenda's block, less than a full name over a shoulder."""
        return f"{self.given_name} {self.family_name[:1]}."

    @property
    def patient_initials(self) -> str:
        return f"{self.given_name[:1]}. {self.family_name[:1]}.".upper()


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def standing(self) -> "AppointmentQuerySet":
        """Those that hold their time: everything but the cancelled."""
        return self.exclude(status=Status.CANCELLED)

    def overlapping(self, start: datetime, end: datetime) -> "AppointmentQuerySet":
        """Those that share a moment with [start, end), which is not empty.

        Asked as periods, of the `standing()` ones: then PostgreSQL goes through the index of the constraint below. Asked by
        start and end it reads all appointments there ever were (bench/growth.py).
        """
        period = _Period("start", "end", RangeBoundary())
        return self.alias(period=period).filter(period__overlap=(start, end))

    def visible_to(self, actor: "Actor") -> "AppointmentQuerySet":
        """Regulators see what they booked themselves, practices their own practitioners' appointments."""
        if actor.regulator is not None:
            return self.filter(booked_by_regulator=actor.regulator)
        return self.kept_by(actor)

    def kept_by(self, actor: "Actor") -> "AppointmentQuerySet":
        """Those in the agendas this person keeps. A regulator keeps none."""
        return self.filter(practitioner_id__in=actor.practitioner_ids)

    def with_context(self) -> "AppointmentQuerySet":
        """With everything a page about them shows, in the same query."""
        return self.select_related(
            "practitioner", "schedule__location__organization", "reason", "booked_by_regulator", "booked_by_user"
        )


class Appointment(PatientDetails):
    """`practitioner` repeats the schedule's: the exclusion needs it, a composite foreign key keeps it true (migration 0002).

    `version` grows with each event; a form that was opened on an older version is refused. `request_id` names the form that
    booked: sending it twice books once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    schedule = models.ForeignKey(Schedule, models.PROTECT, related_name="appointments", verbose_name="agenda")
    practitioner = models.ForeignKey(
        Practitioner, models.PROTECT, related_name="appointments", verbose_name="praticien"
    )
    start = models.DateTimeField("début")
    end = models.DateTimeField("fin")
    status = models.CharField("statut", max_length=10, choices=Status.choices, default=Status.BOOKED)
    consultation_type = models.CharField("consultation", max_length=3, choices=ConsultationType.choices)
    appointment_type = models.CharField(
        "venue", max_length=10, choices=AppointmentType.choices, default=AppointmentType.ROUTINE
    )
    reason = models.ForeignKey(Reason, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="motif")
    booked_via = models.CharField("pris par", max_length=10, choices=BookedVia.choices)
    booked_by_regulator = models.ForeignKey(
        Regulator, models.PROTECT, null=True, blank=True, related_name="appointments", verbose_name="régulateur"
    )
    booked_by_user = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="compte"
    )
    created_at = models.DateTimeField("pris le", auto_now_add=True)
    version = models.PositiveIntegerField(default=0, editable=False)
    # The patient's details were erased then, their time being over: what stands in their place means nothing.
    patient_erased_at = models.DateTimeField("patient effacé le", null=True, editable=False)

    objects: ClassVar[models.Manager["Appointment"]] = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = "rendez-vous"
        verbose_name_plural = "rendez-vous"
        ordering = ["start"]
        indexes = [
            models.Index(fields=["practitioner", "start"], name="appointment_by_practitioner"),
            models.Index(fields=["booked_by_regulator", "start"], name="appointment_by_regulator"),
            # Retention takes the oldest first and stops at the first one that is not over.
            models.Index(
                fields=["end", "id"], condition=models.Q(patient_erased_at__isnull=True), name="appointment_to_erase"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(end__gt=models.F("start")),
                name="appointment_ends_after_start",
                violation_error_message="La fin du rendez-vous vient après son début.",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=Status.values),
                name="appointment_known_status",
            ),
            models.CheckConstraint(
                condition=models.Q(booked_via=BookedVia.REGULATOR, booked_by_regulator__isnull=False)
                | (~models.Q(booked_via=BookedVia.REGULATOR) & models.Q(booked_by_regulator__isnull=True)),
                name="appointment_regulator_iff_via_regulator",
            ),
            ExclusionConstraint(
                name="appointment_no_double_booking",
                expressions=[
                    ("practitioner", RangeOperators.EQUAL),
                    (_Period("start", "end", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
                condition=~models.Q(status=Status.CANCELLED),
                violation_error_message="Ce praticien a déjà un rendez-vous à ce moment.",
            ),
        ]

    def __str__(self) -> str:
        # No patient here: this text ends up in the admin's log and in error reports.
        return f"Rendez-vous {self.id}"

    @property
    def minutes(self) -> int:
        return int((self.end - self.start).total_seconds() // 60)

    @property
    def is_booked(self) -> bool:
        return self.status == Status.BOOKED

    @property
    def is_cancelled(self) -> bool:
        return self.status == Status.CANCELLED
