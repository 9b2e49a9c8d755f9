"""The hours of some days, as a page lays them out: days, halves of a day, places."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.french import hour
from accounts.zones import are_several
from appointments.models import Location, Schedule
from appointments.online.selectors.agendas import FAR, hours
from appointments.places.selectors import grid_zone
from appointments.slots.selectors import Slot
from appointments.slots.values import Viewer
from appointments.slots.wishes import Wish

# Shown at a time, today or the chosen day first.
DAYS = 7
_NOON, _EVENING = 12, 18


@dataclass(frozen=True, slots=True)
class Part:
    """« Matin », at one place: named where there are several. `starts`: of each the slot's key, and its hour in words, as pages
    show a hundred of them.
    """

    label: str
    location: Location
    starts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    parts: tuple[Part, ...]

    @property
    def count(self) -> int:
        return sum(len(part.starts) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Calendar:
    """`first`: the first hour of the days after these, where these have none. `following`: the first day that comes after."""

    days: tuple[Day, ...]
    zone: ZoneInfo
    several_places: bool
    several_clocks: bool
    first: Slot | None
    following: date

    @property
    def count(self) -> int:
        return sum(day.count for day in self.days)

    @property
    def first_day(self) -> date:
        return self.days[0].day


def calendar_of(
    schedules: Sequence[Schedule], wish: Wish, *, asked: date | None, now: datetime, viewer: Viewer
) -> Calendar:
    """The days from today, or from the day asked for. Two queries at most."""
    zone = grid_zone(schedules)
    today = now.astimezone(zone).date()
    farthest = today + FAR
    first = min(max(asked or today, today), farthest)
    since = max(now, datetime.combine(first, time.min, zone))
    until = datetime.combine(first + timedelta(days=DAYS - 1), time.max, zone)
    found = hours(schedules, wish, since=since, until=until, now=now, viewer=viewer)
    days = tuple(_day(first + timedelta(days=count), found) for count in range(DAYS))
    later = None
    if not found:
        after = hours(schedules, wish, since=until, until=until + FAR, now=now, viewer=viewer)
        later = after[0] if after else None
    return Calendar(
        days,
        zone,
        several_places=len({one.location_id for one in schedules}) > 1,
        several_clocks=are_several(one.location.zone for one in schedules),
        first=later,
        following=first + timedelta(days=DAYS),
    )


def _day(day: date, slots: Collection[Slot]) -> Day:
    parts: dict[tuple[str, Location], list[tuple[str, str]]] = {}
    for slot in slots:
        local = slot.start.astimezone(slot.schedule.location.zone)
        if local.date() == day:
            half = "Matin" if local.hour < _NOON else "Après-midi" if local.hour < _EVENING else "Soir"
            parts.setdefault((half, slot.schedule.location), []).append((str(slot.key), hour(local)))
    return Day(day, tuple(Part(label, location, tuple(them)) for (label, location), them in parts.items()))
