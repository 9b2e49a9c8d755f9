"""An agenda as it is drawn: columns of days, their rows, and where each stands."""

from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from zoneinfo import ZoneInfo

from accounts.french import clock_of
from accounts.zones import name_of
from appointments.grid import Scale, Span
from appointments.models import Appointment, Schedule
from appointments.pages.breaks import Break
from appointments.slots.selectors import Slot

# What other blocks stand on.
ZONES = ("closed", "breaks", "taken", "idle")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a day's list. Exactly one of the six is set, or none: closed hours. `breaks`: those that begin there; `idle`:
    open and not taken, where no slot is drawn.
    """

    span: Span
    css: str
    appointment: Appointment | None = None
    slot: Slot | None = None
    breaks: tuple[Break, ...] = ()
    crowd: tuple[Appointment | Slot, ...] = ()
    taken: bool = False
    idle: bool = False

    @property
    def item(self) -> Appointment | Slot | None:
        """What stands there, of which `agenda.blocks` makes the block."""
        return self.appointment or self.slot

    @property
    def kind(self) -> str:
        for name in ("appointment", "slot", "breaks", "crowd", "taken", "idle"):
            if getattr(self, name):
                return name
        return "closed"

    @property
    def starts(self) -> str:
        return clock_of(self.span.start)

    @property
    def ends(self) -> str:
        return clock_of(self.span.end)


@dataclass(frozen=True, slots=True)
class Column:
    """One day. `count` is that of standing appointments, `free` that of slots still free.

    `breaks`: why nobody is received; those of `said` are told above the grid, where others may receive over them.
    `cancelled`: the appointments that are not drawn, because their time is free again or taken by another.
    """

    day: date
    rows: list[Row]
    places: list[str]
    breaks: list[Break]
    said: list[Break]
    cancelled: list[Appointment]
    count: int
    free: int
    is_open: bool
    is_today: bool

    @property
    def is_empty(self) -> bool:
        return not self.is_open and not any(row.appointment or row.slot or row.crowd or row.taken for row in self.rows)

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
class Agenda:
    zone: ZoneInfo
    schedules: list[Schedule]
    columns: list[Column]
    first_hour: int
    last_hour: int
    scale: Scale
    now_css: str  # where the red line is, "" when now is out of the grid
    now_text: str
    is_drawn: bool  # there is a place, or time that is taken elsewhere

    @property
    def hours(self) -> list[Hour]:
        return [Hour(f"at-{hour}h", hour) for hour in range(self.first_hour, self.last_hour)]

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
    def has_several_places(self) -> bool:
        return len(self.schedules) > 1
