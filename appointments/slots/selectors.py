"""Free slots of agendas, as pages and the border show them. One query, whatever the number of agendas."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from accounts.french import fold
from accounts.rights import Actor
from appointments.models import RuleOffer, Schedule
from appointments.openings.recurrence import moment_of, next_number, number_of
from appointments.slots.availability import FreeSlot, free_slots
from appointments.slots.explain import Cause, explain, standing_cause
from appointments.slots.reader import read_frames
from appointments.slots.slot_key import SlotKey
from appointments.slots.values import PATIENT, PRACTICE, REGULATOR, WALKIN, Frame, Offered, Viewer

# Nothing is offered further ahead; and arithmetic near the calendar's end (year 9999) overflows.
AHEAD = timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True)
class Slot:
    """A free slot of one schedule. `start` and `end` are aware, in UTC; `schedule` comes with its place and practitioner."""

    schedule: Schedule
    start: datetime
    end: datetime
    offer: Offered

    @property
    def key(self) -> SlotKey:
        return SlotKey(self.schedule.id, self.start, self.minutes)

    @property
    def minutes(self) -> int:
        return int((self.end - self.start).total_seconds() // 60)

    @property
    def is_walk_in(self) -> bool:
        """The patient simply comes: the SAS shows the hour, and nobody books it through the SAS."""
        return self.offer.appointment_type == WALKIN


def viewer_of(actor: Actor) -> Viewer:
    """A regulator is not kept from what they hold themselves."""
    if actor.is_patient:
        return PATIENT
    return Viewer(REGULATOR.reach, holder=actor.regulator.id) if actor.regulator is not None else PRACTICE


def computed_slots(
    schedules: Collection[Schedule],
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    viewer: Viewer,
    frames: Mapping[uuid.UUID, Frame] | None = None,
) -> list[tuple[Schedule, list[FreeSlot]]]:
    """Of each agenda the free slots that start within [since, until], not before `now` and within `AHEAD` of it, as numbers.

    `schedules` must be loaded `with_place()`. `frames`: over that time, where they are read already.
    """
    first, last, present = _window(since, until, now)
    if not schedules or first > last:
        return []
    if frames is None:
        frames = read_frames(schedules, since=first, until=last)
    return [
        (schedule, free_slots(frames[schedule.id], viewer, since=first, until=last, now=present))
        for schedule in schedules
    ]


def free_slots_of(
    schedules: Collection[Schedule], *, since: datetime, until: datetime, now: datetime, viewer: Viewer
) -> list[Slot]:
    """`computed_slots`, by time then place."""
    found = [
        Slot(schedule, moment_of(start), moment_of(end), offered)
        for schedule, slots in computed_slots(schedules, since=since, until=until, now=now, viewer=viewer)
        for start, end, offered in slots
    ]
    places = {one.id: fold(one.location.name) for one in schedules}
    return sorted(found, key=lambda slot: (slot.start, slot.end, places[slot.schedule.id], slot.schedule.id))


def free_slot(key: SlotKey, *, schedule: Schedule, now: datetime, viewer: Viewer) -> Slot | None:
    """The slot of this key if it is free at this very moment, else None."""
    candidates = free_slots_of([schedule], since=key.start, until=key.start, now=now, viewer=viewer)
    return next((slot for slot in candidates if slot.end == key.end), None)


def why_not(key: SlotKey, frame: Frame, *, now: datetime, viewer: Viewer) -> Cause | None:
    """Why what would begin then is not to be had; None when nothing begins then any more."""
    if not frame.active:
        return Cause.AGENDA_CLOSED
    start, end = number_of(key.start), number_of(key.end)
    cause = explain(frame, viewer, since=start, until=start, now=number_of(now)).get(start)
    # The start is gone, or free for something shorter: what stands in the way is what counts.
    return cause or standing_cause(frame, viewer, start, end)


def why_gone(key: SlotKey, *, schedule: Schedule, now: datetime, viewer: Viewer) -> Cause | None:
    """The same, read at this very moment."""
    start = number_of(key.start)
    frame = read_frames([schedule], since=start, until=start)[schedule.id]
    return why_not(key, frame, now=now, viewer=viewer)


def publishes(schedules: Collection[Schedule], *, viewer: Viewer) -> bool:
    """Whether any of these open agendas shows slots to this viewer from outside, today or another day. One query."""
    return bool(publishing(schedules, viewer=viewer))


def publishing(schedules: Collection[Schedule], *, viewer: Viewer) -> set[uuid.UUID]:
    """Those of these open agendas that do. One that is not published, or without phone or structure identifier, does not."""
    shown = [one for one in schedules if one.published and one.has_phone and one.structure.has_structure_identifier]
    reached = Q(pk__in=[])
    for audience, community in viewer.reach:
        reached |= Q(audience=audience, community=community)
    offers = RuleOffer.objects.filter(reached, schedule__in=shown, open=True)
    return set(offers.order_by().values_list("schedule", flat=True).distinct())


def nearest_slots(
    schedules: Collection[Schedule], *, around: datetime, now: datetime, count: int, viewer: Viewer
) -> list[Slot]:
    """The `count` free slots closest to `around` within the day before and the seven days after, in time order.

    They are to be booked: somebody from outside is not shown those where the patient simply comes.
    """
    if around > now + AHEAD:
        return []
    candidates = free_slots_of(
        schedules, since=around - timedelta(days=1), until=around + timedelta(days=7), now=now, viewer=viewer
    )
    bookable = [slot for slot in candidates if viewer.is_practice or not slot.is_walk_in]
    closest = sorted(bookable, key=lambda slot: (abs(slot.start - around), slot.start))[:count]
    return sorted(closest, key=lambda slot: slot.start)


def _window(since: datetime, until: datetime, now: datetime) -> tuple[int, int, int]:
    """Bounds and now as whole seconds, rounded so that what starts within them starts within the given ones."""
    return next_number(max(since, now)), number_of(min(until, now + AHEAD)), next_number(now)
