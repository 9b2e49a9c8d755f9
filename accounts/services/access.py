"""Who may do what: members and delegations of an organization, given and taken back; each change is a fact that is recorded.

Managers say who does what in the agendas of their organization, practitioners in their own, wherever they receive; nobody
gives anything to themself. The membership's row is what two changes about one person wait for.

`access_recorded` is sent in the transaction of the change: receivers insert rows, they never do network.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.dispatch import Signal
from django.utils import timezone

from accounts.enums import AccessKind, Level, Role
from accounts.exceptions import AccessChanged, AccessDenied, AccessRefused
from accounts.french import plain_date
from accounts.models import AccessEvent, Delegation, InvitedAccess, ManagersKeptOut, Membership, Organization, User
from accounts.rights import NOTED_FOR, Actor, acted_by, practice_actor
from accounts.services.passwords import ask_password_reset

# Argument: event (AccessEvent).
access_recorded = Signal()

_ONESELF = "Personne ne change son propre accès\u00a0: demandez à un autre responsable ou au praticien."
_MEMBERS = "Cette personne n’est pas membre de la structure\u00a0: ajoutez-la d’abord."


def add_member(
    *,
    organization_id: uuid.UUID,
    email: str,
    role: Role,
    by: Actor,
    now: datetime,
    first_name: str = "",
    last_name: str = "",
) -> Membership:
    """Somebody joins the organization; without account yet they get one, and a mail to choose their password.

    By a manager, or by who looks after the installation: somebody has to name the first manager. Raises `AccessDenied`,
    `AccessRefused`.
    """
    require_manager(organization_id, by, operator_too=True)
    address = User.objects.normalize(email)
    if by.user is not None and address == by.user.email:
        raise AccessRefused(_ONESELF, "email")
    with transaction.atomic():
        organization = Organization.objects.select_for_update(no_key=True).filter(pk=organization_id).first()
        if organization is None:
            raise AccessDenied
        user = User.objects.filter(email=address).first() or _new_user(address, first_name, last_name)
        if not user.is_active:
            raise AccessRefused("Ce compte est fermé\u00a0: l’administration peut le rouvrir.", "email")
        if Membership.objects.filter(user=user, organization=organization).exists():
            raise AccessRefused("Cette personne est déjà membre de la structure.", "email")
        made = Membership.objects.create(user=user, organization=organization, role=role)
        record_access(made.organization_id, AccessKind.JOINED, by, now, subject=user, after=Role(role).label)
    return made


def change_role(*, membership_id: uuid.UUID, version: int | None, role: Role, by: Actor, now: datetime) -> Membership:
    """Raises `AccessDenied`, `AccessRefused`, `AccessChanged`."""
    with _member(membership_id, by) as membership:
        if membership.version != version:
            raise AccessChanged
        before = Role(membership.role)
        if before != role:
            membership.role = role
            membership.version += 1
            membership.save(update_fields=["role", "version"])
            record_access(
                membership.organization_id, AccessKind.ROLE, by, now,
                subject=membership.user, before=before.label, after=Role(role).label,
            )  # fmt: skip
    return membership


def remove_member(*, membership_id: uuid.UUID, by: Actor, now: datetime) -> None:
    """With the membership end all accesses it carried: each is recorded. Raises `AccessDenied`, `AccessRefused`."""
    with _member(membership_id, by, operator_too=True) as membership:
        own = Delegation.objects.filter(user=membership.user_id, organization=membership.organization_id)
        for one in own.select_for_update(no_key=True).order_by("pk"):
            _revoke(one, by, now)
        membership.delete()
        record_access(
            membership.organization_id, AccessKind.LEFT, by, now,
            subject=membership.user, before=Role(membership.role).label,
        )  # fmt: skip


def grant_access(
    *,
    organization_id: uuid.UUID,
    practitioner_id: uuid.UUID | None,
    user_id: int,
    level: Level,
    until: datetime | None,
    by: Actor,
    now: datetime,
) -> Delegation:
    """A member may do this in the agenda, until then. Raises `AccessDenied`, `AccessRefused`."""
    _require_say(practitioner_id, organization_id, by)
    _refuse_oneself(user_id, by)
    check_access(level, until, now)
    with transaction.atomic():
        rows = Membership.objects.select_for_update(no_key=True).filter(user=user_id, organization=organization_id)
        membership = rows.first()
        if membership is None:
            raise AccessRefused(_MEMBERS, "user")
        known = Delegation.objects.filter(user=user_id, organization=organization_id, practitioner=practitioner_id)
        # What has ended says nothing any more: given again, it is another.
        known.exclude(pk__in=known.valid(now)).delete()
        if known.exists():
            raise AccessRefused("Cette personne a déjà un accès à cet agenda\u00a0: changez-le.", "user")
        made = Delegation.objects.create(
            user_id=user_id,
            organization_id=organization_id,
            practitioner_id=practitioner_id,
            level=level,
            until=until,
            granted_by=by.user,
            granted_at=now,
        )
        record_access(
            organization_id, AccessKind.GRANTED, by, now,
            subject=membership.user, practitioner_id=practitioner_id, after=access_words(made),
        )  # fmt: skip
    return made


def change_access(
    *, delegation_id: uuid.UUID, version: int | None, level: Level, until: datetime | None, by: Actor, now: datetime
) -> Delegation:
    """Raises `AccessDenied`, `AccessRefused`, `AccessChanged`."""
    with _delegation(delegation_id, by) as delegation:
        if delegation.version != version:
            raise AccessChanged
        check_access(level, until, now)
        before = access_words(delegation)
        delegation.level, delegation.until = level, until
        if access_words(delegation) != before:
            delegation.version += 1
            delegation.granted_by, delegation.granted_at = by.user, now
            delegation.save(update_fields=["level", "until", "version", "granted_by", "granted_at"])
            record_access(
                delegation.organization_id, AccessKind.CHANGED, by, now, subject=delegation.user,
                practitioner_id=delegation.practitioner_id, before=before, after=access_words(delegation),
            )  # fmt: skip
    return delegation


def revoke_access(*, delegation_id: uuid.UUID, by: Actor, now: datetime) -> None:
    """Ends at once. Raises `AccessDenied`, `AccessRefused`."""
    with _delegation(delegation_id, by) as delegation:
        _revoke(delegation, by, now)


def keep_managers_out(
    *, organization_id: uuid.UUID, practitioner_id: uuid.UUID, out: bool, by: Actor, now: datetime
) -> None:
    """The practitioner withdraws from the organization's managers what their role gives them in their agenda, or gives it
    back. Raises `AccessDenied` for anybody else.
    """
    if practitioner_id not in by.own:
        raise AccessDenied
    with transaction.atomic():
        rows = {"organization_id": organization_id, "practitioner_id": practitioner_id}
        if out:
            changed = ManagersKeptOut.objects.get_or_create(**rows, defaults={"since": now})[1]
        else:
            changed = bool(ManagersKeptOut.objects.filter(**rows).delete()[0])
        if changed:
            kind = AccessKind.KEPT_OUT if out else AccessKind.LET_IN
            record_access(organization_id, kind, by, now, practitioner_id=practitioner_id)


def note_use(*, actor: Actor, practitioner_id: uuid.UUID | None, now: datetime) -> None:
    """That their delegations for this agenda serve: written once an hour at most, and never under a lock of an agenda."""
    if any(whose == practitioner_id for whose, _ in actor.unnoted):
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTED_FOR)
        rows = Delegation.objects.filter(stale, user=actor.user, practitioner=practitioner_id)
        rows.update(last_used_at=now)


def access_words(delegation: Delegation | InvitedAccess) -> str:
    """« Voir l’agenda, jusqu’au 3 décembre 2026 »."""
    words = str(Level(delegation.level).label)
    if delegation.until is None:
        return words
    return f"{words}, jusqu’au {plain_date(last_day(delegation.until))}"


def last_day(until: datetime) -> date:
    """The day that is included, of what ends at a midnight: whatever its clock, the middle of that day at Greenwich is in it."""
    return (until - timedelta(hours=12)).astimezone(UTC).date()


def _new_user(email: str, first_name: str, last_name: str) -> User:
    try:
        validate_email(email)
    except ValidationError:
        raise AccessRefused("Cette adresse n’est pas lisible\u00a0: vérifiez-la.", "email") from None
    if not first_name.strip() or not last_name.strip():
        raise AccessRefused(
            "Personne n’a de compte à cette adresse\u00a0: indiquez aussi le prénom et le nom pour l’ouvrir.", "email"
        )
    try:
        with transaction.atomic():
            made = User.objects.create_user(email, first_name=first_name.strip(), last_name=last_name.strip())
    except IntegrityError:
        # Another organization, or the SAS, opened it at the same moment.
        return User.objects.get(email=email)
    transaction.on_commit(lambda: ask_password_reset(email=email), robust=True)
    return made


def check_access(level: Level, until: datetime | None, now: datetime) -> None:
    if level not in Level or level == Level.NONE:
        raise AccessRefused("Choisissez ce que cette personne peut faire.", "level")
    if until is not None and until <= now:
        raise AccessRefused("Cette date est passée\u00a0: choisissez-en une à venir, ou retirez l’accès.", "until")


def _require_say(practitioner_id: uuid.UUID | None, organization_id: uuid.UUID, by: Actor) -> None:
    if not by.may_grant_in(practitioner_id, organization_id):
        raise AccessDenied


def require_manager(organization_id: uuid.UUID, by: Actor, *, operator_too: bool = False) -> None:
    if organization_id not in by.managed and not (operator_too and by.is_operator):
        raise AccessDenied


def _refuse_oneself(user_id: int, by: Actor) -> None:
    if by.user is None or by.user.pk == user_id:
        raise AccessRefused(_ONESELF)


@contextmanager
def _member(membership_id: uuid.UUID, by: Actor, *, operator_too: bool = False) -> Iterator[Membership]:
    """Somebody else's membership, locked with all managers' of its organization: of two who remove each other one stays."""
    organization_id = Membership.objects.filter(pk=membership_id).values_list("organization_id", flat=True).first()
    if organization_id is None:
        raise AccessDenied
    require_manager(organization_id, by, operator_too=operator_too)
    with transaction.atomic():
        touched = Membership.objects.filter(organization=organization_id).filter(
            Q(pk=membership_id) | Q(role=Role.MANAGER)
        )
        locked = {one.pk: one for one in touched.select_for_update(no_key=True).order_by("pk")}
        membership = locked.get(membership_id)
        if membership is None or by.user is None:
            raise AccessDenied
        # Read again under the lock: they may have been removed while they waited.
        require_manager(organization_id, practice_actor(by.user, now=timezone.now()), operator_too=operator_too)
        _refuse_oneself(membership.user_id, by)
        yield membership


@contextmanager
def _delegation(delegation_id: uuid.UUID, by: Actor) -> Iterator[Delegation]:
    with transaction.atomic():
        rows = Delegation.objects.select_for_update(no_key=True).filter(pk=delegation_id)
        delegation = rows.first()
        if delegation is None:
            raise AccessDenied
        _require_say(delegation.practitioner_id, delegation.organization_id, by)
        _refuse_oneself(delegation.user_id, by)
        yield delegation


def _revoke(delegation: Delegation, by: Actor, now: datetime) -> None:
    record_access(
        delegation.organization_id, AccessKind.REVOKED, by, now,
        subject=delegation.user, practitioner_id=delegation.practitioner_id, before=access_words(delegation),
    )  # fmt: skip
    delegation.delete()


def record_access(
    organization_id: uuid.UUID,
    kind: AccessKind,
    by: Actor,
    now: datetime,
    *,
    subject: User | None = None,
    practitioner_id: uuid.UUID | None = None,
    before: str = "",
    after: str = "",
) -> None:
    event = AccessEvent.objects.create(
        organization_id=organization_id,
        practitioner_id=practitioner_id,
        subject=subject,
        kind=kind,
        before=before,
        after=after,
        at=now,
        **acted_by(by),
        by_name=by.name,
    )
    access_recorded.send(sender=AccessEvent, event=event)
