"""What was corrected of a patient: which fields, by whom; what they held before, for as long as the patient is kept. And which
files were found to be one person's.
"""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import ActedBy, Organization, acted_by_constraint
from accounts.models.constraints import CompositeForeignKey
from appointments.models.booking import Appointment
from appointments.models.patients import Patient


class PatientEvent(ActedBy):
    """One correction. A trigger refuses UPDATE, DELETE and TRUNCATE (migration `triggers`): it holds names of fields only.

    `appointment`: the visit whose own contacts were corrected; null when the file was.
    """

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="events", verbose_name="patient")
    appointment = models.ForeignKey(
        Appointment, models.PROTECT, null=True, related_name="corrections", verbose_name="rendez-vous"
    )
    fields = ArrayField(models.CharField(max_length=30), verbose_name="champs")
    at = models.DateTimeField("le")

    class Meta:
        verbose_name = "correction d’un patient"
        verbose_name_plural = "corrections de patients"
        ordering = ["patient", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(fields__len__gt=0), name="patient_event_of_some_field"),
            acted_by_constraint("patient_event_actor"),
        ]

    def __str__(self) -> str:
        return f"Correction {self.pk}"


class PatientFormerValue(models.Model):
    """What a field held before, as text. Deleted when the patient is erased."""

    event = models.ForeignKey(PatientEvent, models.PROTECT, related_name="former_values")
    field = models.CharField("champ", max_length=30)
    value = models.TextField("avant", blank=True)

    class Meta:
        verbose_name = "ancienne valeur"
        verbose_name_plural = "anciennes valeurs"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "field"], name="patient_former_value_once"),
        ]

    def __str__(self) -> str:
        return self.field


class PatientMerge(ActedBy):
    """Two files were found to be of one person: `absorbed` names `kept` since, and its visits are `kept`'s.

    `moved`: these visits' ids; `kept_before`: what the kept file held where it took something of the other. Undone last in,
    first out; `undone_at` says when, `undone_by_name` who.
    """

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", editable=False)
    kept = models.ForeignKey(
        Patient, models.PROTECT, related_name="merges", verbose_name="dossier gardé", db_constraint=False
    )
    absorbed = models.ForeignKey(
        Patient, models.PROTECT, related_name="+", verbose_name="dossier absorbé", db_constraint=False
    )
    moved = ArrayField(models.UUIDField(), verbose_name="rendez-vous déplacés")
    kept_before = models.JSONField("avant", default=dict)
    at = models.DateTimeField("le")
    undone_at = models.DateTimeField("défait le", null=True)
    undone_by_name = models.CharField("défait par", max_length=250, blank=True, db_default="")

    class Meta:
        verbose_name = "fusion de dossiers"
        verbose_name_plural = "fusions de dossiers"
        ordering = ["pk"]
        constraints: ClassVar = [
            CompositeForeignKey(
                name="patient_merge_kept_of_organization",
                fields=["kept", "organization"],
                to="appointments.Patient",
                to_fields=["id", "organization"],
            ),
            CompositeForeignKey(
                name="patient_merge_absorbed_of_organization",
                fields=["absorbed", "organization"],
                to="appointments.Patient",
                to_fields=["id", "organization"],
            ),
            models.CheckConstraint(condition=~models.Q(kept=models.F("absorbed")), name="patient_merge_of_two"),
            models.UniqueConstraint(
                fields=["absorbed"], condition=models.Q(undone_at__isnull=True), name="patient_merge_absorbed_once"
            ),
            acted_by_constraint("patient_merge_actor"),
        ]

    def __str__(self) -> str:
        return f"Fusion {self.pk}"


class TwoPersons(ActedBy):
    """Two files that look alike were found to be of two persons: nobody is asked again. `one` has the lower key."""

    organization = models.ForeignKey(Organization, models.PROTECT, related_name="+", editable=False)
    one = models.ForeignKey(Patient, models.PROTECT, related_name="+", verbose_name="dossier", db_constraint=False)
    other = models.ForeignKey(
        Patient, models.PROTECT, related_name="+", verbose_name="autre dossier", db_constraint=False
    )
    at = models.DateTimeField("le")

    class Meta:
        verbose_name = "deux personnes"
        verbose_name_plural = "deux personnes"
        ordering = ["pk"]
        constraints: ClassVar = [
            CompositeForeignKey(
                name="two_persons_one_of_organization",
                fields=["one", "organization"],
                to="appointments.Patient",
                to_fields=["id", "organization"],
            ),
            CompositeForeignKey(
                name="two_persons_other_of_organization",
                fields=["other", "organization"],
                to="appointments.Patient",
                to_fields=["id", "organization"],
            ),
            models.CheckConstraint(condition=models.Q(one__lt=models.F("other")), name="two_persons_in_order"),
            models.UniqueConstraint(fields=["one", "other"], name="two_persons_once"),
            acted_by_constraint("two_persons_actor"),
        ]

    def __str__(self) -> str:
        return f"Deux personnes {self.pk}"
