"""Many visits closed at once, as the end of a day asks for."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.rights import Actor
from appointments.booking.services.changes import cancel_appointment, set_status
from appointments.enums import Status
from appointments.exceptions import ChangedMeanwhile, Refused
from appointments.models import Appointment
from appointments.places.locks import lock_calendars_of
from appointments.places.selectors import calendars_of


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a visit, at the version that was read: honoured, not honoured or cancelled."""

    appointment_id: uuid.UUID
    version: int | None
    status: Status


def close_visits(*, answers: Sequence[Answer], by: Actor, now: datetime) -> dict[uuid.UUID, Refused]:
    """Close each of them, in one transaction; what could not be, and why. A line that somebody else changed holds up none of the
    others; one that they closed just so is as it was to be.
    """
    rows = Appointment.objects.filter(pk__in=[one.appointment_id for one in answers])
    refused: dict[uuid.UUID, Refused] = {}
    with transaction.atomic():
        lock_calendars_of(lambda: calendars_of(rows))
        for one in sorted(answers, key=lambda answer: answer.appointment_id):
            try:
                _close(one, by=by, now=now)
            except ChangedMeanwhile as refusal:
                if not rows.filter(pk=one.appointment_id, status=one.status).exists():
                    refused[one.appointment_id] = refusal
            except Refused as refusal:
                refused[one.appointment_id] = refusal
    return refused


def _close(answer: Answer, *, by: Actor, now: datetime) -> None:
    if answer.status == Status.CANCELLED:
        cancel_appointment(appointment_id=answer.appointment_id, version=answer.version, by=by, now=now)
    else:
        set_status(appointment_id=answer.appointment_id, version=answer.version, status=answer.status, by=by, now=now)
