"""Where a visit of the practice stands: chosen under the lock of its line of time, beside what is there if it wants so."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from appointments.booking.services.holds import clear_holds
from appointments.booking.services.obstacles import InTheWay, Kind, obstacles
from appointments.models import Schedule
from appointments.openings.recurrence import number_of
from appointments.slots.availability import capacity_at, free_lane, lowest_lane, occupied
from appointments.slots.values import PRACTICE, Frame


@dataclass(frozen=True, slots=True)
class Room:
    """The columns of an appointment that say which of the places side by side it takes."""

    lane: int
    capacity: int
    overbooked: bool


def take_room(
    *,
    schedule: Schedule,
    frame: Frame,
    start: datetime,
    end: datetime,
    despite: bool,
    heedless_of: Collection[Kind] = (),
) -> Room:
    """Room for [start, end), overbooked where there is none left. What others were holding there ends.

    Raises `InTheWay` with all that stands there, but for what the caller is `heedless_of`, unless `despite`.
    """
    first, last = number_of(start), number_of(end)
    found = [one for one in obstacles(frame, first, last) if one.kind not in heedless_of]
    if found and not despite:
        raise InTheWay(found)
    if overrides := any(one.kind == Kind.HOLD for one in found):
        frame = replace(frame, taken=[one for one in frame.taken if not one.held])
    clear_holds(calendar_id=schedule.calendar_id, start=start, end=end, firm_too=overrides)
    capacity = capacity_at(frame, first, last)
    lane = free_lane(occupied(frame, PRACTICE), first, last, capacity)
    if lane is not None:
        return Room(lane, capacity, overbooked=False)
    return Room(lowest_lane(frame.taken, first, last), capacity, overbooked=True)
