"""Who may do what in the agendas of an organization, as its page « Équipe » tells it; and whom to ask, for who may nothing."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, Value

from accounts.enums import Level, Role
from accounts.french import listed, sentence
from accounts.models import (
    AccessEvent,
    Delegation,
    Invitation,
    ManagersKeptOut,
    Membership,
    Organization,
    Practitioner,
    User,
)
from accounts.rights import Actor
from accounts.services.access import last_day
from appointments.models import Schedule

_LATEST = 50
# The agenda of the places without practitioner, as a form names it.
PLACES = "lieux"


@dataclass(frozen=True, slots=True)
class Column:
    """The agenda of one practitioner, or (None) those of the places without one; `places`: where, if there are several in the
    organization. `may_say`: the person who reads says who may do what there; what is given in it is read by nobody else.
    """

    practitioner: Practitioner | None
    places: list[str]
    may_say: bool
    is_own: bool
    keeps_managers_out: bool

    @property
    def practitioner_id(self) -> uuid.UUID | None:
        return self.practitioner.pk if self.practitioner is not None else None

    @property
    def key(self) -> str:
        """As a form names it."""
        return self.practitioner.pk.hex if self.practitioner is not None else PLACES

    @property
    def title(self) -> str:
        return str(self.practitioner) if self.practitioner is not None else "Lieux sans praticien"

    @property
    def short(self) -> str:
        return self.practitioner.family_name if self.practitioner is not None else "Lieux sans praticien"

    @property
    def where(self) -> str:
        return listed(self.places)


@dataclass(frozen=True, slots=True)
class Cell:
    """What somebody may in one agenda: by being its practitioner (`is_own`), by their role, or by what they were given."""

    level: Level
    is_own: bool = False
    by_role: bool = False
    given: Delegation | None = None
    ended: date | None = None

    @property
    def last_day(self) -> date | None:
        until = self.given.until if self.given is not None else None
        return last_day(until) if until is not None else None

    @property
    def is_given(self) -> bool:
        """It is, or could be, by being given."""
        return not (self.is_own or self.by_role)


@dataclass(frozen=True, slots=True)
class Line:
    """One person: a member, or a practitioner who receives there, with an account or without. `cells` in the order of the
    columns, None where who reads is not told.
    """

    membership: Membership | None
    practitioner: Practitioner | None
    cells: list[Cell | None]
    is_oneself: bool

    @property
    def standing(self) -> str:
        """Praticien, responsable, vous."""
        words = ["praticien"] if self.practitioner is not None else []
        if self.membership is not None:
            words.append(str(self.membership.get_role_display()).lower())
        else:
            has_account = self.practitioner is not None and self.practitioner.user_id is not None
            words.append("pas membre" if has_account else "sans compte")
        return sentence(", ".join([*words, *(["vous"] if self.is_oneself else [])]))

    @property
    def name(self) -> str:
        return str(self.practitioner or (self.membership.user if self.membership is not None else ""))


@dataclass(frozen=True, slots=True)
class Team:
    organization: Organization
    zone: ZoneInfo
    columns: list[Column]
    lines: list[Line]

    @property
    def said(self) -> list[Column]:
        """Where the person who reads says who may do what."""
        return [one for one in self.columns if one.may_say]

    @property
    def managers(self) -> list[User]:
        members = [one.membership for one in self.lines if one.membership is not None]
        return [one.user for one in members if one.is_manager]

    def line_of(self, membership_id: uuid.UUID) -> Line | None:
        members = (one for one in self.lines if one.membership is not None)
        return next((one for one in members if one.membership.pk == membership_id), None)  # type: ignore[union-attr]

    def cell_of(self, line: Line, column: Column) -> Cell:
        """One that who reads is told."""
        found = line.cells[self.columns.index(column)]
        return found if found is not None else Cell(Level.NONE)


def organizations_of(actor: Actor) -> list[Organization]:
    """Where somebody says who may do what: those they manage, and those where their own agenda is; with their clocks.
    One query.
    """
    own = Schedule.objects.filter(calendar__practitioner__in=actor.own).values("organization")
    rows = Organization.objects.filter(Q(pk__in=actor.managed) | Q(pk__in=own))
    clocks = ArrayAgg("locations__time_zone", distinct=True, default=Value([]))
    # What is grouped has no order of its own.
    return list(rows.annotate(time_zones=clocks).order_by("name__folded"))


def clock_of(organization: Organization) -> ZoneInfo:
    """Of one found by `organizations_of`: its places', the house's own where they have several, or there is none."""
    found: list[str] = organization.time_zones  # type: ignore[attr-defined]
    return ZoneInfo(found[0] if len(found) == 1 and found[0] else settings.TIME_ZONE)


def team_of(organization: Organization, *, actor: Actor, now: datetime) -> Team:
    """Of one found by `organizations_of`. Its managers read of all agendas, a practitioner of their own. Four queries."""
    out = set(ManagersKeptOut.objects.filter(organization=organization).values_list("practitioner_id", flat=True))
    columns = _columns(organization, actor, out)
    members = list(Membership.objects.filter(organization=organization).select_related("user"))
    given: dict[tuple[int, uuid.UUID | None], Delegation] = {}
    for one in Delegation.objects.filter(organization=organization).select_related("granted_by"):
        given[one.user_id, one.practitioner_id] = one

    def line(membership: Membership | None, practitioner: Practitioner | None) -> Line:
        cells = [_cell(membership, practitioner, column, given, now) if column.may_say else None for column in columns]
        user_id = membership.user_id if membership is not None else practitioner and practitioner.user_id
        return Line(membership, practitioner, cells, actor.user is not None and user_id == actor.user.pk)

    whose = {one.practitioner.user_id: one.practitioner for one in columns if one.practitioner is not None}
    lines = [line(one, whose.get(one.user_id)) for one in members]
    joined = {one.user_id for one in members}
    alone = [one.practitioner for one in columns if one.practitioner and one.practitioner.user_id not in joined]
    return Team(organization, clock_of(organization), columns, lines + [line(None, one) for one in alone])


def invitations_at(organization: Organization) -> list[Invitation]:
    """Those that wait for an answer, the latest first, with what they give. Two queries."""
    rows = Invitation.objects.pending().filter(organization=organization)
    return list(rows.select_related("practitioner").prefetch_related("accesses__practitioner"))


def history_at(organization: Organization, columns: Sequence[Column]) -> list[AccessEvent]:
    """The latest facts, newest first, of the agendas whose accesses the person reads, and of the organization's members.
    One query.
    """
    read = [one.practitioner_id for one in columns if one.may_say and one.practitioner is not None]
    told = Q(practitioner__in=read) | Q(practitioner=None)
    rows = AccessEvent.objects.filter(told, organization=organization)
    return list(rows.select_related("practitioner", "subject")[:_LATEST])


@dataclass(frozen=True, slots=True)
class Standing:
    """Of somebody who may nothing: where they are a member and who could give them something, what they had until then, and who
    has invited them.
    """

    organizations: list[tuple[Organization, list[User]]]
    ended: list[tuple[Delegation, date]]
    invitations: list[Invitation]


def standing_of(user: User, *, now: datetime) -> Standing:
    """Four queries."""
    own = Membership.objects.filter(user=user).select_related("organization").order_by("organization__name__folded")
    organizations = [one.organization for one in own]
    rows = Membership.objects.filter(organization__in=organizations, role=Role.MANAGER).select_related("user")
    managers: dict[uuid.UUID, list[User]] = {}
    for one in rows:
        managers.setdefault(one.organization_id, []).append(one.user)
    ended = Delegation.objects.filter(user=user, until__lte=now).select_related("practitioner", "organization")
    invited = Invitation.objects.pending().filter(email=user.email, expires_at__gt=now).select_related("organization")
    return Standing(
        [(one, managers.get(one.pk, [])) for one in organizations],
        [(one, last_day(one.until)) for one in ended if one.until is not None],
        list(invited),
    )


def _columns(organization: Organization, actor: Actor, out: set[uuid.UUID]) -> list[Column]:
    """In the order of names, the places without practitioner last."""
    schedules = Schedule.objects.filter(organization=organization).select_related(
        "calendar__practitioner__user", "location"
    )
    places: dict[uuid.UUID | None, list[str]] = {}
    whose: dict[uuid.UUID | None, Practitioner | None] = {}
    for one in schedules:
        whose[one.practitioner_id] = one.calendar.practitioner
        places.setdefault(one.practitioner_id, []).append(one.location.name)
    several = len({one.location_id for one in schedules}) > 1
    if organization.pk not in actor.managed:
        whose = {key: one for key, one in whose.items() if key in actor.own}
    return [
        Column(
            one,
            places[key] if several or one is None else [],
            actor.may_grant_in(key, organization.pk),
            key in actor.own,
            key in out,
        )
        for key, one in whose.items()
    ]


def _cell(
    membership: Membership | None,
    practitioner: Practitioner | None,
    column: Column,
    given: dict[tuple[int, uuid.UUID | None], Delegation],
    now: datetime,
) -> Cell:
    if practitioner is not None and practitioner == column.practitioner:
        return Cell(Level.MANAGE, is_own=True)
    if membership is None:
        return Cell(Level.NONE)
    if membership.is_manager and not column.keeps_managers_out:
        return Cell(Level.MANAGE, by_role=True)
    found = given.get((membership.user_id, column.practitioner_id))
    if found is None:
        return Cell(Level.NONE)
    if found.has_ended(now):
        return Cell(Level.NONE, ended=last_day(found.until) if found.until is not None else None)
    return Cell(Level(found.level), given=found)
