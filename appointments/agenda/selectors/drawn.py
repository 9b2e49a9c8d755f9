"""An agenda as it is drawn: columns of days, their rows, and where each stands."""

from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from zoneinfo import ZoneInfo

from accounts.french import clock_of
from accounts.models import Practitioner
from accounts.zones import name_of
from appointments.grid import Scale, Span
from appointments.models import Appointment, Reason, Schedule
from appointments.pages.breaks import Break
from appointments.slots.selectors import Slot


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a day's list. Exactly one of the seven is set, or none: closed hours. `breaks`: those that begin there; `idle`:
    open and not taken, where no slot is drawn; `away`: the name of the place, not shown now, where the practitioner is then.
    `lengths`: of a slot, all that may begin there, in minutes, where its height does not tell.
    """

    span: Span
    css: str
    appointment: Appointment | None = None
    slot: Slot | None = None
    breaks: tuple[Break, ...] = ()
    crowd: tuple[Appointment | Slot, ...] = ()
    taken: bool = False
    idle: bool = False
    away: str = ""
    lengths: tuple[int, ...] = ()

    @property
    def is_zone(self) -> bool:
        """What other blocks stand on."""
        return self.appointment is None and self.slot is None and not self.crowd

    @property
    def zone_css(self) -> str:
        return "is-zone " if self.is_zone else ""

    @property
    def item(self) -> Appointment | Slot | None:
        """What stands there, of which `agenda.blocks` makes the block."""
        return self.appointment or self.slot

    @property
    def starts(self) -> str:
        return clock_of(self.span.start)

    @property
    def ends(self) -> str:
        return clock_of(self.span.end)


@dataclass(frozen=True, slots=True)
class Column:
    """One day of one practitioner. `is_seen`: at a place at least. `count` is that of standing appointments,
    `free` that of starts still free, shown or not.

    `breaks`: why nobody is received; those of `said` are told above the grid, where others may receive over them.
    `cancelled`: the appointments that are not drawn, because their time is free again or taken by another.
    """

    practitioner: Practitioner
    day: date
    rows: list[Row]
    places: list[str]
    breaks: list[Break]
    said: list[Break]
    cancelled: list[Appointment]
    count: int
    free: int
    is_seen: bool
    is_open: bool
    is_today: bool

    @property
    def is_empty(self) -> bool:
        return not self.is_open and not any(
            row.appointment or row.slot or row.crowd or row.taken or row.away for row in self.rows
        )

    @property
    def aside(self) -> list[Appointment | Slot]:
        """What the grid had no room for, in time order; listed under it."""
        crowded: list[Appointment | Slot] = [item for row in self.rows for item in row.crowd]
        return sorted([*crowded, *self.cancelled], key=attrgetter("start"))


@dataclass(frozen=True, slots=True)
class Hour:
    """A label of the gutter."""

    css: str
    label: int


@dataclass(frozen=True, slots=True)
class Fold:
    """Hours in which nothing stands, in no column, drawn as one line; nor is anything open, but for a night's `free` slots."""

    first: int
    last: int
    free: int = 0

    @property
    def css(self) -> str:
        return f"has-fold fold-{self.first} gone-{self.last - self.first}h"


@dataclass(frozen=True, slots=True)
class Agenda:
    zone: ZoneInfo
    schedules: list[Schedule]
    columns: list[Column]
    first_hour: int
    last_hour: int
    scale: Scale
    now_css: str  # where the red line is, "" when now is out of the grid
    now_text: str
    fold: Fold | None
    evening: Fold | None  # what is left out at the grid's end
    has_several_places: bool  # one of the practitioners is seen at several
    is_drawn: bool  # there is a place, or time that is taken elsewhere

    @property
    def hours(self) -> list[Hour]:
        fold = self.fold or Fold(24, 24)
        edges = {fold.last: " is-below is-edge"} if self.fold else {}
        return [
            Hour(f"at-{hour}h" + edges.get(hour, " is-below" if hour > fold.last else ""), hour)
            for hour in range(self.first_hour, self.last_hour)
            if not fold.first <= hour < fold.last
        ]

    @property
    def zone_name(self) -> str:
        """The region or the city whose time the grid shows."""
        return name_of(self.zone)

    @property
    def other_clocks(self) -> list[ZoneInfo]:
        """Of the places whose hours are not the grid's."""
        others = {one.location.zone.key: one.location.zone for one in self.schedules}
        return [zone for key, zone in others.items() if key != self.zone.key]

    @property
    def reasons(self) -> list[Reason]:
        """Of the visits that are drawn, each once, in the order of their list: what the colours say."""
        rows = (row.appointment for column in self.columns for row in column.rows)
        found = {one.reason.pk: one.reason for one in rows if one is not None and one.reason is not None}
        return sorted(found.values(), key=lambda one: (one.position, one.label_folded))
