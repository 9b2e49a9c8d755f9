"""What somebody who looks for a moment is shown: the coming days' free slots, by day and by place."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from appointments.models import Location, Schedule
from appointments.slots.selectors import Slot, free_slots_of
from appointments.slots.values import Viewer

DAYS = 7


@dataclass(frozen=True, slots=True)
class PlaceSlots:
    """Slots of one day at one place, in time order."""

    location: Location
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class DaySlots:
    """A local day that has slots, and its places by their first slot."""

    day: date
    places: tuple[PlaceSlots, ...]

    @property
    def count(self) -> int:
        return sum(len(place.slots) for place in self.places)

    @property
    def first(self) -> Slot:
        return self.places[0].slots[0]


def slots_of_coming_days(schedules: Collection[Schedule], *, now: datetime, viewer: Viewer) -> list[Slot]:
    """Free slots of today and the six days after, each counted in its place's own time. Three queries."""
    if not schedules:
        return []
    last_days = {
        schedule.location.zone: now.astimezone(schedule.location.zone).date() + timedelta(days=DAYS - 1)
        for schedule in schedules
    }
    until = max(datetime.combine(day, time.max, tzinfo=zone) for zone, day in last_days.items())
    found = free_slots_of(schedules, since=now, until=until, now=now, viewer=viewer)
    return [slot for slot in found if local_day(slot) <= last_days[slot.schedule.location.zone]]


def by_day_and_place(slots: Iterable[Slot]) -> list[DaySlots]:
    """Slots in time order, as the page lays them out."""
    days: dict[date, dict[Location, list[Slot]]] = {}
    for slot in slots:
        days.setdefault(local_day(slot), {}).setdefault(slot.schedule.location, []).append(slot)
    return [
        DaySlots(day, tuple(PlaceSlots(location, tuple(found)) for location, found in places.items()))
        for day, places in sorted(days.items())
    ]


def local_day(slot: Slot) -> date:
    return slot.start.astimezone(slot.schedule.location.zone).date()
