"""What a person may do: the one place. Deny by default.

An `Actor` is who acts in this request. A session that came through the SAS gives the rights of the regulator and nothing
else, whoever the person also is; any other session gives those of the practitioner or delegate, never a regulator's.
"""

import uuid
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q

from accounts.enums import ActorKind
from accounts.models import Delegation, Practitioner, Regulator, User

# Keys of the session, written by the SAS sign-in only.
REGULATOR_KEY = "sas_regulator"
EPOCH_KEY = "sas_epoch"


@dataclass(frozen=True, slots=True)
class Actor:
    user: User | None = None
    regulator: Regulator | None = None
    practitioner_ids: frozenset[uuid.UUID] = frozenset()
    # The same, as rows in the order of their names, where a request found out who acts.
    practitioners: tuple[Practitioner, ...] = field(default=(), compare=False)

    @property
    def is_anonymous(self) -> bool:
        return self.user is None

    @property
    def is_regulator(self) -> bool:
        return self.regulator is not None

    @property
    def is_practice(self) -> bool:
        """Keeps at least one agenda."""
        return bool(self.practitioner_ids)

    @property
    def is_operator(self) -> bool:
        """Looks after the installation: staff, in a session that did not come through the SAS."""
        return self.user is not None and self.user.is_staff and not self.is_regulator

    @property
    def name(self) -> str:
        if self.regulator is not None:
            return self.regulator.name
        return self.user.get_full_name() if self.user is not None else ""

    @property
    def initials(self) -> str:
        return "".join(part[0] for part in self.name.replace("-", " ").split()[:2]).upper()

    def manages(self, practitioner_id: uuid.UUID | None) -> bool:
        """May see and change this practitioner's agenda, rules and absences. A place's own (None) is nobody's yet."""
        return practitioner_id in self.practitioner_ids

    def may_book_with(self, practitioner_id: uuid.UUID | None) -> bool:
        """Regulators book with every practitioner who publishes slots, practices with their own; nobody at a place (None)."""
        return practitioner_id is not None and (self.is_regulator or self.manages(practitioner_id))


NOBODY = Actor()


def acted_by(actor: Actor) -> dict[str, Any]:
    """The columns of `ActedBy`, but for the name, which some rows keep and others don't."""
    if actor.regulator is not None:
        return {"actor_kind": ActorKind.REGULATOR, "by_user": None, "by_regulator": actor.regulator}
    if actor.user is not None:
        return {"actor_kind": ActorKind.USER, "by_user": actor.user, "by_regulator": None}
    return {"actor_kind": ActorKind.SYSTEM, "by_user": None, "by_regulator": None}


def actor_of(user: User | AnonymousUser, session: object) -> Actor:
    """Who acts, from the signed-in user and the session (a mapping). One query.

    A session of a regulator who was withdrawn since is nobody's.
    """
    if not isinstance(user, User) or not user.is_active:
        return NOBODY
    get = session.get  # type: ignore[attr-defined]
    if regulator_id := get(REGULATOR_KEY):
        regulator = Regulator.objects.filter(
            id=regulator_id, user=user, active=True, session_epoch=get(EPOCH_KEY)
        ).first()
        return Actor(user=user, regulator=regulator) if regulator is not None else NOBODY
    delegated = Delegation.objects.filter(user=user).values("practitioner")
    kept = tuple(Practitioner.objects.filter(Q(user=user) | Q(pk__in=delegated)))
    return Actor(user=user, practitioner_ids=frozenset(one.id for one in kept), practitioners=kept)
