"""Yes or no to what was proposed. Yes books it, or moves there the visit they have: one transaction, nothing half done."""

import uuid
from datetime import datetime

from django.db import transaction

from accounts.rights import VISITOR
from appointments.booking.services.booking import Visit, book_appointment
from appointments.booking.services.to_slot import move_to_slot
from appointments.enums import ConsultationType, OfferState, WaitingState
from appointments.exceptions import Refused
from appointments.models import Appointment, Schedule, WaitingEntry, WaitingOffer
from appointments.patients.values import PatientDetails
from appointments.slots.slot_key import SlotKey
from appointments.waiting.services.entries import close, locked
from appointments.waiting.services.offering import end_offer, wish_of


def answer(*, entry_id: uuid.UUID, offer_id: uuid.UUID, yes: bool, now: datetime) -> WaitingOffer | None:
    """The proposal as it is afterwards: its state says what came of it, whoever was faster. None: it was never theirs.

    An answer that comes late, or once more, changes nothing.
    """
    with locked(entry_id) as entry:
        offer = WaitingOffer.objects.filter(entry=entry, pk=offer_id).first()
        if offer is None or not offer.is_made:
            return offer
        if offer.until <= now:
            end_offer(offer, OfferState.SILENT)
        elif not yes:
            end_offer(offer, OfferState.REFUSED)
        else:
            _take(entry, offer, now)
    return offer


def _take(entry: WaitingEntry, offer: WaitingOffer, now: datetime) -> None:
    try:
        with transaction.atomic():
            offer.appointment = _booked(entry, offer, now)
    except Refused as refusal:
        end_offer(offer, OfferState.GONE, cause=str(refusal)[:200])
        return
    end_offer(offer, OfferState.ACCEPTED)
    close(entry, WaitingState.SERVED)


def _booked(entry: WaitingEntry, offer: WaitingOffer, now: datetime) -> Appointment:
    """The hour is theirs; the visit that they had is not there any more."""
    key = SlotKey(offer.schedule_id, offer.start, offer.minutes)
    rows = Appointment.objects.with_context().select_for_update(of=("self",), no_key=True)
    former = rows.filter(waiting=entry).first()
    if former is not None and former.is_booked and former.start > offer.start:
        schedule = Schedule.objects.with_place().get(pk=offer.schedule_id)
        move_to_slot(
            appointment=former, schedule=schedule, key=key, wish=wish_of(entry), now=now, hold=offer.hold,
            shown_at=offer.offered_at,
        )  # fmt: skip
        return former
    details = entry.details or {}
    visit = Visit(
        patient=PatientDetails.from_json(details["patient"]),
        consultation_type=ConsultationType(entry.consultation_type),
        reason_id=entry.reason_id,
        request_id=offer.pk,
        caller=details["caller"],
        note=details["note"],
        joined=entry.file_id,
    )
    made = book_appointment(key=key, visit=visit, by=VISITOR, now=now, hold=offer.hold)
    Appointment.objects.filter(pk=made.pk).update(from_list=True)
    return made
