"""Why nobody is received in some hours of a day of the grid: absences, closures and public holidays of what is shown."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from accounts.enums import Level
from accounts.french import NBSP, clock_of, fold, listed
from accounts.rights import Actor
from appointments.grid import Span, span_on
from appointments.models import Absence, Closure, Schedule
from appointments.openings.holidays import holidays_of
from appointments.openings.recurrence import DAY_MINUTES, moment_of, whole_days
from appointments.places.rights import closable
from appointments.slots.values import Frame

Kind = Literal["absence", "closure", "holiday"]
_NAMES: dict[Kind, str] = {"absence": "Absence", "closure": "Fermeture", "holiday": "Jour férié"}
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Break:
    """`places`: where, unless it is at all those shown. `id`: of the absence or the closure."""

    kind: Kind
    label: str
    span: Span
    places: tuple[str, ...] = ()
    id: uuid.UUID | None = None

    @property
    def name(self) -> str:
        return self.label or _NAMES[self.kind]

    @property
    def said(self) -> str:
        return _NAMES[self.kind].lower()

    @property
    def starts(self) -> str:
        return clock_of(self.span.start)

    @property
    def ends(self) -> str:
        return clock_of(self.span.end)

    @property
    def where(self) -> str:
        return listed(self.places)

    @property
    def sentence(self) -> str:
        """Absence : Formation, 8 h 00 – 12 h 00, Cabinet de la Glycine."""
        named = f"{_NAMES[self.kind]}{NBSP}: {self.label}" if self.label else _NAMES[self.kind]
        whole = self.span == Span(0, DAY_MINUTES)
        return ", ".join(filter(None, (named, "" if whole else f"{self.starts} – {self.ends}", self.where)))


def breaks_on(
    day: date, schedules: Sequence[Schedule], frames: Mapping[uuid.UUID, Frame], zone: ZoneInfo
) -> list[Break]:
    """In time order, each once whatever the number of its places; at the clock of `zone`."""
    found: dict[Break, list[str]] = {}
    for schedule in schedules:
        for kind, label, start, end, row in _shut(schedule, frames[schedule.id], day):
            if span := span_on(day, moment_of(start), moment_of(end), zone):
                found.setdefault(Break(kind, label, span, id=row), []).append(schedule.location.name)
    breaks = [replace(one, places=() if len(names) == len(schedules) else tuple(names)) for one, names in found.items()]
    return sorted(breaks, key=lambda one: (one.span, fold(one.sentence)))


def changeable(breaks: Sequence[Break], *, actor: Actor) -> set[uuid.UUID]:
    """The absences and closures among them that this person may change. Three queries at most."""
    absences, closures = (
        {one.id for one in breaks if one.kind == kind and one.id is not None} for kind in ("absence", "closure")
    )
    found: set[uuid.UUID] = set()
    if absences:
        found |= set(Absence.objects.kept_by(actor, Level.BOOK).filter(pk__in=absences).values_list("pk", flat=True))
    if closures:
        rows = Closure.objects.select_related("location").filter(pk__in=closures)
        open_to = closable(actor, [one.location for one in rows])
        found |= {one.pk for one in rows if one.location in open_to}
    return found


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


def _shut(schedule: Schedule, frame: Frame, day: date) -> Iterable[tuple[Kind, str, int, int, uuid.UUID | None]]:
    """What may touch the day at the agenda's place: kind, label, start, end, row."""
    yield from (("absence", one.label, one.start, one.end, one.id) for one in frame.absences)
    yield from (("closure", one.label, one.start, one.end, one.id) for one in frame.closures)
    # A day of a place far away is not quite the grid's.
    for feast, name in holidays_of(schedule.location.holidays, day - _DAY, day + _DAY).items():
        yield "holiday", name, *whole_days(feast, feast, frame.zone), None
