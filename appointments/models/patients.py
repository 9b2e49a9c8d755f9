"""Patients: an organization's own files, apart from the visits. What they hold is never sent to the SAS, never logged, never in
an address.
"""

import uuid

from django.db import models

from accounts.models import Organization, Versioned
from accounts.models.constraints import CompositeForeignKey
from accounts.models.folding import folded
from appointments.enums import BirthPrecision, Identity, NoGivenName, NoPhone, Sex, Wish

# Whom the file names, and where they are reached; birth_date and its precision come and go together.
TEXTS = (
    "family_name", "given_name", "no_given_name", "birth_name", "birth_place", "sex", "phone", "no_phone", "email", "address",
    "nir", "practice_note",
)  # fmt: skip


class Patient(Versioned):
    """Somebody one organization knows. Another organization that receives the same person has a file of its own.

    What a regulator or a patient books makes a new, provisional one each time: `Appointment.given_as`.
    `merged_into`: the file that this one was found to be the same person as, and that stands for it since.
    `practice_note`: the practice's own words, which nobody else reads.
    An erased one is empty, and stays: visits that were still name it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="patients", editable=False)
    family_name = models.CharField("nom de famille", max_length=100, blank=True)
    given_name = models.CharField("prénom", max_length=100, blank=True)
    no_given_name = models.CharField("sans prénom", max_length=10, choices=NoGivenName.choices, blank=True)
    birth_name = models.CharField("nom de naissance", max_length=100, blank=True)
    family_name_folded = folded("family_name")
    given_name_folded = folded("given_name")
    birth_name_folded = folded("birth_name")
    birth_date = models.DateField("date de naissance", null=True, blank=True)
    birth_date_precision = models.CharField(
        "précision de la date de naissance",
        max_length=7,
        choices=BirthPrecision.choices,
        default=BirthPrecision.UNKNOWN,
    )
    birth_place = models.CharField("commune de naissance", max_length=100, blank=True)
    sex = models.CharField("sexe", max_length=10, choices=Sex.choices, blank=True)
    phone = models.CharField("téléphone", max_length=16, blank=True)
    no_phone = models.CharField("sans téléphone", max_length=10, choices=NoPhone.choices, blank=True)
    email = models.EmailField("e-mail", blank=True)
    address = models.CharField("adresse", max_length=300, blank=True)
    practice_note = models.TextField("note du cabinet", max_length=1000, blank=True, db_default="")
    nir = models.CharField("numéro de sécurité sociale", max_length=15, blank=True)
    identity = models.CharField("identité", max_length=11, choices=Identity.choices, default=Identity.PROVISIONAL)
    wish = models.CharField("messages", max_length=8, choices=Wish.choices, blank=True, default="", db_default="")
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="absorbed", editable=False, db_constraint=False
    )
    erased_at = models.DateTimeField("effacé le", null=True, editable=False)

    class Meta:
        verbose_name = "patient"
        verbose_name_plural = "patients"
        ordering = ["family_name_folded", "given_name_folded", "pk"]
        # How likely files are found; of the live ones.
        indexes = [
            models.Index(fields=["organization", field], name=name, condition=models.Q(erased_at__isnull=True))
            for field, name in [
                ("family_name_folded", "patient_by_family_name"),
                ("birth_name_folded", "patient_by_birth_name"),
                ("birth_date", "patient_by_birth_date"),
                ("phone", "patient_by_phone"),
            ]
        ]
        constraints = [
            # Target of composite foreign keys.
            models.UniqueConstraint(fields=["id", "organization"], name="patient_id_organization"),
            CompositeForeignKey(
                name="patient_merged_within_organization",
                fields=["merged_into", "organization"],
                to="appointments.Patient",
                to_fields=["id", "organization"],
            ),
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | ~models.Q(merged_into=models.F("id")),
                name="patient_merged_into_another",
            ),
            models.CheckConstraint(
                condition=models.Q(given_name="") | models.Q(no_given_name=""), name="patient_given_name_or_why_not"
            ),
            models.CheckConstraint(
                condition=models.Q(phone="") | models.Q(no_phone=""), name="patient_phone_or_why_not"
            ),
            models.CheckConstraint(condition=models.Q(identity__in=Identity.values), name="patient_known_identity"),
            models.CheckConstraint(
                condition=models.Q(birth_date_precision__in=BirthPrecision.values), name="patient_known_precision"
            ),
            models.CheckConstraint(
                condition=models.Q(birth_date__isnull=True, birth_date_precision=BirthPrecision.UNKNOWN)
                | (models.Q(birth_date__isnull=False) & ~models.Q(birth_date_precision=BirthPrecision.UNKNOWN)),
                name="patient_birth_date_has_precision",
            ),
            models.CheckConstraint(
                condition=models.Q(erased_at__isnull=True)
                | models.Q(birth_date__isnull=True, **dict.fromkeys(TEXTS, "")),
                name="patient_erased_is_empty",
            ),
        ]

    def __str__(self) -> str:
        # No name here: this text ends up in the admin's log and in error reports.
        return f"Patient {self.id}"

    @property
    def name(self) -> str:
        return "Patient effacé" if self.erased_at else f"{self.given_name} {self.family_name}".strip()

    @property
    def listed_name(self) -> str:
        """As lists and agendas have it: NOM Prénom."""
        return self.name if self.erased_at else f"{self.family_name.upper()} {self.given_name}".strip()

    @property
    def short_name(self) -> str:
        """Given name and initial: less than a full name over a shoulder."""
        if self.erased_at or not self.given_name:
            return self.name
        return f"{self.given_name} {self.family_name[:1]}."

    @property
    def initials(self) -> str:
        """Blank once erased."""
        return " ".join(f"{name[:1]}." for name in (self.given_name, self.family_name) if name).upper()
