"""The links in messages, signed, short enough for an SMS: of a visit, worth nothing without a birth date; of a waiting list."""

import base64
import binascii
import hmac
import uuid

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac

from appointments.enums import BirthPrecision
from appointments.models import Appointment, Patient

# Of the identifier, which nobody can guess either.
_SIGNED = 8
_VISIT, _WAITING = "appointments.manage_link", "appointments.waiting_link"


def manage_link(appointment: Appointment) -> str:
    """The whole address; blank where the practice is not online, or nobody could say the birth date."""
    if not appointment.schedule.organization.online_booking or not births_of(appointment):
        return ""
    return visit_link(appointment.pk)


def visit_link(appointment_id: uuid.UUID) -> str:
    return settings.BASE_URL + reverse("online-manage", args=[token_of(appointment_id)])


def waiting_link(entry_id: uuid.UUID) -> str:
    """The whole address of somebody's place on a waiting list: where they answer, and leave it."""
    return settings.BASE_URL + reverse("online-waiting", args=[waiting_token_of(entry_id)])


def births_of(appointment: Appointment) -> set[object]:
    """The birth dates that open it: as it was given, and as the practice has it."""
    files: list[Patient | None] = [appointment.given_as, appointment.patient]
    return {
        one.birth_date
        for one in files
        if one is not None and one.birth_date is not None and one.birth_date_precision == BirthPrecision.DAY
    }


def token_of(appointment_id: uuid.UUID) -> str:
    return _token(appointment_id, _VISIT)


def read_token(text: str) -> uuid.UUID | None:
    """Whose it is; None when it is nobody's."""
    return _named(text, _VISIT)


def waiting_token_of(entry_id: uuid.UUID) -> str:
    return _token(entry_id, _WAITING)


def read_waiting_token(text: str) -> uuid.UUID | None:
    return _named(text, _WAITING)


def _token(named: uuid.UUID, salt: str) -> str:
    return base64.urlsafe_b64encode(named.bytes + _signature(named.bytes, salt)).decode()


def _named(text: str, salt: str) -> uuid.UUID | None:
    try:
        raw = base64.b64decode(text.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    named, signature = raw[:16], raw[16:]
    if len(named) != 16 or not hmac.compare_digest(signature, _signature(named, salt)):
        return None
    return uuid.UUID(bytes=named)


def _signature(named: bytes, salt: str) -> bytes:
    return salted_hmac(salt, named, algorithm="sha256").digest()[:_SIGNED]
