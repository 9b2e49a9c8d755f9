"""Who else receives, when a practitioner has nothing free: never a dead end."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.models import Practitioner
from accounts.rights import Actor
from appointments.call.selectors import Replaced, slots_of_coming_days
from appointments.models import CommunityMember, Location, Schedule
from appointments.slots.selectors import Slot, viewer_of

# Named at once, and of each the first hours.
_COLLEAGUES, _HOURS = 4, 3
# Beyond, the agendas that are near are enough.
_LOOKED_AT = 25


@dataclass(frozen=True, slots=True)
class Colleague:
    """`near`: what they have in common with whom was asked for, in words."""

    practitioner: Practitioner
    near: str
    slots: tuple[Slot, ...]

    @property
    def place(self) -> Location:
        return self.slots[0].schedule.location


def colleagues_of(
    schedules: Sequence[Schedule],
    replaced: Collection[Replaced],
    *,
    now: datetime,
    actor: Actor,
    around: datetime | None = None,
) -> list[Colleague]:
    """Of who replaces, of the same place, the same organization, the same community: those with free slots this person may book,
    the nearest first, of the same specialty before others. Of each the first ones, or those nearest to `around`, later before
    earlier. Six queries.
    """
    if not schedules:
        return []
    places = {one.location_id for one in schedules}
    organizations = {one.organization_id for one in schedules}
    communities = CommunityMember.objects.filter(organization__in=organizations).values("community")
    members = CommunityMember.objects.filter(community__in=communities).values("organization")
    rows = Schedule.objects.with_place().open().filter(
        Q(location__in=places) | Q(organization__in=organizations) | Q(organization__in=members)
        | Q(pk__in=[one.by.id for one in replaced])
    )  # fmt: skip
    rows = rows.exclude(calendar__in={one.calendar_id for one in schedules}).filter(
        calendar__practitioner__isnull=False
    )
    replacing = {one.by.id for one in replaced}
    codes = {code for one in schedules if one.practitioner_id for code in one.practitioner.specialty_codes}

    def distance(one: Schedule) -> tuple[int, bool, str]:
        tier = (
            0 if one.id in replacing
            else 1 if one.location_id in places
            else 2 if one.organization_id in organizations
            else 3
        )  # fmt: skip
        return tier, not codes & set(one.practitioner.specialty_codes), str(one.id)

    near = sorted((one for one in rows if actor.may_book_in(one.practitioner_id, one.organization_id)), key=distance)
    near = near[:_LOOKED_AT]
    found: dict[Schedule, list[Slot]] = {}
    for slot in slots_of_coming_days(near, now=now, viewer=viewer_of(actor)):
        if not slot.is_walk_in:
            found.setdefault(slot.schedule, []).append(slot)
    words = ("Remplace", "Même lieu", "Même structure", "Même communauté")

    def hours(slots: list[Slot]) -> tuple[Slot, ...]:
        if around is not None:
            # Who is on the phone can rather come later than earlier.
            slots = sorted(slots, key=lambda slot: (slot.start < around, abs(slot.start - around)))
        # Of several at one hour the first.
        by_start = {slot.start: slot for slot in reversed(slots)}
        kept = [slot for slot in slots if by_start[slot.start] is slot][:_HOURS]
        return tuple(sorted(kept, key=lambda slot: slot.start))

    return [
        Colleague(one.practitioner, words[distance(one)[0]], hours(found[one]))
        for one in near
        if one in found
    ][:_COLLEAGUES]  # fmt: skip
