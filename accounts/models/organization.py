"""Organizations: who keeps agendas, and what the SAS knows a structure by."""

import uuid

from django.core.validators import MinValueValidator, RegexValidator
from django.db import models

from accounts.enums import OrganizationKind
from accounts.models.formats import phone_format
from accounts.models.versioned import Versioned

# The shapes that the border publishes (interop.fhir.identifiers): what it would pass over is refused here, where somebody
# can correct it. A second character of Corsica is A or B.
finess_format = RegexValidator(
    r"^[0-9][0-9AB][0-9]{7}\Z", "Le FINESS compte 9 chiffres (en Corse, 2A ou 2B), sans préfixe."
)
siret_format = RegexValidator(r"^[0-9]{14}\Z", "Le SIRET compte 14 chiffres, sans préfixe.")
rpps_rank_format = RegexValidator(
    r"^[0-35-9][0-9]{9,13}\Z", "Le RPPS rang compte 10 à 14 chiffres, sans son préfixe 4."
)
adeli_rank_format = RegexValidator(
    r"^[0-9][0-9AB][0-9]{7}([0-9]{2})?\Z", "L’ADELI rang compte 9 ou 11 chiffres (en Corse, 2A ou 2B), sans préfixe."
)


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

    class Meta:
        verbose_name = "structure"
        verbose_name_plural = "structures"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=OrganizationKind.values), name="organization_known_kind"
            ),
            # Target of the offers' composite foreign key: a community is one.
            models.UniqueConstraint(fields=["id", "kind"], name="organization_id_kind"),
        ]

    def __str__(self) -> str:
        return self.name
