"""Somebody is invited to an organization by e-mail: who, as what, to which agendas, and until when the link serves."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower

from accounts.enums import NoticeState, Role
from accounts.models.access import GRANTABLE
from accounts.models.acting import ActedBy, acted_by_constraint
from accounts.models.organization import Organization
from accounts.models.practitioner import Practitioner
from accounts.models.user import User
from outbox.models import OutboxQuerySet, OutboxRow


class InvitationQuerySet(OutboxQuerySet["Invitation"]):
    def pending(self) -> "InvitationQuerySet":
        """Neither accepted nor withdrawn; those whose link has expired included: they can be sent again."""
        return self.filter(accepted_at=None, withdrawn_at=None)


class Invitation(OutboxRow, ActedBy):
    """The mail with the link is sent by a worker (`OutboxRow`), once for each `serial`; only the link of the last one serves.

    By whom: who invites, a user or (the product) an operator's command. `practitioner`: whom the invited is, where they are one.
    """

    TO_SEND = [NoticeState.PLANNED]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="invitations", verbose_name="structure")
    email = models.EmailField("adresse e-mail")
    first_name = models.CharField("prénom", max_length=100, blank=True)
    last_name = models.CharField("nom", max_length=100, blank=True)
    role = models.CharField("rôle", max_length=10, choices=Role.choices, default=Role.MEMBER)
    practitioner = models.ForeignKey(
        Practitioner, models.CASCADE, null=True, blank=True, related_name="invitations", verbose_name="praticien"
    )
    made_at = models.DateTimeField("invité le")
    serial = models.PositiveIntegerField("envoi nº", default=1)
    expires_at = models.DateTimeField("valable jusqu’à")
    accepted_at = models.DateTimeField("acceptée le", null=True, blank=True)
    withdrawn_at = models.DateTimeField("retirée le", null=True, blank=True)
    user = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="compte", editable=False
    )
    state = models.CharField("état", max_length=10, choices=NoticeState.choices, default=NoticeState.PLANNED)
    sent_at = models.DateTimeField("envoyée le", null=True, blank=True)

    objects: ClassVar[models.Manager["Invitation"]] = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "invitation"
        verbose_name_plural = "invitations"
        ordering = ["-made_at", "pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(state=NoticeState.PLANNED), name="invitation_to_send"
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="invitation_pending_once",
                violation_error_message="Cette personne est déjà invitée.",
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_known_role"),
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="invitation_email_lower"),
            models.CheckConstraint(
                condition=models.Q(accepted_at=None) | models.Q(withdrawn_at=None), name="invitation_one_end"
            ),
            acted_by_constraint("invitation_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.full_name or self.email}, {self.organization}"

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def is_pending(self) -> bool:
        return self.accepted_at is None and self.withdrawn_at is None

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at <= now


class InvitedAccess(models.Model):
    """What the invited may do in an agenda (None: the places without practitioner) once they have accepted."""

    invitation = models.ForeignKey(
        Invitation, models.CASCADE, related_name="accesses", verbose_name="invitation", db_index=False
    )
    practitioner = models.ForeignKey(
        Practitioner, models.CASCADE, null=True, blank=True, related_name="+", verbose_name="praticien"
    )
    level = models.PositiveSmallIntegerField("accès", choices=[(one.value, one.label) for one in GRANTABLE])
    until = models.DateTimeField("jusqu’à", null=True, blank=True)

    class Meta:
        verbose_name = "accès d’une invitation"
        verbose_name_plural = "accès d’une invitation"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["invitation", "practitioner"], nulls_distinct=False, name="invited_access_once"
            ),
            models.CheckConstraint(
                condition=models.Q(level__in=[one.value for one in GRANTABLE]), name="invited_access_known_level"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invitation_id}, {self.practitioner_id}"
