"""Booking: lock the line of time, read once with the code that showed the slot, insert, record, all in one transaction."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import Exists

from accounts.enums import Level
from accounts.rights import Actor, acted_by
from accounts.single import single
from appointments.booking.events import record_event
from appointments.booking.limits import LENGTHS, day_problem
from appointments.booking.services.holds import WALK_IN, end_holds, give_up_own_holds, kept_on, lock_with_own_holds
from appointments.booking.services.obstacles import Despite, InTheWay, Obstacle
from appointments.booking.services.room import take_room
from appointments.booking.services.same_day import same_day
from appointments.enums import AppointmentType, ConsultationType, EventKind, Origin, Status
from appointments.exceptions import NotAllowed, Refused, SlotTaken
from appointments.models import Appointment, Patient, Schedule
from appointments.models.openings import LONGEST, SHORTEST
from appointments.openings.recurrence import local_day, moment_of, next_number, number_of, whole_days
from appointments.patients.services.files import lock_file, open_file
from appointments.patients.values import PatientDetails
from appointments.places.locks import lock_calendars
from appointments.slots.availability import free_lane, free_slots, occupied
from appointments.slots.explain import Cause
from appointments.slots.reader import read_frames
from appointments.slots.selectors import viewer_of, why_not
from appointments.slots.slot_key import SlotKey
from appointments.slots.values import MINUTE, WALKIN, Frame, Offered, ReasonDone, Viewer
from appointments.slots.words import sentence

EXCLUSIONS = {
    "appointment_lane_free": Cause.BOOKED,
    "appointment_one_place": Cause.OTHER_PLACE,
    "appointment_one_calendar": Cause.OTHER_PLACE,
}


@dataclass(frozen=True, slots=True)
class Visit:
    """What is asked for, whatever the slot.

    `caller`: who calls, when it is not the patient; on `caller_phone`, else on the patient's. `file`: of the practice's files the
    one it is for, as far as it has one; `patient` then says how they are reached for this visit, and changes nothing in it.
    `joined`: of the practice's files the one that the practice itself said this outsider's visit is for. `series`: of which it is
    one. `tell`: whether the patient is sent a confirmation.
    """

    patient: PatientDetails
    consultation_type: ConsultationType
    reason_id: uuid.UUID | None
    request_id: uuid.UUID
    caller: str = ""
    caller_phone: str = ""
    note: str = ""
    file: uuid.UUID | None = None
    joined: uuid.UUID | None = None
    series: uuid.UUID | None = None
    tell: bool = True


def book_appointment(
    *,
    key: SlotKey,
    visit: Visit,
    by: Actor,
    now: datetime,
    hold: uuid.UUID | None = None,
    despite: Despite = True,
) -> Appointment:
    """Book the slot for the patient. The same `request_id` sent again by the same person gives the same appointment.

    What was offered when its person took a hold on it stays bookable until that ends; `hold` is its token, a regulator's own is
    known without. Raises `SlotTaken` with the true cause when the slot is not to be had, `NotAllowed`, and `Refused` when the
    consultation type or the reason is not one the slot offers, or when a regulator books where the patient simply comes; of these
    `InTheWay` with the patient's other visits of that day, unless `despite`.
    """
    return _once(visit, by, lambda: _book(key, visit, by, now, hold, despite))


def book_freely(
    *, schedule_id: uuid.UUID, start: datetime, minutes: int, visit: Visit, by: Actor, now: datetime, despite: Despite
) -> Appointment:
    """The practice books any time of its agenda, for any length, today's past hours included: who walked in is noted.

    Raises `InTheWay` (`obstacles`) with everything that stands there, and the patient's other visits of that day, unless
    `despite`; then the visit is taken beside it (overbooked where the lanes are full). Raises `Refused`, `NotAllowed`.
    """
    return _once(visit, by, lambda: _book_freely(schedule_id, start, minutes, visit, by, now, despite))


def double_booking(error: IntegrityError) -> SlotTaken | None:
    """What to say when the database refused a double booking: somebody who does not take our lock was faster."""
    cause = EXCLUSIONS.get(error.__cause__.diag.constraint_name)  # type: ignore[union-attr]
    return SlotTaken(sentence(cause)) if cause is not None else None


def _once(visit: Visit, by: Actor, act: Callable[[], Appointment]) -> Appointment:
    try:
        with transaction.atomic():
            return act()
    except IntegrityError as error:
        if (taken := double_booking(error)) is not None:
            raise taken from error
        # Two slots of two practitioners asked for with one request_id at the same moment: the first one counts.
        if (already := _sent_before(visit.request_id, by)) is not None:
            return already
        raise


def _book(
    key: SlotKey, visit: Visit, by: Actor, now: datetime, hold: uuid.UUID | None, despite: Despite
) -> Appointment:
    locked = lock_with_own_holds(schedule_id=key.schedule_id, by=by, token=hold)
    schedule, already = _agenda(key.schedule_id, visit, by)
    if already is not None:
        return already
    viewer = viewer_of(by)
    start, end = number_of(key.start), number_of(key.end)
    # Before the reading, to which it is free then. One that they took meanwhile on another line of time, in another window, ends
    # by itself.
    own = give_up_own_holds(by=by, token=hold, locked=locked)
    frame = read_frames([schedule], since=start, until=start)[schedule.id]
    alive = [one for one in own if one.alive]  # type: ignore[attr-defined]
    kept = kept_on(key, alive, frame)
    offered = kept.offered if kept is not None else offered_at(frame, viewer, start, end, now)
    if offered is None:
        raise SlotTaken(sentence(why_not(key, frame, now=now, viewer=viewer)))
    if by.is_outsider and offered.appointment_type == WALKIN:
        raise Refused(WALK_IN)
    if visit.consultation_type not in offered.consultation_types:
        raise Refused("Ce créneau ne propose pas ce type de consultation.")
    reason = _reason(offered.reasons, visit)
    buffer = reason.buffer if reason is not None else 0
    after = 0 if viewer.is_practice else buffer * MINUTE
    lane = free_lane(occupied(frame, viewer), start, end + after, offered.capacity)
    if lane is None:
        raise SlotTaken(sentence(why_not(key, frame, now=now, viewer=viewer) or Cause.BUFFER))
    zone = schedule.location.zone
    if also := _same_day(visit, local_day(start, zone), zone, by, despite):
        there = InTheWay(also)
        if despite != there.seal:
            raise there
    end_holds(frame, start, end, lane)
    appointment = Appointment(
        start=key.start,
        end=key.end,
        lane=lane,
        capacity=offered.capacity,
        buffer_after=buffer,
        appointment_type=offered.appointment_type,
        **columns_of(visit, reason, by),
    )
    return _insert(appointment, schedule, visit, by, now)


def _book_freely(
    schedule_id: uuid.UUID, start: datetime, minutes: int, visit: Visit, by: Actor, now: datetime, despite: Despite
) -> Appointment:
    lock_calendars(Schedule.objects.filter(pk=schedule_id).values("calendar"), by=by)
    schedule, already = _agenda(schedule_id, visit, by)
    if already is not None:
        return already
    if not by.may(Level.BOOK, schedule.practitioner_id, schedule.organization_id):
        raise NotAllowed
    if not schedule.active:
        raise Refused("Cet agenda est fermé\u00a0: choisissez-en un autre.", "schedule")
    if not SHORTEST <= minutes <= LONGEST:
        raise Refused(LENGTHS)
    zone, first = schedule.location.zone, number_of(start)
    day = local_day(first, zone)
    if problem := day_problem(day, local_day(number_of(now), zone)):
        raise Refused(problem)
    frame = read_frames([schedule], since=first, until=first)[schedule.id]
    reason = _reason(tuple(frame.reasons), visit)
    end = start + timedelta(minutes=minutes)
    buffer = reason.buffer if reason is not None else 0
    also = _same_day(visit, day, zone, by, despite)
    room = take_room(
        frame=frame, start=first, end=first + minutes * MINUTE, buffer=buffer * MINUTE, despite=despite, also=also
    )
    appointment = Appointment(
        start=start,
        end=end,
        lane=room.lane,
        capacity=room.capacity,
        overbooked=room.overbooked,
        buffer_after=buffer,
        appointment_type=AppointmentType.ROUTINE,
        **columns_of(visit, reason, by),
    )
    return _insert(appointment, schedule, visit, by, now)


def _agenda(schedule_id: uuid.UUID, visit: Visit, by: Actor) -> tuple[Schedule, Appointment | None]:
    """As it is now: read under the lock, since it may have been closed while we waited for it. And what this very form already
    booked.
    """
    sent = Appointment.objects.filter(request_id=visit.request_id).order_by()
    schedule = single(Schedule.objects.with_place().annotate(was_sent=Exists(sent)).filter(pk=schedule_id))
    if schedule is None or schedule.was_sent:
        if (already := _sent_before(visit.request_id, by)) is not None:
            return already.schedule, already
        raise SlotTaken(sentence(None))
    if not by.may_book_in(schedule.practitioner_id, schedule.organization_id):
        raise NotAllowed
    return schedule, None


def same_day_of(key: SlotKey, visit: Visit, *, zone: ZoneInfo, by: Actor) -> list[Obstacle]:
    """The patient's other visits of the slot's day, as far as this person may be told of them."""
    return _same_day(visit, local_day(number_of(key.start), zone), zone, by, False)


def _same_day(visit: Visit, day: date, zone: ZoneInfo, by: Actor, despite: Despite) -> list[Obstacle]:
    """Not looked for where one goes on whatever there is."""
    since, until = map(moment_of, whole_days(day, day, zone))
    return same_day(visit.patient, since=since, until=until, by=by) if despite is not True else []


def offered_at(frame: Frame, viewer: Viewer, start: int, end: int, now: datetime) -> Offered | None:
    """What this viewer is offered over [start, end)."""
    found = free_slots(frame, viewer, since=start, until=start, now=next_number(now))
    return next((offered for _, ends, offered in found if ends == end), None)


def columns_of(visit: Visit, reason: ReasonDone | None, by: Actor) -> dict[str, Any]:
    """Of the appointment's row: what does not depend on when and where it is."""
    return {
        "request_id": visit.request_id,
        "status": Status.BOOKED,
        "consultation_type": visit.consultation_type,
        "reason_id": reason.id if reason is not None else None,
        "origin": _origin(by),
        "version": 1,
        **acted_by(by),
        "caller": visit.caller,
        "caller_phone": visit.caller_phone,
        "contact_phone": visit.patient.phone or visit.caller_phone,
        "contact_email": visit.patient.email,
        "visit_address": visit.patient.address if visit.consultation_type == ConsultationType.HH else "",
        "note": visit.note,
        "series": visit.series,
    }


def _insert(appointment: Appointment, schedule: Schedule, visit: Visit, by: Actor, now: datetime) -> Appointment:
    appointment.at(schedule)
    appointment.patient = _file(visit, schedule.organization_id, by)
    if by.is_outsider:
        appointment.given_as = appointment.patient
        if visit.joined is not None:
            appointment.patient = lock_file(patient_id=visit.joined, organization_id=schedule.organization_id)
    appointment.save(force_insert=True)
    record_event(appointment=appointment, kind=EventKind.BOOKED, by=by, at=now, tell=visit.tell)
    return appointment


def _file(visit: Visit, organization_id: uuid.UUID, by: Actor) -> Patient:
    if visit.file is None:
        return open_file(details=visit.patient, organization_id=organization_id, by=by)
    if by.is_outsider:
        raise NotAllowed
    return lock_file(patient_id=visit.file, organization_id=organization_id)


def _origin(by: Actor) -> Origin:
    if by.is_patient:
        return Origin.PATIENT
    return Origin.REGULATOR if by.is_regulator else Origin.PRACTICE


def _sent_before(request_id: uuid.UUID, by: Actor) -> Appointment | None:
    """The appointment this very form already booked (a double click, a page sent again)."""
    known = Appointment.objects.filter(request_id=request_id).with_context().first()
    if known is None:
        return None
    mine = known.by_regulator == by.regulator if by.is_regulator else known.by_user == by.user
    if by.is_patient:
        # Nobody else knows the name of a visitor's form.
        mine = known.origin == Origin.PATIENT
    if not mine:
        raise NotAllowed
    return known


def _reason(offered: tuple[ReasonDone, ...], visit: Visit) -> ReasonDone | None:
    if visit.reason_id is None:
        return None
    reason = next((one for one in offered if one.id == visit.reason_id), None)
    if reason is None:
        raise Refused("Ce créneau ne propose pas ce motif.")
    if visit.consultation_type not in reason.consultation_types:
        raise Refused("Ce motif ne se fait pas avec ce type de consultation\u00a0: changez l’un ou l’autre.")
    return reason
