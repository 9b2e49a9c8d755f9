"""The hour that a visitor holds."""

from datetime import datetime

from django.db.models.functions import Now

from appointments.models import Hold, OnlineBooking
from appointments.slots.selectors import Slot, free_slot
from appointments.slots.slot_key import SlotKey
from appointments.slots.values import PATIENT, Viewer


def slot_of(booking: OnlineBooking, *, now: datetime) -> Slot | None:
    """As it is offered now, to who holds it; None when it is gone. One query."""
    viewer = Viewer(PATIENT.reach, is_patient=True, holder=booking.hold)
    if booking.start is None:
        return None
    key = SlotKey(booking.schedule_id, booking.start, booking.minutes)
    return free_slot(key, schedule=booking.schedule, now=now, viewer=viewer)


def kept_until(booking: OnlineBooking) -> datetime | None:
    """None once it is not kept any more, by the database's clock."""
    rows = Hold.objects.filter(token=booking.hold, expires_at__gt=Now()) if booking.hold else Hold.objects.none()
    return rows.values_list("expires_at", flat=True).first()
