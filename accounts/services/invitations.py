"""Inviting somebody to an organization: a mail with a link, by which they choose their password and join.

The plan of the mail is written with the invitation; the broker only wakes. Who reads the mailbox is the person: the link alone
makes a member of them, and opens what whoever invited them may still give by then. Nobody invites themself.
"""

import logging
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from axes.utils import reset as forget_failures
from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.enums import AccessKind, NoticeState, OrganizationKind, Role
from accounts.exceptions import AccessDenied, AccessRefused
from accounts.models import Delegation, Invitation, InvitedAccess, Membership, Organization, Practitioner, User
from accounts.rights import NOBODY, Actor, acted_by, practice_actor
from accounts.services.access import Given, access_words, check_access, record_access, require_manager
from accounts.waking import invitation_planned
from outbox import ledger, mail

logger = logging.getLogger(__name__)

LASTS = timedelta(days=14)

# Without a moment in it: the row says until when.
_SIGNER = signing.Signer(salt="accounts.invitation")
_INTERRUPTED = "L’envoi a été interrompu."
_ENDED = "Cette invitation a été acceptée ou retirée entre-temps."


class InvitationOver(Exception):
    """The link leads nowhere (any more); the sentence says why and whom to ask."""


def invite(
    *,
    organization_id: uuid.UUID,
    email: str,
    role: Role,
    by: Actor,
    now: datetime,
    first_name: str = "",
    last_name: str = "",
    accesses: Sequence[Given] = (),
    practitioner_id: uuid.UUID | None = None,
) -> Invitation:
    """By a manager, or whoever looks after the installation. `practitioner_id`: whom they are, without account so far.

    Raises `AccessDenied`, `AccessRefused` (elements: email, level, until, practitioner).
    """
    require_manager(organization_id, by, operator_too=True)
    for one in accesses:
        if not by.may_grant_in(one.practitioner_id, organization_id):
            raise AccessDenied
        check_access(one.level, one.until, now)
    if by.user is not None and User.objects.normalize(email) == by.user.email:
        raise AccessRefused("Personne ne s’invite soi-même.", "email")
    with transaction.atomic():
        organization = Organization.objects.select_for_update(no_key=True).filter(pk=organization_id).first()
        if organization is None:
            raise AccessDenied
        return _invite(organization, email, role, by, now, first_name, last_name, accesses, practitioner_id)


def open_organization(
    *, name: str, kind: OrganizationKind, email: str, now: datetime, first_name: str = "", last_name: str = ""
) -> Invitation:
    """A new organization, and its first manager invited: the rest they do themself. For an operator's command only: it asks for
    no right. Raises `AccessRefused` (elements: organization, email).
    """
    if not name.strip():
        raise AccessRefused("Donnez un nom à la structure.", "organization")
    if Organization.objects.filter(name__folded=name).exists():
        raise AccessRefused("Une structure porte déjà ce nom.", "organization")
    with transaction.atomic():
        organization = Organization.objects.create(name=name.strip(), kind=kind)
        return _invite(organization, email, Role.MANAGER, NOBODY, now, first_name, last_name)


def invite_manager(
    *, organization_id: uuid.UUID, email: str, now: datetime, first_name: str = "", last_name: str = ""
) -> Invitation:
    """One more manager for an organization whose managers are gone. For an operator's command only: it asks for no right.

    Raises `AccessDenied` when there is no such organization, `AccessRefused`.
    """
    with transaction.atomic():
        organization = Organization.objects.select_for_update(no_key=True).filter(pk=organization_id).first()
        if organization is None:
            raise AccessDenied
        return _invite(organization, email, Role.MANAGER, NOBODY, now, first_name, last_name)


def resend_invitation(*, invitation_id: uuid.UUID, by: Actor, now: datetime) -> Invitation:
    """A new link, for as long again; that of before does not serve any more. Raises `AccessDenied`, `AccessRefused`."""
    with transaction.atomic():
        invitation = _locked(invitation_id, by)
        invitation.serial += 1
        invitation.expires_at = now + LASTS
        invitation.state, invitation.sent_at = NoticeState.PLANNED, None
        invitation.next_attempt_at, invitation.lease_until = now, None
        invitation.attempts, invitation.cause = 0, ""
        # What it gives is what whoever sends it again may give.
        for name, value in acted_by(by).items():
            setattr(invitation, name, value)
        invitation.by_name = by.name
        invitation.save()
        _wake(invitation)
    return invitation


def withdraw_invitation(*, invitation_id: uuid.UUID, by: Actor, now: datetime) -> None:
    """Its link serves no more. Raises `AccessDenied`, `AccessRefused`."""
    with transaction.atomic():
        invitation = _locked(invitation_id, by)
        invitation.withdrawn_at = now
        if invitation.state == NoticeState.PLANNED:
            invitation.state = NoticeState.ABANDONED
        invitation.save(update_fields=["withdrawn_at", "state"])


def link_of(invitation: Invitation) -> str:
    """The address to open: a secret."""
    token = _SIGNER.sign_object([invitation.pk.hex, invitation.serial])
    return f"{settings.BASE_URL}{reverse('invitation', args=[token])}"


def invitation_of(token: str, *, now: datetime, lock: bool = False) -> Invitation:
    """That of a link, to be accepted now. Raises `InvitationOver`."""
    try:
        key, serial = _SIGNER.unsign_object(token)
    except signing.BadSignature:
        raise InvitationOver("Ce lien est incomplet\u00a0: ouvrez-le depuis le message, en entier.") from None
    rows = Invitation.objects.select_related("organization", "practitioner", "by_user").filter(pk=uuid.UUID(key))
    found = (rows.select_for_update(no_key=True, of=("self",)) if lock else rows).first()
    if found is None or found.withdrawn_at is not None:
        raise InvitationOver("Cette invitation a été retirée\u00a0: demandez-en une autre à qui vous l’a envoyée.")
    if found.accepted_at is not None:
        raise InvitationOver("Cette invitation a déjà été acceptée\u00a0: connectez-vous.")
    if found.serial != serial:
        raise InvitationOver("Un message plus récent vous a été envoyé\u00a0: ouvrez le lien du dernier.")
    if found.has_expired(now):
        raise InvitationOver("Ce lien a expiré\u00a0: demandez à qui vous a invité de le renvoyer.")
    if not _may_still_invite(found, _inviter(found, now)):
        raise InvitationOver(
            "Qui vous a invité ne gère plus cette structure\u00a0: demandez une autre invitation à un responsable."
        )
    return found


def account_of(invitation: Invitation) -> User | None:
    """Theirs, when they have one already. Raises `InvitationOver` when it is closed."""
    user = User.objects.filter(email=invitation.email).first()
    if user is not None and not user.is_active:
        raise InvitationOver("Votre compte est fermé\u00a0: demandez à l’exploitant du service de le rouvrir.")
    return user


def given_by(invitation: Invitation, *, now: datetime) -> list[InvitedAccess]:
    """What accepting opens now: what has ended since, or what whoever invited may not give any more, is left out."""
    inviter = _inviter(invitation, now)
    rows = InvitedAccess.objects.filter(invitation=invitation).select_related("practitioner")
    return [
        one
        for one in rows
        if (one.until is None or one.until > now)
        and inviter.may_grant_in(one.practitioner_id, invitation.organization_id)
    ]


def accept_invitation(
    *, token: str, now: datetime, password: str | None = None, first_name: str = "", last_name: str = ""
) -> User:
    """They join. `password` and names: of who has no account yet, or one without password (a regulator's).

    Raises `InvitationOver`.
    """
    with transaction.atomic():
        invitation = invitation_of(token, now=now, lock=True)
        user = account_of(invitation)
        if user is None:
            user = User.objects.create_user(
                invitation.email,
                password,
                first_name=(first_name or invitation.first_name).strip(),
                last_name=(last_name or invitation.last_name).strip(),
            )
        elif password is not None and not user.has_usable_password():
            user.set_password(password)
            user.save(update_fields=["password"])
            forget_failures(username=user.email)
        _join(invitation, user, now)
        invitation.accepted_at, invitation.user = now, user
        if invitation.state == NoticeState.PLANNED:
            invitation.state = NoticeState.SENT
        invitation.save(update_fields=["accepted_at", "user", "state"])
    return user


def send_invitation(*, invitation_id: uuid.UUID, now: datetime) -> bool:
    """Claim, send, record. False when it was not ours to send, or did not leave."""
    if not mail.may_send(Invitation, now=now):
        return False
    if not ledger.claim(Invitation, invitation_id, now=now, lease=mail.LEASE):
        return False
    invitation = Invitation.objects.select_related("organization").get(pk=invitation_id)
    try:
        _compose(invitation).send()
    except (OSError, ValueError) as error:
        logger.warning("invitation %s could not be sent: %s", invitation.pk, mail.told(error))
        _record_failure(invitation, mail.told(error), _delay(invitation), now, is_final=mail.is_final(error))
        return False
    ledger.settle(invitation, state=NoticeState.SENT, sent_at=now, cause="")
    return True


def end_forsaken_invitations(*, now: datetime) -> None:
    """After the claims of workers that never came back have ended, as any try that failed does."""
    for one in Invitation.objects.forsaken(now):
        _record_failure(one, _INTERRUPTED, max(_delay(one) - mail.LEASE, timedelta()), now)


def due_invitations(*, now: datetime, limit: int = 200) -> list[uuid.UUID]:
    return list(Invitation.objects.due(now).order_by("next_attempt_at").values_list("pk", flat=True)[:limit])


def _invite(
    organization: Organization,
    email: str,
    role: Role,
    by: Actor,
    now: datetime,
    first_name: str,
    last_name: str,
    accesses: Sequence[Given] = (),
    practitioner_id: uuid.UUID | None = None,
) -> Invitation:
    """Under the lock of the organization's row, or in a new one."""
    address = User.objects.normalize(email)
    try:
        validate_email(address)
    except ValidationError:
        raise AccessRefused(
            "Cette adresse n’est pas lisible\u00a0: écrivez-la comme prenom.nom@exemple.fr.", "email"
        ) from None
    user = User.objects.filter(email=address).first()
    if user is not None and not user.is_active:
        raise AccessRefused("Ce compte est fermé\u00a0: l’exploitant du service peut le rouvrir.", "email")
    if user is not None and Membership.objects.filter(user=user, organization=organization).exists():
        raise AccessRefused("Cette personne est déjà membre de la structure.", "email")
    if Invitation.objects.pending().filter(organization=organization, email=address).exists():
        raise AccessRefused("Cette personne est déjà invitée\u00a0: renvoyez-lui l’invitation.", "email")
    if practitioner_id is not None:
        _check_practitioner(practitioner_id, user)
    made = Invitation.objects.create(
        organization=organization,
        email=address,
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        role=role,
        practitioner_id=practitioner_id,
        made_at=now,
        expires_at=now + LASTS,
        next_attempt_at=now,
        **acted_by(by),
        by_name=by.name,
    )
    InvitedAccess.objects.bulk_create(
        InvitedAccess(invitation=made, practitioner_id=one.practitioner_id, level=one.level, until=one.until)
        for one in accesses
    )
    _wake(made)
    return made


def _check_practitioner(practitioner_id: uuid.UUID, user: User | None) -> None:
    practitioner = Practitioner.objects.filter(pk=practitioner_id).first()
    if practitioner is None:
        raise AccessDenied
    if practitioner.user_id is not None:
        raise AccessRefused("Ce praticien a déjà un compte.", "practitioner")
    if user is not None and hasattr(user, "practitioner"):
        raise AccessRefused("Le compte de cette adresse est celui d’un autre praticien.", "email")


def _wake(invitation: Invitation) -> None:
    transaction.on_commit(lambda: invitation_planned.send(sender=Invitation, invitation_id=invitation.pk), robust=True)


def _locked(invitation_id: uuid.UUID, by: Actor) -> Invitation:
    """A pending one, of an organization that the person manages."""
    found = Invitation.objects.select_for_update(no_key=True).filter(pk=invitation_id).first()
    if found is None:
        raise AccessDenied
    require_manager(found.organization_id, by, operator_too=True)
    if not found.is_pending:
        raise AccessRefused(_ENDED)
    return found


def _inviter(invitation: Invitation, now: datetime) -> Actor:
    """With what they may do now; nobody for an operator's command."""
    return practice_actor(invitation.by_user, now=now) if invitation.by_user is not None else NOBODY


def _may_still_invite(invitation: Invitation, inviter: Actor) -> bool:
    if inviter.user is None:
        return True
    return inviter.user.is_active and (inviter.is_operator or invitation.organization_id in inviter.managed)


def _join(invitation: Invitation, user: User, now: datetime) -> None:
    inviter, organization_id = _inviter(invitation, now), invitation.organization_id
    _, joined = Membership.objects.get_or_create(
        user=user, organization_id=organization_id, defaults={"role": invitation.role}
    )
    if joined:
        role = Role(invitation.role).label
        record_access(organization_id, AccessKind.JOINED, inviter, now, subject=user, after=role)
    _link(invitation, user)
    known = set(
        Delegation.objects.filter(user=user, organization=organization_id).values_list("practitioner_id", flat=True)
    )
    for one in given_by(invitation, now=now):
        if one.practitioner_id in known:
            continue
        made = Delegation.objects.create(
            user=user,
            organization_id=organization_id,
            practitioner_id=one.practitioner_id,
            level=one.level,
            until=one.until,
            granted_by=invitation.by_user,
            granted_at=now,
        )
        record_access(
            organization_id, AccessKind.GRANTED, inviter, now,
            subject=user, practitioner_id=one.practitioner_id, after=access_words(made),
        )  # fmt: skip


def _link(invitation: Invitation, user: User) -> None:
    """Whoever may not be linked any more (they have an account since) joins all the same."""
    if invitation.practitioner_id is None or hasattr(user, "practitioner"):
        return
    free = Practitioner.objects.select_for_update(no_key=True).filter(pk=invitation.practitioner_id, user=None)
    if (practitioner := free.first()) is not None:
        practitioner.user = user
        practitioner.version += 1
        practitioner.save(update_fields=["user", "version"])


def _compose(invitation: Invitation) -> EmailMessage:
    context = {"invitation": invitation, "address": link_of(invitation)}
    text = render_to_string("accounts/invitation_mail.txt", context)
    subject = f"Votre invitation à SAS Agenda\u00a0: {invitation.organization}"
    name = ("invitation", invitation.pk, invitation.serial)
    return mail.letter(subject, text, to=[invitation.email], name=name)


def _record_failure(
    invitation: Invitation, cause: str, delay: timedelta, now: datetime, *, is_final: bool = False
) -> None:
    is_over = is_final or invitation.attempts >= mail.MAX_ATTEMPTS
    state = NoticeState.ABANDONED if is_over else NoticeState.PLANNED
    ledger.try_again(invitation, at=now + delay, cause=cause, state=state)


def _delay(invitation: Invitation) -> timedelta:
    return ledger.retry_delay(invitation.attempts, first=mail.FIRST_DELAY, longest=mail.LONGEST_DELAY)
