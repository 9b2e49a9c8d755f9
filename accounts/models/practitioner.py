"""Practitioners."""

import re
import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models

from accounts.enums import Profession, specialties
from accounts.identifiers import ADELI, RPPS, practitioner_number
from accounts.models.formats import phone_format
from accounts.models.user import User
from accounts.models.versioned import Versioned

rpps_format = RegexValidator(RPPS.whole, RPPS.told)
adeli_format = RegexValidator(ADELI.whole, ADELI.told)


class PractitionerQuerySet(models.QuerySet["Practitioner"]):
    def identified_by(self, rpps: set[str], adeli: set[str]) -> "PractitionerQuerySet":
        """Those who bear one of these bare national numbers."""
        return self.filter(models.Q(rpps__in=rpps) | models.Q(adeli__in=adeli))


class Practitioner(Versioned):
    """A health professional who receives patients. National numbers are stored bare and shown prefixed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(
        User, models.SET_NULL, null=True, blank=True, related_name="practitioner", verbose_name="compte"
    )
    title = models.CharField("civilité", max_length=20, blank=True, default="Dr")
    family_name = models.CharField("nom", max_length=100)
    given_name = models.CharField("prénom", max_length=100)
    rpps = models.CharField("RPPS", max_length=11, unique=True, null=True, blank=True, validators=[rpps_format])
    adeli = models.CharField("ADELI", max_length=9, unique=True, null=True, blank=True, validators=[adeli_format])
    # Dentists and midwives have no specialty code.
    profession = models.CharField("profession", max_length=2, choices=Profession.choices, default=Profession.PHYSICIAN)
    specialty_codes = ArrayField(
        models.CharField(max_length=10),
        verbose_name="spécialités",
        default=list,
        blank=True,
        help_text="Codes TRE_R38, par exemple SM54.",
    )
    phone = models.CharField("téléphone", max_length=16, blank=True, validators=[phone_format])
    practical_information = models.TextField(
        "à savoir",
        blank=True,
        max_length=1000,
        help_text="Lu par le régulateur\u00a0: accès, paiement, documents à apporter.",
    )

    objects: ClassVar[models.Manager["Practitioner"]] = PractitionerQuerySet.as_manager()

    class Meta:
        verbose_name = "praticien"
        verbose_name_plural = "praticiens"
        ordering = ["family_name__folded", "given_name__folded"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(profession__in=Profession.values), name="practitioner_profession"
            ),
            models.CheckConstraint(
                condition=models.Q(rpps__isnull=False) | models.Q(adeli__isnull=False),
                name="practitioner_has_national_number",
                violation_error_message="Un praticien a un numéro RPPS ou ADELI.",
            ),
            models.CheckConstraint(
                condition=models.Q(rpps__isnull=True) | models.Q(rpps__regex=RPPS.whole),
                name="practitioner_rpps_bare",
                violation_error_message=RPPS.told,
            ),
            models.CheckConstraint(
                condition=models.Q(adeli__isnull=True) | models.Q(adeli__regex=ADELI.whole),
                name="practitioner_adeli_bare",
                violation_error_message=ADELI.told,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.title, self.given_name, self.family_name) if part)

    @property
    def initials(self) -> str:
        return (self.given_name[:1] + self.family_name[:1]).upper()

    @property
    def national_id(self) -> str:
        """As the SAS writes it, prefixed."""
        return practitioner_number(rpps=self.rpps, adeli=self.adeli)

    @property
    def specialty_labels(self) -> list[str]:
        """As people say them: the nomenclature ends each label with its list's code, « (SM) »."""
        return [re.sub(r" \([A-Z]+\)$", "", specialties().get(code, code)) for code in self.specialty_codes]

    @property
    def discipline(self) -> str:
        """What they do: their specialties, or their profession where they have none."""
        return ", ".join(self.specialty_labels) or str(self.get_profession_display())

    def clean(self) -> None:
        # The admin hands over "", which UNIQUE would let in once only.
        self.rpps = self.rpps or None
        self.adeli = self.adeli or None
