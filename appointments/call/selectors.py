"""What somebody who looks for a moment is shown: the coming days' free slots, by day and by place."""

import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from accounts.rights import Actor
from accounts.single import single
from appointments.models import Absence, Schedule
from appointments.openings.selectors import replaced_between
from appointments.places.selectors import grid_zone
from appointments.slots.selectors import Slot, free_slots_of, publishing, viewer_of
from appointments.slots.slot_key import SlotKey
from appointments.slots.values import Viewer

DAYS = 7
_PRACTITIONER = re.compile(r"/praticien/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/")


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


@dataclass(frozen=True, slots=True)
class Called:
    """A practice that can be called, and the hour to tell it, if one was chosen."""

    schedule: Schedule
    start: datetime | None


def practice_of(address: str) -> Called | None:
    """Of the slot, else the practitioner, that this address of ours is about. One query, none for another page."""
    parts = urlsplit(address)
    agendas = Schedule.objects.with_place().open().filter(calendar__practitioner__isnull=False)
    for text in parse_qs(parts.query).get("creneau", []):
        with suppress(ValueError):
            key = SlotKey.parse(text)
            found = single(agendas.filter(pk=key.schedule_id))
            return Called(found, key.start) if found else None
    named = _PRACTITIONER.match(parts.path)
    found = agendas.of_practitioner(named[1]).order_by("pk").first() if named else None
    return Called(found, None) if found else None


@dataclass(frozen=True, slots=True)
class Replaced:
    """An absence, and who replaces. `reached`: their slots are shown to whoever looks."""

    absence: Absence
    zone: ZoneInfo
    reached: bool

    @property
    def by(self) -> Schedule:
        replacement = self.absence.replacement
        assert replacement is not None  # noqa: S101  # only those that have one are read
        return replacement


def replacements(schedules: Collection[Schedule], *, since: datetime, until: datetime, actor: Actor) -> list[Replaced]:
    """Who replaces at these agendas during this time. One query; one more where somebody does, for a regulator."""
    rows = replaced_between(schedules, since, until) if schedules else []
    by = [row.replacement for row in rows if row.replacement is not None]
    if actor.is_regulator:
        reached = publishing(by, viewer=viewer_of(actor)) if by else set()
    else:
        reached = {one.id for one in by if actor.may_book_in(one.practitioner_id, one.organization_id)}
    return [
        Replaced(
            row,
            row.schedule.location.zone if row.schedule else grid_zone(list(schedules)),
            row.replacement_id in reached,
        )
        for row in rows
    ]


def local_day(slot: Slot) -> date:
    return slot.start.astimezone(slot.schedule.location.zone).date()


def minutes_until(moment: datetime, now: datetime, zone: ZoneInfo) -> int | None:
    """How long until then, while that says more than the day: today, or a few hours after midnight."""
    minutes = int((moment - now).total_seconds() // 60)
    is_today = moment.astimezone(zone).date() == now.astimezone(zone).date()
    return minutes if 0 <= minutes < (12 if is_today else 4) * 60 else None
