"""What a person may do: the one place. Deny by default.

An `Actor` is who acts in this request. A session that came through the SAS gives the rights of the regulator and nothing
else, whoever the person also is; any other session gives those of the practitioner, manager or delegate, never a regulator's.

Rights are asked for by agenda and organization. A practitioner manages their own agenda wherever they receive. A manager
manages the agendas of their organization, unless the practitioner withdraws it there. Anybody else may what a delegation says,
at its organization; of the same practitioner's time elsewhere they see that it is taken, and no more.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import connection, models
from django.db.models import Q, Value
from django.utils import timezone

from accounts.enums import ActorKind, Level, Role, TextSize
from accounts.models import Delegation, ManagersKeptOut, Membership, Practitioner, Regulator, User

# Keys of the session, written by the SAS sign-in only.
REGULATOR_KEY = "sas_regulator"
EPOCH_KEY = "sas_epoch"
# Of a regulator whose session ended so, until somebody signs in: when (ISO 8601).
WITHDRAWN_AT = "sas_withdrawn_at"

# How long a use need not be noted again.
NOTED_FOR = timedelta(hours=1)

# A practitioner (None: the places without one) at an organization.
Agenda = tuple[uuid.UUID | None, uuid.UUID]


@dataclass(frozen=True, slots=True)
class Actor:
    """`own`: the practitioner that the person is. `managed`: the organizations they manage, but for the agendas they are
    `kept_out` of. `is_patient`: somebody who books for themself, whom nobody knows. `unnoted`: the organizations where a use is
    to be noted. `again`: reads all of it anew, of who was read at all.
    """

    user: User | None = None
    regulator: Regulator | None = None
    own: frozenset[uuid.UUID] = frozenset()
    granted: Mapping[Agenda, Level] = field(default_factory=dict, hash=False)
    managed: frozenset[uuid.UUID] = frozenset()
    kept_out: frozenset[Agenda] = frozenset()
    is_patient: bool = False
    unnoted: frozenset[uuid.UUID] = field(default=frozenset(), compare=False)
    again: Callable[[], "Actor"] | None = field(default=None, compare=False, repr=False)

    @property
    def is_anonymous(self) -> bool:
        return self.user is None

    @property
    def is_discreet(self) -> bool:
        """Wants no full names on agendas."""
        return self.user is not None and self.user.discreet_agenda

    @property
    def shortcuts_off(self) -> bool:
        return self.user is not None and self.user.shortcuts_off

    @property
    def text_size(self) -> str:
        """Blank: the browser's own."""
        size = self.user.text_size if self.user is not None else TextSize.NORMAL
        return "" if size == TextSize.NORMAL else size

    @property
    def is_regulator(self) -> bool:
        return self.regulator is not None

    @property
    def is_outsider(self) -> bool:
        """Books without being of the practice: what they give makes a file of its own, and they read nothing else."""
        return self.is_regulator or self.is_patient

    @property
    def is_practice(self) -> bool:
        """Has something to do with an agenda, or with who keeps them."""
        return bool(self.own or self.granted or self.managed)

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

    def level_in(self, practitioner_id: uuid.UUID | None, organization_id: uuid.UUID) -> Level:
        """What they may do in this agenda at this organization. A regulator nothing: what they book is asked of `may_book_in`."""
        if practitioner_id is not None and practitioner_id in self.own:
            return Level.MANAGE
        agenda = (practitioner_id, organization_id)
        if organization_id in self.managed and agenda not in self.kept_out:
            return Level.MANAGE
        return self.granted.get(agenda, Level.NONE)

    def may(self, level: Level, practitioner_id: uuid.UUID | None, organization_id: uuid.UUID) -> bool:
        return self.level_in(practitioner_id, organization_id) >= level

    def may_book_in(self, practitioner_id: uuid.UUID | None, organization_id: uuid.UUID) -> bool:
        """Regulators and patients book with every practitioner who shows them slots, never at a place (None)."""
        if self.is_outsider:
            return practitioner_id is not None
        return self.may(Level.BOOK, practitioner_id, organization_id)

    def may_grant_in(self, practitioner_id: uuid.UUID | None, organization_id: uuid.UUID) -> bool:
        """Whether they say who else may do what there: its practitioner, and the managers they have not kept out."""
        if practitioner_id is not None and practitioner_id in self.own:
            return True
        return organization_id in self.managed and (practitioner_id, organization_id) not in self.kept_out

    @property
    def may_book_somewhere(self) -> bool:
        """A manager who is kept out of every agenda of theirs finds none, though."""
        return bool(self.own or self.managed) or any(level >= Level.BOOK for level in self.granted.values())

    @property
    def may_grant(self) -> bool:
        """Somewhere at least."""
        return bool(self.own or self.managed)

    @property
    def stamp(self) -> str:
        """Another one as soon as they may something else: an open page asks for it."""
        rights = [self.own, self.managed, self.kept_out, self.granted.items(), self.regulator and self.regulator.id]
        told = "\n".join(" ".join(sorted(map(str, one))) if isinstance(one, Iterable) else str(one) for one in rights)
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def now(self) -> "Actor":
        """As the tables have it at this moment: whoever waited for a lock may have lost a right meanwhile. One query."""
        return self.again() if self.again is not None else self

    def includes(self, former: "Actor") -> bool:
        """Whether they may at least what they might as `former`."""
        return (
            self.regulator == former.regulator
            and self.own >= former.own
            and self.managed >= former.managed
            and self.kept_out <= former.kept_out
            and all(self.level_in(*agenda) >= level for agenda, level in former.granted.items())
        )


NOBODY = Actor()
VISITOR = Actor(is_patient=True)


def agendas_of(actor: Actor, level: Level, *, practitioner: str, organization: str) -> Q:
    """`Actor.level_in` as a condition on rows, whose columns these two name: of the agendas where they may at least this."""
    found = Q(pk__in=[])
    if actor.own:
        found |= Q(**{f"{practitioner}__in": sorted(actor.own)})
    if actor.managed:
        role = Q(**{f"{organization}__in": sorted(actor.managed)})
        for kept_from, at in sorted(actor.kept_out, key=str):
            role &= ~Q(**{practitioner: kept_from, organization: at})
        found |= role
    granted: dict[uuid.UUID, list[uuid.UUID]] = {}
    for (whose, at), may in actor.granted.items():
        if may < level:
            continue
        if whose is None:
            found |= Q(**{f"{practitioner}__isnull": True, organization: at})
        else:
            granted.setdefault(at, []).append(whose)
    for at, whom in granted.items():
        found |= Q(**{f"{practitioner}__in": whom, organization: at})
    return found


def acted_by(actor: Actor) -> dict[str, Any]:
    """The columns of `ActedBy`, but for the name, which some rows keep and others don't."""
    if actor.regulator is not None:
        return {"actor_kind": ActorKind.REGULATOR, "by_user": None, "by_regulator": actor.regulator}
    if actor.user is not None:
        return {"actor_kind": ActorKind.USER, "by_user": actor.user, "by_regulator": None}
    if actor.is_patient:
        return {"actor_kind": ActorKind.PATIENT, "by_user": None, "by_regulator": None}
    return {"actor_kind": ActorKind.SYSTEM, "by_user": None, "by_regulator": None}


def actor_of(user: User | AnonymousUser, session: object) -> Actor:
    """Who acts, from the signed-in user and the session (a mapping). One query, none for a regulator.

    A session of a regulator who was withdrawn since is nobody's.
    """
    if not isinstance(user, User) or not user.is_active:
        return NOBODY
    get = session.get  # type: ignore[attr-defined]
    if regulator_id := get(REGULATOR_KEY):
        return _regulator_actor(user, getattr(user, "regulator", None), regulator_id, get(EPOCH_KEY))
    found = practice_actor(user, now=timezone.now())
    return replace(found, again=lambda: practice_actor(user, now=timezone.now()))


def _regulator_actor(user: User, regulator: Regulator | None, regulator_id: object, epoch: object) -> Actor:
    """No query: the session's user comes with who they are for the SAS."""
    if (
        regulator is None
        or not regulator.active
        or (str(regulator.id), regulator.session_epoch) != (regulator_id, epoch)
    ):
        return NOBODY

    def again() -> Actor:
        now = Regulator.objects.filter(user=user, user__is_active=True).order_by("pk").first()
        return _regulator_actor(user, now, regulator_id, epoch)

    return Actor(user=user, regulator=regulator, again=again)


def practice_actor(user: User, *, now: datetime) -> Actor:
    """This person in a session that did not come through the SAS; with a closed account they may nothing. One query."""
    own, granted, managed, kept_out, unnoted = set(), {}, set(), set(), set()
    for kind, practitioner_id, organization_id, level, used in _rows(user, now):
        if kind == "own":
            own.add(practitioner_id)
        elif kind == "out":
            kept_out.add((practitioner_id, organization_id))
        elif kind == "grant":
            granted[practitioner_id, organization_id] = Level(level)
        else:
            if kind == Role.MANAGER:
                managed.add(organization_id)
            if used is None or used < now - NOTED_FOR:
                unnoted.add(organization_id)
    return Actor(
        user=user,
        own=frozenset(own),
        granted=granted,
        managed=frozenset(managed),
        kept_out=frozenset(kept_out),
        unnoted=frozenset(unnoted),
    )


# Stand in the statement for the person and the moment.
_SOMEBODY, _SOME_TIME = -1, datetime(1, 1, 1, tzinfo=UTC)


def _rows(user: User, now: datetime) -> list[tuple[Any, ...]]:
    """What the tables say of this person: kind (of a membership its role), practitioner, organization, level, when last used."""
    statement, values = _statement()
    given: dict[Any, Any] = {_SOMEBODY: user.pk, _SOME_TIME: now}
    with connection.cursor() as cursor:
        cursor.execute(statement, [given.get(value, value) for value in values])
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


@cache
def _statement() -> tuple[str, tuple[Any, ...]]:
    """Every request of a practice asks this: Django takes longer to write it than PostgreSQL to answer."""
    nobody = Value(None, output_field=models.UUIDField())
    nothing = Value(None, output_field=models.IntegerField())
    never = Value(None, output_field=models.DateTimeField())
    who = {"user": _SOMEBODY, "user__is_active": True}
    own = Practitioner.objects.filter(**who).order_by()
    grants = Delegation.objects.filter(**who).valid(_SOME_TIME).order_by()
    roles = Membership.objects.filter(**who).order_by()
    managed = Membership.objects.filter(**who, role=Role.MANAGER).values("organization")
    out = ManagersKeptOut.objects.filter(organization__in=managed).order_by()
    # These two first: together they say of each column what it is.
    rows = roles.values_list("role", nobody, "organization_id", nothing, "last_used_at").union(
        grants.values_list(Value("grant"), "practitioner_id", "organization_id", "level", never),
        own.values_list(Value("own"), "id", nobody, nothing, never),
        out.values_list(Value("out"), "practitioner_id", "organization_id", nothing, never),
        all=True,
    )
    statement, values = rows.query.sql_with_params()
    return statement, tuple(values)
