"""A regulator gives the patient another slot in one act: the visit stays the same, with its reference and all that was typed."""

import uuid
from datetime import datetime

from accounts.rights import Actor
from appointments.booking.events import record_event
from appointments.booking.services.booking import offered_at
from appointments.booking.services.changing import changing, require_booked
from appointments.booking.services.holds import WALK_IN, end_holds, give_up_own_holds, kept_on
from appointments.booking.services.moving import WRITTEN, difference, kind_of, state_of
from appointments.exceptions import NotAllowed, Refused, SlotTaken
from appointments.models import Appointment, Hold, Schedule
from appointments.openings.recurrence import number_of
from appointments.places.selectors import schedule_of
from appointments.slots.availability import free_lane, occupied
from appointments.slots.explain import Cause
from appointments.slots.reader import read_frames
from appointments.slots.selectors import viewer_of, why_not
from appointments.slots.slot_key import SlotKey
from appointments.slots.values import MINUTE, WALKIN, without
from appointments.slots.words import sentence


def take_another_slot(
    *, appointment_id: uuid.UUID, version: int | None, key: SlotKey, by: Actor, now: datetime
) -> Appointment:
    """Of those offered to the regulator who booked, at the same practice, until the visit begins: in the same way, for the same
    reason where the slot has it. A slot that they hold is had as it was offered then.

    Raises `SlotTaken` with the true cause: the visit stays where it is. Raises `Refused`, `NotAllowed`, `ChangedMeanwhile`.
    """
    theirs = Hold.objects.filter(by_regulator=by.regulator).order_by().values_list("calendar", flat=True)
    goal = Schedule.objects.filter(pk=key.schedule_id).values_list("calendar", flat=True)
    also = [*goal, *theirs]
    with changing(appointment_id, version, by, also_locking=also, booker_too=True) as appointment:
        require_booked(appointment)
        if appointment.start <= now:
            raise Refused("Ce rendez-vous a commencé\u00a0: seul le cabinet peut encore le modifier.")
        schedule = schedule_of(key.schedule_id)
        if schedule is None:
            raise SlotTaken(sentence(None))
        if not by.may_book_in(schedule.practitioner_id, schedule.organization_id):
            raise NotAllowed
        if schedule.organization_id != appointment.organization_id:
            raise Refused("Un rendez-vous reste à son cabinet\u00a0: annulez-le, et prenez-en un autre.")
        before = state_of(appointment)
        _stand_on(appointment, key, schedule, also, by, now)
        previous = difference(before, state_of(appointment))
        if not previous:
            raise Refused("Le rendez-vous est déjà à cette heure\u00a0: choisissez-en une autre.")
        appointment.version += 1
        appointment.save(update_fields=[*WRITTEN, "appointment_type"])
        record_event(appointment=appointment, kind=kind_of(previous), by=by, at=now, previous=previous)
    return appointment


def _stand_on(
    appointment: Appointment, key: SlotKey, schedule: Schedule, locked: list[uuid.UUID], by: Actor, now: datetime
) -> None:
    viewer, start, end = viewer_of(by), number_of(key.start), number_of(key.end)
    own = give_up_own_holds(by=by, token=None, locked=locked)
    # Its own time is free to it.
    frame = without(read_frames([schedule], since=start, until=start)[schedule.id], appointment.id)
    kept = kept_on(key, [one for one in own if one.alive], frame)  # type: ignore[attr-defined]
    offered = kept.offered if kept is not None else offered_at(frame, viewer, start, end, now)
    if offered is None:
        raise SlotTaken(sentence(why_not(key, frame, now=now, viewer=viewer)))
    if offered.appointment_type == WALKIN:
        raise Refused(WALK_IN)
    if appointment.consultation_type not in offered.consultation_types:
        raise Refused("Ce créneau ne propose pas ce type de consultation.")
    done = [one for one in offered.reasons if appointment.consultation_type in one.consultation_types]
    reason = next((one for one in done if one.id == appointment.reason_id), None)
    buffer = reason.buffer if reason is not None else 0
    lane = free_lane(occupied(frame, viewer), start, end + buffer * MINUTE, offered.capacity)
    if lane is None:
        raise SlotTaken(sentence(why_not(key, frame, now=now, viewer=viewer) or Cause.BUFFER))
    end_holds(frame, start, end, lane)
    if schedule.id != appointment.schedule_id:
        appointment.at(schedule)
    if reason is None:
        appointment.reason = None
    appointment.start, appointment.end, appointment.arrived_at = key.start, key.end, None
    appointment.buffer_after, appointment.appointment_type = buffer, offered.appointment_type
    appointment.lane, appointment.capacity, appointment.overbooked = lane, offered.capacity, False
