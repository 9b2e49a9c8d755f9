"""What a world of agendas is, for the reference and for those who make worlds up: plain values, nothing of the product."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import NamedTuple


@dataclass(frozen=True)
class WholeDays:
    """From midnight of the first day to midnight after the last one, on the clock of whichever place asks."""

    first_day: date
    last_day: date


@dataclass(frozen=True)
class Instants:
    start: datetime
    end: datetime


Period = WholeDays | Instants


@dataclass(frozen=True)
class Place:
    name: str
    zone: str = "Europe/Paris"
    closures: tuple[Period, ...] = ()
    holidays: frozenset[date] = frozenset()


@dataclass(frozen=True)
class ReasonDone:
    """A reason as it is done at one agenda: its minutes there; active when both the reason and its row there are."""

    key: str
    minutes: int
    buffer: int = 0
    modes: frozenset[str] = frozenset({"AMB"})
    active: bool = True


@dataclass(frozen=True)
class Agenda:
    """A calendar (one line of time) at one place."""

    key: str
    calendar: str
    place: Place
    active: bool = True
    has_structure_identifier: bool = True
    has_phone: bool = True
    published: bool = True
    online: bool = True
    reasons: tuple[ReasonDone, ...] = ()


@dataclass(frozen=True)
class Offer:
    """To whom: `reason` None = the row without reason, which is always open."""

    audience: str  # SNP, PRO, PUBLIC, CPTS
    community: str | None = None  # for CPTS, and only there
    reason: str | None = None
    open: bool = True
    shown_from_minutes: int | None = None
    shown_until_minutes: int = 0


@dataclass(frozen=True, kw_only=True)
class Rule:
    key: str
    agenda: str
    first_day: date
    last_day: date | None = None
    weekdays: frozenset[int]  # Monday = 1
    every_n_weeks: int = 1
    anchor_week: date  # a Monday
    start_time: time
    end_time: time  # not after start_time: the next day
    step_minutes: int
    capacity: int = 1
    modes: frozenset[str] = frozenset({"AMB"})  # AMB, HH, VR
    appointment_type: str = "ROUTINE"  # or WALKIN
    on_holidays: bool = False
    days_off: frozenset[date] = frozenset()
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True)
class Absence:
    calendar: str
    agenda: str | None  # None: everywhere
    period: Period


@dataclass(frozen=True)
class Visit:
    """An appointment that stands."""

    calendar: str
    agenda: str
    lane: int
    start: datetime
    end: datetime
    buffer_after: int = 0


@dataclass(frozen=True)
class Hold:
    calendar: str
    agenda: str
    lane: int
    start: datetime
    end: datetime
    weak: bool
    expires_at: datetime


@dataclass(frozen=True)
class World:
    agendas: tuple[Agenda, ...]
    rules: tuple[Rule, ...] = ()
    absences: tuple[Absence, ...] = ()
    visits: tuple[Visit, ...] = ()
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True)
class Viewer:
    """Who looks: an outsider reaches some audiences, (audience, community or None); the practice sees everything."""

    kind: str  # outsider, practice
    audiences: frozenset[tuple[str, str | None]] = frozenset()
    is_patient: bool = False


class Question(NamedTuple):
    """The arguments of `offered` and `explain`, in their order: `offered(*question)`."""

    world: World
    agenda: Agenda
    viewer: Viewer
    since: datetime
    until: datetime
    now: datetime


@dataclass(frozen=True)
class Offered:
    start: datetime
    end: datetime
    audiences: frozenset[str]
    modes: frozenset[str]
    reasons: frozenset[str]
    appointment_type: str
    capacity: int
    lane: int
