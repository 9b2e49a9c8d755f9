"""The regulator moves what they booked, and the patient knows: by a message, or told on the line; else somebody calls."""

import uuid
from datetime import datetime

from django.db import transaction

from accounts.rights import Actor
from appointments.booking.services.rebooking import take_another_slot
from appointments.messages.services.telling import note_spoken
from appointments.models import Appointment
from appointments.slots.slot_key import SlotKey


@transaction.atomic
def move_referral(
    *, appointment_id: uuid.UUID, version: int | None, key: SlotKey, by: Actor, now: datetime, spoken: bool
) -> Appointment:
    """`spoken`: the patient is on the line. Raises as `take_another_slot`."""
    appointment = take_another_slot(appointment_id=appointment_id, version=version, key=key, by=by, now=now)
    if spoken:
        note_spoken(event=appointment.events.get(sequence=appointment.version), by=by)
    return appointment
