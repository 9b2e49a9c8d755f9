"""A visit moves to an hour that patients are offered, by who comes."""

import uuid
from datetime import datetime

from accounts.rights import VISITOR
from appointments.booking.events import as_text, named, record_event, where
from appointments.booking.services.holds import end_holds
from appointments.enums import EventKind
from appointments.exceptions import SlotTaken
from appointments.models import Appointment, Hold, Schedule
from appointments.openings.recurrence import moment_of, next_number, number_of
from appointments.slots.availability import free_lane, free_slots, occupied
from appointments.slots.reader import read_frames
from appointments.slots.selectors import Slot, why_not
from appointments.slots.slot_key import SlotKey
from appointments.slots.values import MINUTE, PATIENT, Viewer, without
from appointments.slots.wishes import Wish
from appointments.slots.words import sentence


def move_to_slot(
    *,
    appointment: Appointment,
    schedule: Schedule,
    key: SlotKey,
    wish: Wish,
    now: datetime,
    hold: uuid.UUID | None = None,
    shown_at: datetime | None = None,
) -> None:
    """Under the lock of both lines of time, and of the visit. `schedule` is loaded with its place; it may be a colleague's of the
    same organization. `hold`: the token of a hold of theirs. `shown_at`: since when it is proposed to them, whatever notice it
    asks for.

    Raises `SlotTaken` with the true cause: the visit stays where it is.
    """
    start, end = number_of(key.start), number_of(key.end)
    viewer = Viewer(PATIENT.reach, is_patient=True, holder=hold)
    # Its own time is free to it.
    frame = without(read_frames([schedule], since=start, until=start)[schedule.id], appointment.id)
    found = free_slots(frame, viewer, since=start, until=start, now=next_number(shown_at or now))
    slots = [Slot(schedule, moment_of(begins), moment_of(ends), offered) for begins, ends, offered in found]
    slot = next((one for one in slots if one.key == key and wish.is_met_by(one)), None)
    if slot is None:
        raise SlotTaken(sentence(why_not(key, frame, now=now, viewer=viewer)))
    reason = next((one for one in slot.offer.reasons if one.id == wish.reason), None)
    buffer = reason.buffer if reason is not None else 0
    lane = free_lane(occupied(frame, viewer), start, end + buffer * MINUTE, slot.offer.capacity)
    if lane is None:
        raise SlotTaken(sentence(why_not(key, frame, now=now, viewer=viewer)))
    if hold is not None:
        Hold.objects.filter(token=hold).delete()
    end_holds(frame, start, end, lane)
    previous = {"start": as_text(appointment.start), "end": as_text(appointment.end)}
    kind = EventKind.MOVED
    if schedule.id != appointment.schedule_id:
        previous |= {"schedule": str(appointment.schedule_id), "place": where(appointment)}
        if schedule.practitioner != appointment.practitioner:
            previous |= named(appointment.practitioner)
            kind = EventKind.REASSIGNED
        appointment.at(schedule)
    appointment.start, appointment.end = key.start, key.end
    appointment.lane, appointment.capacity, appointment.overbooked = lane, slot.offer.capacity, False
    appointment.buffer_after, appointment.arrived_at, appointment.late_minutes = buffer, None, None
    appointment.version += 1
    appointment.save(
        update_fields=[
            "schedule", "calendar", "calendar_kind", "organization", "practitioner", "start", "end", "lane", "capacity",
            "overbooked", "buffer_after", "arrived_at", "late_minutes", "version",
        ]
    )  # fmt: skip
    record_event(appointment=appointment, kind=kind, by=VISITOR, at=now, previous=previous)
