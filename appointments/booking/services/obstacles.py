"""What stands in the way of a visit that the practice takes at a time of its own choice: everything, with its sentence.

Nothing of it forbids: the practice is warned, and may go on.
"""

import hashlib
import uuid
from dataclasses import dataclass
from enum import StrEnum

from accounts.french import hour
from appointments.exceptions import Refused
from appointments.openings.recurrence import moment_of
from appointments.slots.availability import capacity_at, free_lane, is_open
from appointments.slots.values import PRACTICE, Frame, Shut, Taken


class Kind(StrEnum):
    VISIT = "visit"
    ELSEWHERE = "elsewhere"
    HOLD = "hold"
    BUFFER = "buffer"
    ABSENCE = "absence"
    CLOSURE = "closure"
    OUTSIDE = "outside"
    SAME_DAY = "same day"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """`row`: the visit or the absence, where it is one. Not everybody who books reads what it is about: the sentence says nothing
    of it.
    """

    kind: Kind
    sentence: str
    row: uuid.UUID | None = None


class InTheWay(Refused):
    """The practice may go on all the same, once it has read what stands there (`obstacles`).

    `seal` stands for exactly these: given back as `despite`, it goes on for them, and for nothing that came there since.
    """

    def __init__(self, found: list[Obstacle]) -> None:
        self.obstacles = found
        super().__init__(" ".join(one.sentence for one in found))

    @property
    def seal(self) -> str:
        read = "\n".join(f"{one.kind} {one.row} {one.sentence}" for one in self.obstacles)
        return hashlib.sha256(read.encode()).hexdigest()[:16]


# Whether to go on: never, whatever stands there, or for what one has read (a seal).
Despite = bool | str


def obstacles(frame: Frame, start: int, end: int, buffer: int = 0) -> list[Obstacle]:
    """By kind, then time; empty when nothing is in the way of [start, end) and of the `buffer` seconds kept free after it.

    Where several are received at once, those that leave a place free are none.
    """
    near = [one for one in frame.taken_for(PRACTICE) if one.start < end + buffer and one.until > start]
    bare = [(one.start, one.end, one.lane, one.here) for one in near]
    kept = [(one.start, one.until, one.lane, one.here) for one in near]
    capacity = capacity_at(frame, start, end)
    if free_lane(kept, start, end + buffer, capacity) is not None:
        near = []
    elif free_lane(bare, start, end, capacity) is not None:
        near = [one for one in near if one.start >= end or one.end <= start]
    found = [_taken(frame, one, start, end) for one in near]
    found += [_shut(Kind.ABSENCE, one) for one in frame.absences if one.start < end and one.end > start]
    found += [_shut(Kind.CLOSURE, one) for one in frame.closures if one.start < end and one.end > start]
    if not found and not is_open(frame, start, end):
        found.append(Obstacle(Kind.OUTSIDE, "C’est en dehors des horaires d’ouverture."))
    return sorted(found, key=lambda one: list(Kind).index(one.kind))


def _taken(frame: Frame, one: Taken, start: int, end: int) -> Obstacle:
    span = f"de {_hour(frame, one.start)} à {_hour(frame, one.end)}"
    if one.start >= end or one.end <= start:
        what = "le créneau retenu" if one.held else "le rendez-vous"
        if one.end <= start:
            return Obstacle(Kind.BUFFER, f"Du temps est gardé libre après {what} {span}.")
        return Obstacle(
            Kind.BUFFER, f"{what.capitalize()} {span} commence dans le temps à garder libre après celui-ci."
        )
    if one.held:
        where = "" if one.here else " dans un autre lieu"
        return Obstacle(Kind.HOLD, f"Ce moment est retenu {span}{where} par quelqu’un qui est en train de le réserver.")
    if not one.here:
        return Obstacle(Kind.ELSEWHERE, f"Le praticien est dans un autre lieu {span}.", one.id)
    return Obstacle(Kind.VISIT, f"Un rendez-vous est déjà pris {span}.", one.id)


def _shut(kind: Kind, one: Shut) -> Obstacle:
    if kind == Kind.ABSENCE:
        return Obstacle(kind, "Le praticien n’est pas disponible à ce moment.", one.id)
    named = f" ({one.label})" if one.label else ""
    return Obstacle(kind, f"Le lieu est fermé à ce moment{named}.")


def _hour(frame: Frame, moment: int) -> str:
    return hour(moment_of(moment).astimezone(frame.zone))
