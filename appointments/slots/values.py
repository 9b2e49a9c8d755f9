"""What slots are computed from, and what they are: frozen values. Pure. Moments and lengths are seconds."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

from appointments.openings.recurrence import Recurrence

MINUTE = 60
# In the order in which the SAS is told them.
AUDIENCES = ("PUBLIC", "PRO", "SNP", "CPTS")
MODES = ("AMB", "HH", "VR")
ROUTINE, WALKIN = "ROUTINE", "WALKIN"

Reach = tuple[str, uuid.UUID | None]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: the audiences they belong to, each with its community (CPTS only).

    The practice sees everything, what is offered to nobody included, whatever the notice; and its buffers are no obstacle to
    itself. A patient is also kept from what other visitors hold weakly. `holder`: whose own holds are no obstacle to them
    (a regulator's id, or the token of a visitor's hold).
    """

    reach: frozenset[Reach] = frozenset()
    is_practice: bool = False
    is_patient: bool = False
    holder: uuid.UUID | None = None


PRACTICE = Viewer(is_practice=True)
REGULATOR = Viewer(frozenset({("PUBLIC", None), ("PRO", None), ("SNP", None)}))
PATIENT = Viewer(frozenset({("PUBLIC", None)}), is_patient=True)


@dataclass(frozen=True, slots=True)
class ReasonDone:
    """A reason that is done at an agenda. `minutes` is how long it takes there, `buffer` the minutes kept free after it.

    `rank`: its place in the agenda's list; `colour`: the class of its tone.
    """

    id: uuid.UUID
    label: str
    minutes: int
    buffer: int = 0
    consultation_types: frozenset[str] = frozenset(MODES)
    rank: int = 0
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Offer:
    """To whom, for which reason (None: any), and from how long until how long before the beginning, in minutes."""

    audience: str
    community: uuid.UUID | None = None
    reason: uuid.UUID | None = None
    open: bool = True
    shown_from: int | None = None
    shown_until: int = 0


@dataclass(frozen=True, slots=True)
class OpenRule:
    """A rule as the pipeline needs it; `step` in minutes."""

    id: uuid.UUID
    recurrence: Recurrence
    step: int
    capacity: int
    consultation_types: tuple[str, ...]
    appointment_type: str
    offers: tuple[Offer, ...]


class Taken(NamedTuple):
    """Time of the line that is not free: a standing visit, or a live hold. `until` is its end with the buffer after it.

    `here`: at this agenda; else the same people are busy at another place. `id`: of its row; `holder`: whose hold it is (as in
    `Viewer`).
    """

    start: int
    end: int
    until: int
    lane: int
    here: bool
    held: bool = False
    weak: bool = False
    id: uuid.UUID | None = None
    holder: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Shut:
    """[start, end) of an absence or a closure, as it is at a place. `other_calendar`: what the practitioner has in one that they
    keep elsewhere, which is no row that anybody reads; `only_here`: an absence from this agenda alone.
    """

    start: int
    end: int
    id: uuid.UUID | None = None
    label: str = ""
    other_calendar: bool = False
    only_here: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """Everything the slots of one agenda depend on, over some time: read once, then only arithmetic.

    `closures` and `absences` are those that touch the time read; they and `taken` are in order of their starts. `holidays` are
    the place's days. `online`: whether patients book here themselves.
    """

    zone: ZoneInfo
    rules: Sequence[OpenRule] = ()
    reasons: Sequence[ReasonDone] = ()
    closures: Sequence[Shut] = ()
    absences: Sequence[Shut] = ()
    holidays: frozenset[date] = frozenset()
    taken: Sequence[Taken] = ()
    active: bool = True
    has_structure_identifier: bool = True
    has_phone: bool = True
    published: bool = True
    online: bool = True

    def taken_for(self, viewer: Viewer) -> list[Taken]:
        """What stands in this viewer's way."""
        return [
            one
            for one in self.taken
            if not one.held
            or ((not one.weak or viewer.is_patient) and (one.holder is None or one.holder != viewer.holder))
        ]


@dataclass(frozen=True, slots=True)
class Offered:
    """What a slot is for: the union of everything that offers it to the viewer. Codes in the order the SAS is told."""

    audiences: tuple[str, ...]
    consultation_types: tuple[str, ...]
    appointment_type: str
    reasons: tuple[ReasonDone, ...]
    capacity: int = 1


def without(frame: Frame, row: uuid.UUID) -> Frame:
    """As if this visit or hold were not there."""
    return replace(frame, taken=[one for one in frame.taken if one.id != row])
