"""Where a visit of the practice stands: chosen under the lock of its line of time, beside what is there if it wants so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from appointments.booking.services.holds import end_holds
from appointments.booking.services.obstacles import Despite, InTheWay, Kind, Obstacle, obstacles
from appointments.slots.availability import capacity_at, free_lane, lowest_lane, occupied
from appointments.slots.values import PRACTICE, Frame


@dataclass(frozen=True, slots=True)
class Room:
    """The columns of an appointment that say which of the places side by side it takes."""

    lane: int
    capacity: int
    overbooked: bool


def take_room(
    *, frame: Frame, start: int, end: int, despite: Despite, buffer: int = 0, also: Sequence[Obstacle] = ()
) -> Room:
    """Room for [start, end), overbooked where there is none left. What others were holding there ends.

    `buffer`: the seconds to keep free after it, if one can. `also`: what else is to be read before one goes on.

    Raises `InTheWay` with all that stands there, unless `despite` or its seal.
    """
    found = [*obstacles(frame, start, end, buffer), *also]
    if found and despite is not True:
        there = InTheWay(found)
        if despite != there.seal:
            raise there
    overrides = any(one.kind == Kind.HOLD for one in found)
    before = frame
    if overrides:
        frame = replace(frame, taken=[one for one in frame.taken if not one.held])
    capacity = capacity_at(frame, start, end)
    lane = free_lane(occupied(frame, PRACTICE), start, end, capacity)
    if lane is not None:
        room = Room(lane, capacity, overbooked=False)
    else:
        room = Room(lowest_lane(frame.taken, start, end), capacity, overbooked=True)
    end_holds(before, start, end, room.lane, firm_too=overrides)
    return room
