"""Why nobody is received in some hours of a day of the grid: absences, closures and public holidays of what is shown."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from accounts.enums import Level
from accounts.french import NBSP, between_hours, clock_of, fold, listed
from accounts.rights import Actor
from accounts.zones import apart
from appointments.grid import Span, span_on
from appointments.models import Location, Schedule
from appointments.openings.holidays import holidays_of
from appointments.openings.recurrence import DAY_MINUTES, moment_of, whole_days
from appointments.places.rights import Agendas, closable
from appointments.slots.values import Frame

Kind = Literal["absence", "other", "closure", "holiday"]
_NAMES: dict[Kind, str] = {
    "absence": "Absence",
    "other": "Occupé (autre agenda)",
    "closure": "Fermeture",
    "holiday": "Jour férié",
}
_DAY = timedelta(days=1)
_WHOLE = Span(0, DAY_MINUTES)


@dataclass(frozen=True, slots=True)
class Break:
    """`places`: where, unless it is at all those shown. `id`: of the absence or the closure; `at`: an agenda whose time it takes,
    `only_here`: no other's. `there`: when it is at the clock of its place, where that is not the grid's.
    """

    kind: Kind
    label: str
    span: Span
    places: tuple[str, ...] = ()
    id: uuid.UUID | None = None
    there: str = ""
    only_here: bool = False
    at: Schedule | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        return self.label or _NAMES[self.kind]

    @property
    def said(self) -> str:
        return _NAMES[self.kind].lower()

    @property
    def when(self) -> str:
        """De 8 h 00 à 12 h 00."""
        return self.there or f"de {clock_of(self.span.start)} à {clock_of(self.span.end)}"

    @property
    def where(self) -> str:
        return listed(self.places)

    @property
    def sentence(self) -> str:
        """Absence : Formation, 8 h 00 – 12 h 00, Cabinet de la Glycine."""
        named = f"{_NAMES[self.kind]}{NBSP}: {self.label}" if self.label else _NAMES[self.kind]
        hours = self.there or f"{clock_of(self.span.start)} – {clock_of(self.span.end)}"
        return ", ".join(filter(None, (named, "" if self.span == _WHOLE else hours, self.where)))


def breaks_on(
    day: date, schedules: Sequence[Schedule], frames: Mapping[uuid.UUID, Frame], zone: ZoneInfo
) -> list[Break]:
    """In time order, each once whatever the number of its places; at the clock of `zone`."""
    found: dict[Break, list[Location]] = {}
    times: dict[Break, tuple[datetime, datetime]] = {}
    for schedule in schedules:
        for kind, label, start, end, row, only_here in _shut(schedule, frames[schedule.id], day):
            times_of = moment_of(start), moment_of(end)
            if span := span_on(day, *times_of, zone):
                one = Break(kind, label, span, id=row, only_here=only_here, at=schedule)
                times[one] = times_of
                found.setdefault(one, []).append(schedule.location)
    breaks = [
        replace(
            one,
            places=() if len(at) == len(schedules) else tuple(place.name for place in at),
            there=_there(*times[one], {place.zone for place in at}, zone),
        )
        for one, at in found.items()
    ]
    return sorted(breaks, key=lambda one: (one.span, fold(one.sentence)))


def _there(start: datetime, end: datetime, zones: set[ZoneInfo], grid: ZoneInfo) -> str:
    """What is at several clocks is said at the grid's."""
    [zone, *others] = zones
    if others or zone == grid:
        return ""
    return between_hours(start.astimezone(zone), end.astimezone(zone)) + apart(zone, grid)


def changeable(breaks: Iterable[tuple[Agendas, Break]], *, actor: Actor) -> set[uuid.UUID]:
    """The absences and closures among them, each of somebody's agendas, that this person may change: `AbsenceQuerySet.kept_by` of
    what is loaded. No query, but one where a place is closed whose organization they do not manage, and they an agenda there.
    """
    found: set[uuid.UUID] = set()
    closures: dict[uuid.UUID, Location] = {}
    for agendas, one in breaks:
        if one.id is None or one.at is None:
            continue
        if one.kind == "closure":
            if one.at.location.organization_id in actor.managed or agendas.level_in(one.at) == Level.MANAGE:
                closures[one.id] = one.at.location
        elif agendas.level_in(one.at) >= Level.BOOK if one.only_here else agendas.everywhere(Level.BOOK):
            found.add(one.id)
    unsure = {place for place in closures.values() if place.organization_id not in actor.managed}
    open_to = closable(actor, unsure) if unsure else []
    return found | {pk for pk, place in closures.items() if place not in unsure or place in open_to}


def hatched(breaks: Iterable[Break], hours: tuple[int, int]) -> list[tuple[Span, tuple[Break, ...]]]:
    """The pieces of the shown hours that they cover, each with those that begin there.

    A piece ends where another begins: no name stands on another.
    """
    visible = [replace(one, span=span) for one in breaks if (span := one.span.within(*hours))]
    starts = sorted({one.span.start for one in visible})
    pieces = []
    for start, following in pairwise([*starts, DAY_MINUTES]):
        reach = max(one.span.end for one in visible if one.span.start <= start)
        pieces.append((Span(start, min(reach, following)), tuple(one for one in visible if one.span.start == start)))
    return pieces


def _shut(schedule: Schedule, frame: Frame, day: date) -> Iterable[tuple[Kind, str, int, int, uuid.UUID | None, bool]]:
    """What may touch the day at the agenda's place: kind, label, start, end, row, whether it is of this agenda alone."""
    for one in frame.absences:
        yield "other" if one.other_calendar else "absence", one.label, one.start, one.end, one.id, one.only_here
    yield from (("closure", one.label, one.start, one.end, one.id, False) for one in frame.closures)
    # A day of a place far away is not quite the grid's.
    for feast, name in holidays_of(schedule.location.holidays, day - _DAY, day + _DAY).items():
        yield "holiday", name, *whole_days(feast, feast, frame.zone), None, False
