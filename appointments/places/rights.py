"""What rights come to where the agendas are known: `accounts.rights` says what somebody may do, here is in which agendas."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Q

from accounts.enums import Level
from accounts.models import Practitioner
from accounts.rights import Actor
from appointments.models import Location, Schedule


@dataclass(frozen=True, slots=True)
class Agendas:
    """All agendas of one line of time, the open ones first, as somebody may use them."""

    every: Sequence[Schedule]
    actor: Actor

    def level_in(self, schedule: Schedule) -> Level:
        return self.actor.level_in(schedule.practitioner_id, schedule.organization_id)

    def at_least(self, level: Level) -> list[Schedule]:
        return [one for one in self.every if self.level_in(one) >= level]

    def everywhere(self, level: Level) -> bool:
        """Whether they may at least this at every agenda that is open, and at one at all."""
        return bool(self.at_least(level)) and all(self.level_in(one) >= level for one in self.every if one.active)


def kept_practitioners(actor: Actor, level: Level = Level.BUSY) -> list[Practitioner]:
    """Whose agenda they may at least this at one of its places, and the one they are; in the order of names. One query."""
    kept = Schedule.objects.kept_by(actor, level).values("calendar__practitioner")
    return list(Practitioner.objects.filter(Q(pk__in=kept) | Q(pk__in=actor.own)))


def closable(actor: Actor, locations: Collection[Location]) -> list[Location]:
    """Of these places those that somebody may close for everybody who receives there: its organization's managers, and who
    manages all agendas that are open there. One query.
    """
    at = {one.pk for one in locations}
    rows = Schedule.objects.select_related("calendar").filter(location__in=at)
    there: dict[uuid.UUID, list[Schedule]] = {}
    for one in rows:
        there.setdefault(one.location_id, []).append(one)

    def manages_all(location: Location) -> bool:
        found = there.get(location.pk, [])
        levels = [actor.level_in(one.practitioner_id, one.organization_id) for one in found]
        return Level.MANAGE in levels and all(
            may == Level.MANAGE for one, may in zip(found, levels, strict=True) if one.active
        )

    return [one for one in locations if one.organization_id in actor.managed or manages_all(one)]
