"""Regulator accounts as the SAS sends them (INT_R02): created, changed, withdrawn. Nothing here is FHIR.

Under ten calls a day arrive, so every change takes one lock for the whole table; the constraints stay the last guard.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from accounts.models import Regulator, RegulatorIdentifier, User

logger = logging.getLogger(__name__)

_LOCK = 0x5A5_0002  # any constant of our own; the key of pg_advisory_xact_lock


@dataclass(frozen=True, slots=True)
class RegulatorIdentity:
    """One account as the SAS describes it. `system` is a value of `IdentifierSystem`."""

    system: str
    value: str
    active: bool
    family_name: str
    given_name: str
    email: str


class RegulatorConflict(Exception):
    """Another account has this `field` (`identifier` or `email`); `withdrawal`: it found nobody, whose e-mail is an active
    account's."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class SeveralRegulators(Exception):
    """The search matched more than one account."""


@transaction.atomic
def create_regulator(*, identity: RegulatorIdentity) -> Regulator:
    """Raises `RegulatorConflict` when an account has the identifier (withdrawn or not), or an active one the e-mail,
    or a user closed by the administrator."""
    _lock()
    if Regulator.objects.identified_by(identity.system, identity.value).exists():
        raise RegulatorConflict("identifier")
    if _email_is_taken(Regulator(), identity):
        raise RegulatorConflict("email")
    return _write(Regulator(), identity)


@transaction.atomic
def change_regulator(
    *,
    system: str | None,
    value: str,
    identity: RegulatorIdentity,
    before_writing: Callable[[Regulator | None], None] = lambda found: None,
) -> tuple[Regulator, bool]:
    """Bring the account found by (system, value) to `identity`; nobody has it → create. Returns (account, created).

    An identifier of a withdrawn account may be taken over. `before_writing` gets the account found, under the lock, and raises
    what must keep it as it is. Raises `SeveralRegulators`, and `RegulatorConflict` when an active account has the new identifier
    or e-mail, when a user closed by the administrator has the e-mail, or when a withdrawal finds nobody while its e-mail is an
    active account's.
    """
    _lock()
    found = find_regulator(system=system, value=value, identity=identity)
    before_writing(found)
    if found is None and not identity.active and _email_is_taken(Regulator(), identity):
        raise RegulatorConflict("withdrawal")
    return _write(found or Regulator(), identity), found is None


def find_regulator(*, system: str | None, value: str, identity: RegulatorIdentity) -> Regulator | None:
    """The account that an update of (system, value) to `identity` is about.

    It bears that identifier, or bore it. Else it is the active one that bears the body's own. Else the active one that has the
    body's e-mail and bears the value in the other system: so the ANS's kit converts accounts. Else, for a withdrawal, the
    withdrawn one that bears the body's own. Raises `SeveralRegulators`.
    """
    found = list(Regulator.objects.identified_by(system, value)[:2])
    if len(found) > 1:
        raise SeveralRegulators
    if found:
        return found[0]
    own = Regulator.objects.identified_by(identity.system, identity.value)
    email = User.objects.normalize(identity.email)
    crossed = Regulator.objects.active().filter(email=email).identified_by(None, value)
    return own.active().first() or crossed.first() or (own.first() if not identity.active else None)


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _write(regulator: Regulator, identity: RegulatorIdentity) -> Regulator:
    if identity.active and _email_is_taken(regulator, identity):
        raise RegulatorConflict("email")
    holder = Regulator.objects.identified_by(identity.system, identity.value).exclude(pk=regulator.pk).first()
    if holder is not None and holder.active:
        raise RegulatorConflict("identifier")

    withdrawing = regulator.active and not identity.active
    previous = regulator.user
    regulator.family_name = identity.family_name
    regulator.given_name = identity.given_name
    regulator.email = User.objects.normalize(identity.email)
    regulator.active = identity.active
    if identity.active:
        regulator.withdrawn_at = None
        regulator.user = _user_for(regulator)
    else:
        if withdrawing:
            regulator.session_epoch += 1
            regulator.withdrawn_at = timezone.now()
        regulator.user = None
    regulator.save()
    _name(regulator, identity)
    # Only now: an active account must never be seen without a user, not even by a constraint.
    if previous is not None and previous != regulator.user:
        _discard(previous)
    return regulator


def _email_is_taken(regulator: Regulator, identity: RegulatorIdentity) -> bool:
    """By another active account."""
    email = User.objects.normalize(identity.email)
    return Regulator.objects.active().filter(email=email).exclude(pk=regulator.pk).exists()


def _name(regulator: Regulator, identity: RegulatorIdentity) -> None:
    """Make the identifier the current one, spelled so, taking it from whoever had it; the previous one is remembered."""
    if regulator.identifiers.filter(system=identity.system, value=identity.value, current=True).exists():
        return
    regulator.identifiers.filter(current=True).update(current=False)
    RegulatorIdentifier.objects.update_or_create(
        system=identity.system,
        value__spelled=identity.value,
        defaults={"value": identity.value, "regulator": regulator, "current": True, "since": timezone.now()},
    )
    # What a previous prefetch or read remembered is stale now.
    regulator._prefetched_objects_cache = {}  # type: ignore[attr-defined]


def _user_for(regulator: Regulator) -> User:
    """The user with the account's e-mail: an existing one of the same person, its own renamed, or a new one."""
    current = regulator.user
    user = User.objects.filter(email=regulator.email).first()
    if user is not None and user != current and not user.is_active:
        # Closed on purpose, and nobody could sign in with it: the administrator has to decide.
        raise RegulatorConflict("email")
    if user is None and current is not None and _only_regulator(current):
        user = current
        user.email = regulator.email
    if user is None:
        # Without a password, and without the second that one takes: the way in is the SAS, or « mot de passe oublié ».
        user = User.objects.create_user(regulator.email, made_for_regulator=True)
    if _only_regulator(user):
        user.first_name, user.last_name = regulator.given_name, regulator.family_name
    user.save(update_fields=["email", "first_name", "last_name"])
    return user


def _discard(user: User) -> None:
    """Delete a user who was there for the regulator only, and its sessions with it."""
    if not _only_regulator(user):
        return
    try:
        with transaction.atomic():
            user.delete()
    except ProtectedError:
        # A former secretary or locum: what they did stays under their name. The row has no right left.
        logger.info("user %s kept: it has a history of its own", user.pk)


def _only_regulator(user: User) -> bool:
    """Whether this row was made here and still serves nothing else: no agenda, no organization, no administration."""
    return user.made_for_regulator and not (
        user.is_staff
        or user.is_superuser
        or hasattr(user, "practitioner")
        or user.memberships.exists()
        or user.groups.exists()
        or user.user_permissions.exists()
    )
