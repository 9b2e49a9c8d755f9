"""Booking a free slot: lock, recheck with the code that showed it, insert, record, all in one transaction."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from accounts.rights import Actor, acted_by
from appointments.booking.events import record_event
from appointments.enums import ConsultationType, EventKind, Origin, Status
from appointments.exceptions import NotAllowed, Refused, SlotTaken
from appointments.models import Appointment, Reason, Schedule
from appointments.places.locks import lock_calendars
from appointments.slots.selectors import free_slot
from appointments.slots.slot_key import SlotKey

EXCLUSIONS = {"appointment_lane_free", "appointment_one_place", "appointment_one_calendar"}


@dataclass(frozen=True, slots=True)
class Patient:
    """The patient as given, already validated and normalised by the form (phone in E.164, NIR without blanks)."""

    family_name: str
    given_name: str
    birth_date: date
    sex: str
    phone: str
    email: str = ""
    birth_name: str = ""
    birth_place: str = ""
    nir: str = ""
    address: str = ""
    note: str = ""

    def as_fields(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__slots__}


def book_appointment(
    *,
    key: SlotKey,
    patient: Patient,
    consultation_type: ConsultationType,
    reason_id: uuid.UUID | None,
    request_id: uuid.UUID,
    by: Actor,
    now: datetime,
) -> Appointment:
    """Book the slot for the patient. The same `request_id` sent again by the same person gives the same appointment.

    Raises `SlotTaken` when the slot is no longer free, `NotAllowed`, and `Refused` when the consultation type or the reason
    is not one the slot offers, or when a regulator books where the patient simply comes.
    """
    try:
        with transaction.atomic():
            return _book(key, patient, consultation_type, reason_id, request_id, by, now)
    except IntegrityError as error:
        if breaks_exclusion(error):
            # Somebody who does not take our lock was faster.
            raise SlotTaken from error
        # Two slots of two practitioners asked for with one request_id at the same moment: the first one counts.
        if (already := _sent_before(request_id, by)) is not None:
            return already
        raise


def breaks_exclusion(error: IntegrityError) -> bool:
    """Whether what the database refused is a double booking."""
    return error.__cause__.diag.constraint_name in EXCLUSIONS  # type: ignore[union-attr]


def _book(
    key: SlotKey,
    patient: Patient,
    consultation_type: ConsultationType,
    reason_id: uuid.UUID | None,
    request_id: uuid.UUID,
    by: Actor,
    now: datetime,
) -> Appointment:
    schedule = Schedule.objects.with_place().open().filter(pk=key.schedule_id).first()
    if schedule is None:
        raise SlotTaken
    if not by.may_book_with(schedule.practitioner_id):
        raise NotAllowed
    lock_calendars([schedule.calendar_id])
    if (already := _sent_before(request_id, by)) is not None:
        return already
    slot = free_slot(key, schedule=schedule, now=now, published_only=by.is_regulator)
    if slot is None:
        raise SlotTaken
    if by.is_regulator and slot.is_walk_in:
        raise Refused("Ce créneau est sans rendez-vous\u00a0: le patient se présente au cabinet.")
    if consultation_type not in slot.offer.consultation_types:
        raise Refused("Ce créneau ne propose pas ce type de consultation.")
    reason = _reason(slot.offer.reasons, reason_id)
    appointment = Appointment(
        request_id=request_id,
        start=slot.start,
        end=slot.end,
        status=Status.BOOKED,
        consultation_type=consultation_type,
        appointment_type=slot.offer.appointment_type,
        reason=reason,
        origin=Origin.REGULATOR if by.is_regulator else Origin.PRACTICE,
        version=1,
        **acted_by(by),
        **patient.as_fields(),
    )
    appointment.at(schedule)
    appointment.save(force_insert=True)
    record_event(appointment=appointment, kind=EventKind.BOOKED, by=by, at=now)
    return appointment


def _sent_before(request_id: uuid.UUID, by: Actor) -> Appointment | None:
    """The appointment this very form already booked (a double click, a page sent again)."""
    known = Appointment.objects.with_context().filter(request_id=request_id).first()
    if known is None:
        return None
    mine = known.by_regulator == by.regulator if by.is_regulator else known.by_user == by.user
    if not mine:
        raise NotAllowed
    return known


def _reason(offered: tuple[Reason, ...], reason_id: uuid.UUID | None) -> Reason | None:
    if reason_id is None:
        return None
    for reason in offered:
        if reason.id == reason_id:
            return reason
    raise Refused("Ce créneau ne propose pas ce motif.")
