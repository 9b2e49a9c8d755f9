"""Organizations: who keeps agendas, and what the SAS knows a structure by."""

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from accounts.enums import OrganizationKind
from accounts.identifiers import ADELI_RANK, FINESS, RPPS_RANK, SIRET
from accounts.models.formats import phone_format
from accounts.models.versioned import Versioned

LONGEST_CUTOFF = 168  # hours: a week
# What could not be published is refused here, where somebody can correct it.
finess_format = RegexValidator(FINESS.whole, FINESS.told)
siret_format = RegexValidator(SIRET.whole, SIRET.told)
rpps_rank_format = RegexValidator(RPPS_RANK.whole, RPPS_RANK.told)
adeli_rank_format = RegexValidator(ADELI_RANK.whole, ADELI_RANK.told)


class StructureIdentifier(models.Model):
    """What the SAS matches cards by: FINESS first, then SIRET, then an activity rank. Bare numbers, shown prefixed."""

    finess = models.CharField("FINESS", max_length=9, blank=True, validators=[finess_format])
    siret = models.CharField("SIRET", max_length=14, blank=True, validators=[siret_format])
    rpps_rank = models.CharField("RPPS rang", max_length=14, blank=True, validators=[rpps_rank_format])
    adeli_rank = models.CharField("ADELI rang", max_length=14, blank=True, validators=[adeli_rank_format])

    class Meta:
        abstract = True

    @property
    def has_structure_identifier(self) -> bool:
        return bool(self.finess or self.siret or self.rpps_rank or self.adeli_rank)


class Organization(StructureIdentifier, Versioned):
    """A practice, a centre, an association or a community: the tenant that everything of an agenda belongs to."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(
        "nature", max_length=12, choices=OrganizationKind.choices, default=OrganizationKind.PRACTICE
    )
    name = models.CharField("nom", max_length=200)
    phone = models.CharField("téléphone", max_length=16, blank=True, validators=[phone_format])
    patient_retention_days = models.PositiveIntegerField(
        "conservation des patients (jours)",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Le patient est effacé d’un rendez-vous ce nombre de jours après lui. Vide\u00a0: la durée générale.",
    )
    # What is shown to the public may be booked by patients themselves, on our own pages.
    online_booking = models.BooleanField("réservation en ligne", default=True, db_default=True)
    online_cutoff_hours = models.PositiveSmallIntegerField(
        "déplacé ou annulé en ligne jusqu’à (heures avant)",
        default=12,
        db_default=12,
        validators=[MaxValueValidator(LONGEST_CUTOFF)],
    )

    class Meta:
        verbose_name = "structure"
        verbose_name_plural = "structures"
        ordering = ["name__folded"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=OrganizationKind.values), name="organization_known_kind"
            ),
            # Target of the offers' composite foreign key: a community is one.
            models.UniqueConstraint(fields=["id", "kind"], name="organization_id_kind"),
        ]

    def __str__(self) -> str:
        return self.name
