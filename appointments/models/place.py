"""Where care is given: organizations, their locations, and schedules (one practitioner at one place)."""

import uuid
from typing import ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models

from accounts.identifiers import ADELI_RANK, FINESS, RPPS_RANK, SIRET
from accounts.models import Practitioner
from accounts.models.practitioner import phone_format

# What could not be published is refused here, where somebody can correct it.
finess_format = RegexValidator(FINESS.whole, FINESS.told)
siret_format = RegexValidator(SIRET.whole, SIRET.told)
rpps_rank_format = RegexValidator(RPPS_RANK.whole, RPPS_RANK.told)
adeli_rank_format = RegexValidator(ADELI_RANK.whole, ADELI_RANK.told)
postal_code_format = RegexValidator(r"^[0-9]{5}\Z", "Le code postal compte 5 chiffres.")


def existing_time_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError("Ce fuseau horaire n’existe pas (exemple\u00a0: Europe/Paris).")


class Organization(models.Model):
    """A structure. Its identifier is what the SAS matches cards by: FINESS first, then SIRET, then an activity rank."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField("nom", max_length=200)
    finess = models.CharField("FINESS", max_length=9, blank=True, validators=[finess_format])
    siret = models.CharField("SIRET", max_length=14, blank=True, validators=[siret_format])
    rpps_rank = models.CharField("RPPS rang", max_length=14, blank=True, validators=[rpps_rank_format])
    adeli_rank = models.CharField("ADELI rang", max_length=14, blank=True, validators=[adeli_rank_format])

    patient_retention_days = models.PositiveIntegerField(
        "conservation des patients (jours)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Le patient est effacé d’un rendez-vous ce nombre de jours après lui. Vide\u00a0: la durée générale.",
    )

    class Meta:
        verbose_name = "structure"
        verbose_name_plural = "structures"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(finess="", siret="", rpps_rank="", adeli_rank=""),
                name="organization_has_identifier",
                violation_error_message="Le SAS reconnaît une structure à son FINESS, son SIRET ou son numéro d’activité.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Location(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="locations", verbose_name="structure")
    name = models.CharField("nom", max_length=200)
    line = models.CharField("adresse", max_length=200)
    postal_code = models.CharField("code postal", max_length=5, validators=[postal_code_format])
    city = models.CharField("ville", max_length=100)
    time_zone = models.CharField(
        "fuseau horaire", max_length=50, default="Europe/Paris", validators=[existing_time_zone]
    )
    phone = models.CharField("téléphone", max_length=16, blank=True, validators=[phone_format])

    class Meta:
        verbose_name = "lieu"
        verbose_name_plural = "lieux"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def full_address(self) -> str:
        return f"{self.line}, {self.postal_code} {self.city}"


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def with_place(self) -> "ScheduleQuerySet":
        """With everything needed to describe them, in the same query."""
        return self.select_related("practitioner", "location__organization")

    def open(self) -> "ScheduleQuerySet":
        return self.filter(active=True)


class Schedule(models.Model):
    """One practitioner at one place: the FHIR Schedule and its PractitionerRole."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    practitioner = models.ForeignKey(Practitioner, models.PROTECT, related_name="schedules", verbose_name="praticien")
    location = models.ForeignKey(Location, models.PROTECT, related_name="schedules", verbose_name="lieu")
    active = models.BooleanField("ouvert", default=True)

    objects: ClassVar[models.Manager["Schedule"]] = ScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = "agenda"
        verbose_name_plural = "agendas"
        ordering = ["practitioner__family_name", "location__name"]
        constraints = [
            models.UniqueConstraint(
                fields=["practitioner", "location"],
                name="schedule_once",
                violation_error_message="Ce praticien a déjà un agenda dans ce lieu.",
            ),
            # Target of the appointment's composite foreign key: its practitioner is its schedule's.
            models.UniqueConstraint(fields=["id", "practitioner"], name="schedule_id_practitioner"),
        ]

    def __str__(self) -> str:
        return f"{self.practitioner}, {self.location}"
