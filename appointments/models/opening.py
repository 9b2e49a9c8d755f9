"""When a practitioner receives (rules), for what (reasons), and when not (absences)."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts import french
from accounts.models import Practitioner
from appointments.enums import AppointmentType, ConsultationType, SlotType
from appointments.models.place import Schedule

WEEKDAYS = list(enumerate(french.WEEKDAYS, start=1))


class Reason(models.Model):
    """A reason for a visit, in the practitioner's own words."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practitioner = models.ForeignKey(Practitioner, models.CASCADE, related_name="reasons", verbose_name="praticien")
    label = models.CharField("libellé", max_length=100)
    active = models.BooleanField("proposé", default=True)

    class Meta:
        verbose_name = "motif"
        verbose_name_plural = "motifs"
        ordering = ["label"]
        constraints = [
            models.UniqueConstraint(
                fields=["practitioner", "label"], name="reason_once", violation_error_message="Ce motif existe déjà."
            )
        ]

    def __str__(self) -> str:
        return self.label


class AvailabilityRule(models.Model):
    """Weekly opening, in the place's wall-clock time. Without slot types its slots stay inside the practice."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="rules", verbose_name="agenda")
    weekdays = ArrayField(models.PositiveSmallIntegerField(choices=WEEKDAYS), verbose_name="jours")
    start_time = models.TimeField("de")
    end_time = models.TimeField("à", help_text="00:00 pour minuit, fin de journée.")
    slot_minutes = models.PositiveSmallIntegerField(
        "durée d’un créneau (minutes)", default=15, validators=[MinValueValidator(5), MaxValueValidator(240)]
    )
    slot_types = ArrayField(
        models.CharField(max_length=10, choices=SlotType.choices), verbose_name="montré à", default=list, blank=True
    )
    consultation_types = ArrayField(
        models.CharField(max_length=3, choices=ConsultationType.choices), verbose_name="consultation"
    )
    appointment_type = models.CharField(
        "venue", max_length=10, choices=AppointmentType.choices, default=AppointmentType.ROUTINE
    )
    reasons = models.ManyToManyField(Reason, blank=True, related_name="rules", verbose_name="motifs")
    first_day = models.DateField("à partir du", null=True, blank=True)
    last_day = models.DateField("jusqu’au", null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "règle d’ouverture"
        verbose_name_plural = "règles d’ouverture"
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(end_time__gt=models.F("start_time")) | models.Q(end_time="00:00"),
                name="rule_ends_after_start",
                violation_error_message="L’heure de fin vient après l’heure de début.",
            ),
            models.CheckConstraint(
                condition=models.Q(slot_minutes__gte=5, slot_minutes__lte=240),
                name="rule_slot_minutes",
                violation_error_message="Un créneau dure de 5 minutes à 4 heures.",
            ),
            models.CheckConstraint(
                condition=models.Q(weekdays__len__gt=0, weekdays__contained_by=[1, 2, 3, 4, 5, 6, 7]),
                name="rule_weekdays",
                violation_error_message="Choisissez au moins un jour.",
            ),
            models.CheckConstraint(
                condition=models.Q(slot_types__contained_by=SlotType.values),
                name="rule_slot_types",
                violation_error_message="Type de créneau inconnu.",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    consultation_types__len__gt=0, consultation_types__contained_by=ConsultationType.values
                ),
                name="rule_consultation_types",
                violation_error_message="Choisissez au moins un type de consultation.",
            ),
            models.CheckConstraint(
                condition=models.Q(first_day__isnull=True)
                | models.Q(last_day__isnull=True)
                | models.Q(last_day__gte=models.F("first_day")),
                name="rule_days_in_order",
                violation_error_message="Le dernier jour ne peut pas précéder le premier.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.schedule}, {self.start_time:%H:%M}–{self.end_time:%H:%M}"


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def overlapping(self, start: object, end: object) -> "AbsenceQuerySet":
        return self.filter(start__lt=end, end__gt=start)


class Absence(models.Model):
    """The practitioner is nowhere to be booked from `start` to `end`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practitioner = models.ForeignKey(Practitioner, models.CASCADE, related_name="absences", verbose_name="praticien")
    start = models.DateTimeField("du")
    end = models.DateTimeField("au")
    label = models.CharField("motif", max_length=100, blank=True)

    objects: ClassVar[models.Manager["Absence"]] = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = "absence"
        verbose_name_plural = "absences"
        ordering = ["start"]
        indexes = [models.Index(fields=["practitioner", "end", "start"], name="absence_by_practitioner")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(end__gt=models.F("start")),
                name="absence_ends_after_start",
                violation_error_message="La fin de l’absence vient après son début.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.practitioner}, {self.label or 'absence'}"
