"""Regulators: accounts that the SAS creates, changes and withdraws (INT_R02), and what they accepted."""

import uuid
from typing import ClassVar

from django.db import models

from accounts.enums import IdentifierSystem
from accounts.models.folding import Spelled
from accounts.models.user import User


class RegulatorQuerySet(models.QuerySet["Regulator"]):
    def active(self) -> "RegulatorQuerySet":
        return self.filter(active=True)

    def identified_by(self, system: str | None, value: str) -> "RegulatorQuerySet":
        """Those who bear this identifier now, or bore it before, however it is spelled. Without a system: in any."""
        wanted = models.Q(identifiers__value__spelled=value)
        if system is not None:
            wanted &= models.Q(identifiers__system=system)
        return self.filter(wanted).distinct()


class Regulator(models.Model):
    """The SAS decides who is one: nothing here is edited by hand.

    `user` is the row that signs in. It is shared when the same person also has an agenda; a withdrawn regulator has none.
    `session_epoch` is copied into each session and grows at withdrawal, which ends them all at once. `sas_subject`: who they are
    at the SAS's sign-in (`sub`), noted when they first came by their e-mail; from then on nobody else does.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(
        User, models.SET_NULL, null=True, blank=True, related_name="regulator", verbose_name="compte"
    )
    family_name = models.CharField("nom", max_length=100)
    given_name = models.CharField("prénom", max_length=100)
    email = models.EmailField("adresse e-mail")
    active = models.BooleanField("habilité", default=True)
    sas_subject = models.CharField(
        "identifiant chez le SAS (sub)", max_length=255, blank=True, db_default="", editable=False
    )
    session_epoch = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField("créé le", auto_now_add=True)
    updated_at = models.DateTimeField("modifié le", auto_now=True)
    withdrawn_at = models.DateTimeField("retiré le", null=True, blank=True)

    objects: ClassVar[models.Manager["Regulator"]] = RegulatorQuerySet.as_manager()

    class Meta:
        verbose_name = "régulateur"
        verbose_name_plural = "régulateurs"
        ordering = ["family_name__folded", "given_name__folded"]
        constraints = [
            # A withdrawn account frees its address.
            models.UniqueConstraint(
                fields=["email"],
                condition=models.Q(active=True),
                name="regulator_email_once_among_active",
                violation_error_message="Un régulateur habilité a déjà cette adresse.",
            ),
            models.UniqueConstraint(
                fields=["sas_subject"], condition=~models.Q(sas_subject=""), name="regulator_subject_once"
            ),
            models.CheckConstraint(
                condition=models.Q(active=False) | models.Q(user__isnull=False),
                name="regulator_active_can_sign_in",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def initials(self) -> str:
        return (self.given_name[:1] + self.family_name[:1]).upper()

    @property
    def current_identifier(self) -> "RegulatorIdentifier | None":
        """The identifier the SAS knows this account by; None once another account took it over."""
        return next((identifier for identifier in self.identifiers.all() if identifier.current), None)


class RegulatorIdentifier(models.Model):
    """An identifier an account has or had. One row per identifier for the whole table: two accounts never share one.

    `value` is as the SAS wrote it last, since it is sent back so; it is compared `Spelled`.
    """

    regulator = models.ForeignKey(Regulator, models.CASCADE, related_name="identifiers", verbose_name="régulateur")
    system = models.CharField("système", max_length=40, choices=IdentifierSystem.choices)
    value = models.CharField("valeur", max_length=200)
    current = models.BooleanField("en cours", default=True)
    since = models.DateTimeField("depuis le", auto_now_add=True)

    class Meta:
        verbose_name = "identifiant de régulateur"
        verbose_name_plural = "identifiants de régulateur"
        ordering = ["-current", "-since"]
        constraints = [
            models.UniqueConstraint("system", Spelled("value"), name="regulator_identifier_once"),
            models.UniqueConstraint(
                fields=["regulator"], condition=models.Q(current=True), name="regulator_one_current_identifier"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system}|{self.value}"


class TermsAcceptance(models.Model):
    """A regulator accepted a version of the terms of use (CGU)."""

    regulator = models.ForeignKey(Regulator, models.CASCADE, related_name="terms", verbose_name="régulateur")
    version = models.CharField("version", max_length=20)
    accepted_at = models.DateTimeField("acceptée le", auto_now_add=True)

    class Meta:
        verbose_name = "acceptation des CGU"
        verbose_name_plural = "acceptations des CGU"
        constraints = [models.UniqueConstraint(fields=["regulator", "version"], name="terms_accepted_once")]

    def __str__(self) -> str:
        return f"{self.regulator}\u00a0: CGU {self.version}"
