"""Who may do what in which agenda of which organization, who granted it, and who was told."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.db import models

from accounts.enums import AccessKind, Level, NoticeState, Role
from accounts.models.acting import ActedBy, acted_by_constraint
from accounts.models.constraints import CompositeForeignKey
from accounts.models.organization import Organization
from accounts.models.practitioner import Practitioner
from accounts.models.user import User
from accounts.models.versioned import Versioned
from outbox.models import OutboxRow

GRANTABLE = [level for level in Level if level != Level.NONE]


class Membership(Versioned):
    """Somebody belongs to an organization. It opens no agenda by itself, but to a manager those of the organization.

    `version`: of all that somebody may do there, delegations included. `last_used_at` is noted once an hour at most.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name="compte", db_index=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships", verbose_name="structure")
    role = models.CharField("rôle", max_length=10, choices=Role.choices, default=Role.MEMBER)
    created_at = models.DateTimeField("depuis le", auto_now_add=True)
    last_used_at = models.DateTimeField("dernier usage", null=True, editable=False)

    class Meta:
        verbose_name = "membre"
        verbose_name_plural = "membres"
        ordering = ["organization", "user"]
        constraints = [
            # Target of the delegations' composite key.
            models.UniqueConstraint(
                fields=["user", "organization"],
                name="membership_once",
                violation_error_message="Cette personne est déjà membre de cette structure.",
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_known_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.organization}"

    @property
    def is_manager(self) -> bool:
        return self.role == Role.MANAGER


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def valid(self, now: object) -> "DelegationQuerySet":
        return self.filter(models.Q(until=None) | models.Q(until__gt=now))


class Delegation(Versioned):
    """What a member may do in a practitioner's agenda at this organization; without practitioner, in those of its places.

    It ends at `until`, and with the membership.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        User, models.CASCADE, related_name="delegations", verbose_name="compte", db_index=False, db_constraint=False
    )
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="delegations", verbose_name="structure", db_constraint=False
    )
    practitioner = models.ForeignKey(
        Practitioner, models.CASCADE, null=True, blank=True, related_name="delegations", verbose_name="praticien"
    )
    level = models.PositiveSmallIntegerField("accès", choices=[(one.value, one.label) for one in GRANTABLE])
    until = models.DateTimeField("jusqu’à", null=True, blank=True)
    granted_by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", verbose_name="donné par", editable=False
    )
    granted_at = models.DateTimeField("donné le", editable=False)

    objects: ClassVar[models.Manager["Delegation"]] = DelegationQuerySet.as_manager()

    class Meta:
        verbose_name = "accès"
        verbose_name_plural = "accès"
        ordering = ["organization", "user"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organization", "practitioner"],
                nulls_distinct=False,
                name="delegation_once",
                violation_error_message="Cette personne a déjà un accès à cet agenda.",
            ),
            CompositeForeignKey(
                name="delegation_of_a_member",
                fields=["user", "organization"],
                to="accounts.Membership",
                to_fields=["user", "organization"],
                on_delete="CASCADE",
            ),
            models.CheckConstraint(
                condition=models.Q(level__in=[one.value for one in GRANTABLE]), name="delegation_known_level"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.practitioner or self.organization}"

    def has_ended(self, now: datetime) -> bool:
        return self.until is not None and self.until <= now


class ManagersKeptOut(models.Model):
    """A practitioner withdrew from the managers of an organization what their role gives them in their agenda there."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", verbose_name="structure")
    practitioner = models.ForeignKey(
        Practitioner, models.CASCADE, related_name="+", verbose_name="praticien", db_index=False
    )
    since = models.DateTimeField("depuis le")

    class Meta:
        verbose_name = "responsables écartés"
        verbose_name_plural = "responsables écartés"
        constraints = [
            models.UniqueConstraint(fields=["practitioner", "organization"], name="managers_kept_out_once"),
        ]

    def __str__(self) -> str:
        return f"{self.practitioner}, {self.organization}"


class AccessEvent(ActedBy):
    """One change of who may do what: append-only, by trigger. `subject`: whose access it is; nobody's when it is the managers'.

    `before` and `after` are words as they were read then (a level and its end, a role).
    """

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="access_events", verbose_name="structure"
    )
    practitioner = models.ForeignKey(
        Practitioner, models.PROTECT, null=True, related_name="+", verbose_name="agenda de"
    )
    subject = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name="personne")
    kind = models.CharField("fait", max_length=10, choices=AccessKind.choices)
    before = models.CharField("avant", max_length=120, blank=True)
    after = models.CharField("après", max_length=120, blank=True)
    at = models.DateTimeField("le")

    class Meta:
        verbose_name = "changement d’accès"
        verbose_name_plural = "changements d’accès"
        ordering = ["-at", "-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=AccessKind.values), name="access_event_known_kind"),
            acted_by_constraint("access_event_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} nº {self.pk}"


class AccessNotice(OutboxRow):
    """A practitioner is told by e-mail of a change of who may do what in their agenda. Written when it leaves."""

    TO_SEND = [NoticeState.PLANNED]

    event = models.ForeignKey(AccessEvent, models.CASCADE, related_name="notices", verbose_name="changement")
    practitioner = models.ForeignKey(Practitioner, models.CASCADE, related_name="+", verbose_name="praticien")
    state = models.CharField("état", max_length=10, choices=NoticeState.choices, default=NoticeState.PLANNED)
    sent_at = models.DateTimeField("envoyé le", null=True, blank=True)

    class Meta:
        verbose_name = "avis d’accès"
        verbose_name_plural = "avis d’accès"
        ordering = ["-pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(state=NoticeState.PLANNED), name="notice_to_send"
            )
        ]
        constraints = [models.UniqueConstraint(fields=["event", "practitioner"], name="access_notice_once")]

    def __str__(self) -> str:
        return f"{self.event}, {self.practitioner}"
