"""Who may do what in the agendas of an organization, as its page tells it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, Value

from accounts.models import AccessEvent, Delegation, ManagersKeptOut, Membership, Organization, Practitioner
from accounts.rights import Actor
from accounts.services.access import access_words
from appointments.models import Schedule

_LATEST = 50
# The agenda of the places without practitioner, as a form names it.
PLACES = "lieux"


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody was given."""

    delegation: Delegation
    words: str
    has_ended: bool
    is_oneself: bool


@dataclass(frozen=True, slots=True)
class AgendaAccess:
    """Of the agenda of one practitioner, or (None) of the places without one. `may_say`: the person says who may do what."""

    practitioner: Practitioner | None
    lines: list[Line]
    may_say: bool
    is_own: bool
    keeps_managers_out: bool

    @property
    def key(self) -> str:
        """As a form names it."""
        return str(self.practitioner.pk) if self.practitioner is not None else PLACES

    @property
    def title(self) -> str:
        return str(self.practitioner) if self.practitioner is not None else "Lieux sans praticien attitré"


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


def members_of(organization: Organization) -> list[Membership]:
    """One query."""
    return list(Membership.objects.filter(organization=organization).select_related("user"))


def agendas_at(organization: Organization, *, actor: Actor, now: datetime) -> list[AgendaAccess]:
    """Those of the organization that concern this person: all for its managers, else their own. Three queries."""
    schedules = Schedule.objects.filter(organization=organization).select_related("calendar__practitioner")
    # In the order of names, the places without practitioner last.
    whose = {one.calendar.practitioner_id: one.calendar.practitioner for one in schedules}
    if organization.pk not in actor.managed:
        whose = {key: one for key, one in whose.items() if key in actor.own}
    given: dict[uuid.UUID | None, list[Line]] = {}
    rows = Delegation.objects.filter(organization=organization).select_related("user", "granted_by")
    for one in rows:
        ended = one.until is not None and one.until <= now
        oneself = actor.user is not None and one.user_id == actor.user.pk
        given.setdefault(one.practitioner_id, []).append(Line(one, access_words(one), ended, oneself))
    out = set(ManagersKeptOut.objects.filter(organization=organization).values_list("practitioner_id", flat=True))
    found: list[AgendaAccess] = []
    for key, practitioner in whose.items():
        may_say = actor.may_grant_in(key, organization.pk)
        lines = given.get(key, []) if may_say else []
        found.append(AgendaAccess(practitioner, lines, may_say, key in actor.own, key in out))
    return found


def history_at(organization: Organization, agendas: Sequence[AgendaAccess]) -> list[AccessEvent]:
    """The latest facts, newest first, of the agendas whose accesses the person reads, and of the organization's members.
    One query.
    """
    read = [one.practitioner.pk for one in agendas if one.may_say and one.practitioner is not None]
    told = Q(practitioner__in=read) | Q(practitioner=None)
    rows = AccessEvent.objects.filter(told, organization=organization)
    return list(rows.select_related("practitioner", "subject")[:_LATEST])
