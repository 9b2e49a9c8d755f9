"""Who may do what: members and delegations of an organization, given and taken back; each change is a fact that is recorded.

Managers say who does what in the agendas of their organization, practitioners in their own, wherever they receive; nobody
gives anything to themself. The membership's row is what two changes about one person wait for, and its version theirs; rights are
read again once it is locked.

`access_recorded` is sent in the transaction of the change: receivers insert rows, they never do network.
"""

import uuid
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.dispatch import Signal

from accounts.enums import AccessKind, Level, Role
from accounts.exceptions import AccessChanged, AccessDenied, AccessRefused
from accounts.french import plain_date
from accounts.models import (
    AccessEvent,
    Delegation,
    InvitedAccess,
    ManagersKeptOut,
    Membership,
    Organization,
    Practitioner,
    User,
)
from accounts.rights import NOTED_FOR, Actor, acted_by

# Argument: event (AccessEvent).
access_recorded = Signal()

_ONESELF = "Personne ne change son propre accès\u00a0: demandez à un autre responsable ou au praticien."


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody may do in an agenda at the organization, NONE too; `practitioner_id` None: in those of its own places."""

    practitioner_id: uuid.UUID | None
    level: Level
    until: datetime | None = None


def add_member(*, organization_id: uuid.UUID, email: str, role: Role, by: Actor, now: datetime) -> Membership:
    """Who has an account joins the organization; who has none is invited (`invitations`).

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
        require_manager(organization_id, by.now(), operator_too=True)
        user = User.objects.filter(email=address).first()
        if user is None:
            raise AccessRefused("Personne n’a de compte à cette adresse\u00a0: invitez cette personne.", "email")
        if not user.is_active:
            raise AccessRefused("Ce compte est fermé\u00a0: l’administration peut le rouvrir.", "email")
        if Membership.objects.filter(user=user, organization=organization).exists():
            raise AccessRefused("Cette personne est déjà membre de la structure.", "email")
        made = Membership.objects.create(user=user, organization=organization, role=role)
        record_access(made.organization_id, AccessKind.JOINED, by, now, subject=user, after=Role(role).label)
    return made


def change_member(
    *,
    membership_id: uuid.UUID,
    version: int | None,
    accesses: Sequence[Given],
    by: Actor,
    now: datetime,
    role: Role | None = None,
) -> Membership:
    """What somebody else may do from now on in these agendas, the others as before; `role`: a manager changes it too.

    `version`: of the membership, which all of it counts for. Raises `AccessDenied`, `AccessRefused`, `AccessChanged`.
    """
    with _member(membership_id, by) as (membership, actor):
        if membership.version != version:
            raise AccessChanged
        rows = Delegation.objects.filter(user=membership.user_id, organization=membership.organization_id)
        known = {one.practitioner_id: one for one in rows.select_for_update(no_key=True).order_by("pk")}
        changed = role is not None and _set_role(membership, role, actor, now)
        for one in accesses:
            changed |= _give(membership, known.get(one.practitioner_id), one, actor, now)
        if changed:
            membership.version += 1
            membership.save(update_fields=["role", "version"])
    return membership


def remove_member(*, membership_id: uuid.UUID, by: Actor, now: datetime) -> None:
    """With the membership end all accesses it carried: each is recorded. Raises `AccessDenied`, `AccessRefused`."""
    with _member(membership_id, by, operator_too=True) as (membership, actor):
        require_manager(membership.organization_id, actor, operator_too=True)
        own = Delegation.objects.filter(user=membership.user_id, organization=membership.organization_id)
        for one in own.select_for_update(no_key=True).order_by("pk"):
            _revoke(one, by, now)
        membership.delete()
        record_access(
            membership.organization_id, AccessKind.LEFT, by, now,
            subject=membership.user, before=Role(membership.role).label,
        )  # fmt: skip


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


def note_use(*, actor: Actor, organizations: Collection[uuid.UUID], now: datetime) -> None:
    """That they work at these organizations: written once an hour at most, and never under a lock of an agenda."""
    if used := actor.unnoted.intersection(organizations):
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - NOTED_FOR)
        Membership.objects.filter(stale, user=actor.user, organization__in=used).update(last_used_at=now)


def access_words(delegation: Delegation | InvitedAccess) -> str:
    """« Voit, jusqu’au 3 décembre 2026 »."""
    words = str(Level(delegation.level).label)
    if delegation.until is None:
        return words
    return f"{words}, jusqu’au {plain_date(last_day(delegation.until))}"


def last_day(until: datetime) -> date:
    """The day that is included, of what ends at a midnight: whatever its clock, the middle of that day at Greenwich is in it."""
    return (until - timedelta(hours=12)).astimezone(UTC).date()


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
def _member(membership_id: uuid.UUID, by: Actor, *, operator_too: bool = False) -> Iterator[tuple[Membership, Actor]]:
    """Somebody else's membership, locked with all managers' of its organization: of two who remove each other one stays. With it
    who acts, as they are under the lock: they may have lost what they had while they waited.
    """
    organization_id = Membership.objects.filter(pk=membership_id).values_list("organization_id", flat=True).first()
    if organization_id is None:
        raise AccessDenied
    with transaction.atomic():
        touched = Membership.objects.filter(organization=organization_id).filter(
            Q(pk=membership_id) | Q(role=Role.MANAGER)
        )
        locked = {one.pk: one for one in touched.select_for_update(no_key=True).order_by("pk")}
        membership, actor = locked.get(membership_id), by.now()
        if membership is None or not _has_say_at(actor, organization_id, operator_too=operator_too):
            raise AccessDenied
        _refuse_oneself(membership.user_id, by)
        yield membership, actor


def _has_say_at(actor: Actor, organization_id: uuid.UUID, *, operator_too: bool) -> bool:
    """Over anybody there: a manager; a practitioner over who may what in their own agenda."""
    return bool(actor.own) or organization_id in actor.managed or (operator_too and actor.is_operator)


def _set_role(membership: Membership, role: Role, by: Actor, now: datetime) -> bool:
    before = Role(membership.role)
    if before == role:
        return False
    require_manager(membership.organization_id, by)
    membership.role = role
    record_access(
        membership.organization_id, AccessKind.ROLE, by, now,
        subject=membership.user, before=before.label, after=Role(role).label,
    )  # fmt: skip
    return True


def _give(membership: Membership, known: Delegation | None, wanted: Given, by: Actor, now: datetime) -> bool:
    """Whether it is something else than before."""
    organization_id = membership.organization_id
    _require_say(wanted.practitioner_id, organization_id, by)
    if known is not None and known.has_ended(now):
        if wanted.level == Level.NONE:
            return False
        # What has ended says nothing any more: given again, it is another.
        known.delete()
        known = None
    if wanted.level == Level.NONE:
        if known is not None:
            _revoke(known, by, now)
        return known is not None
    if known is not None and (known.level, known.until) == (wanted.level, wanted.until):
        return False
    check_access(wanted.level, wanted.until, now)
    _refuse_own_agenda(membership, wanted.practitioner_id)
    before = access_words(known) if known is not None else ""
    given = known or Delegation(
        user_id=membership.user_id, organization_id=organization_id, practitioner_id=wanted.practitioner_id
    )
    given.level, given.until = wanted.level, wanted.until
    given.granted_by, given.granted_at = by.user, now
    given.version += 1
    given.save()
    record_access(
        organization_id, AccessKind.CHANGED if before else AccessKind.GRANTED, by, now, subject=membership.user,
        practitioner_id=wanted.practitioner_id, before=before, after=access_words(given),
    )  # fmt: skip
    return True


def _refuse_own_agenda(membership: Membership, practitioner_id: uuid.UUID | None) -> None:
    if practitioner_id and Practitioner.objects.filter(pk=practitioner_id, user=membership.user_id).exists():
        raise AccessRefused("Un praticien gère son agenda sans qu’on le lui donne.")


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
