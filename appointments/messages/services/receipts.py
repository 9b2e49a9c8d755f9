"""What a provider says of an SMS later: it arrived, it never will, or its reader wants no more of them."""

import re
import unicodedata
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from appointments.enums import Channel, MessageState
from appointments.messages.reach import digest_of
from appointments.messages.services.sending import not_delivered
from appointments.messages.services.telling import close_calls
from appointments.models import ContactRefusal, PatientMessage

# What providers call it; any other word is of an SMS on its way.
_ARRIVED = {"delivered", "received", "delivrd", "read"}
_REFUSED = {"failed", "undelivered", "undeliverable", "undeliv", "rejected", "rejectd", "expired", "refused", "blocked"}
# How long a receipt is waited for before nobody knows.
PATIENCE = timedelta(minutes=30)
_NO_RECEIPT = "Aucun accusé de réception n’est venu."
_RECEIPT = "L’opérateur dit qu’il n’a pas pu le remettre."
_STOP = re.compile(r"\W*(stop|arret|desabonnement|unsubscribe)\b", re.IGNORECASE)
_START = re.compile(r"\W*(start|reprendre)\b", re.IGNORECASE)
# Receipts may come before the sending is recorded, and after nobody waited for them any more.
_WAITING = [MessageState.PLANNED, MessageState.SENT, MessageState.UNKNOWN]


@transaction.atomic
def note_receipt(*, reference: uuid.UUID, status: str, now: datetime) -> bool:
    """False where nothing is known of such a message. Told twice, or after it arrived, it changes nothing: what arrived stays so,
    whatever is said later.
    """
    rows = PatientMessage.objects.filter(reference=reference, channel=Channel.SMS)
    message = rows.select_related("event", "appointment").select_for_update(of=("self",), no_key=True).first()
    if message is None:
        return False
    said = status.strip().lower()
    if said in _ARRIVED and message.body and message.state in {*_WAITING, MessageState.REFUSED}:
        _settle(message, MessageState.RECEIVED, "", now)
        if message.event_id is not None:
            close_calls(message)
    elif said in _REFUSED and message.body and message.state in _WAITING:
        _settle(message, MessageState.REFUSED, _RECEIPT, now)
        not_delivered(message, MessageState.REFUSED, cause=_RECEIPT, now=now)
    return True


def end_silent(*, now: datetime, limit: int = 200) -> None:
    """What left long ago, and of which nothing is heard: nobody knows. Only where receipts are heard at all."""
    if not settings.SMS_WEBHOOK_KEY:
        return
    silent = PatientMessage.objects.filter(state=MessageState.SENT, channel=Channel.SMS, sent_at__lte=now - PATIENCE)
    for pk in silent.order_by("sent_at").values_list("pk", flat=True)[:limit]:
        with transaction.atomic():
            rows = silent.select_related("event", "appointment").select_for_update(of=("self",), no_key=True)
            message = rows.filter(pk=pk).first()
            if message is not None:
                _settle(message, MessageState.UNKNOWN, _NO_RECEIPT, now)
                not_delivered(message, MessageState.UNKNOWN, cause=_NO_RECEIPT, now=now)


def note_answer(*, number: str, text: str, now: datetime) -> None:
    """STOP: no SMS goes there any more. START: they do again."""
    plain = "".join(one for one in unicodedata.normalize("NFD", text) if not unicodedata.combining(one))
    if _STOP.match(plain):
        ContactRefusal.objects.get_or_create(digest=digest_of(number), defaults={"at": now})
    elif _START.match(plain):
        ContactRefusal.objects.filter(digest=digest_of(number)).delete()


def _settle(message: PatientMessage, state: MessageState, cause: str, now: datetime) -> None:
    message.state, message.cause, message.lease_until = state, cause, None
    message.answered_at, message.sent_at = now, message.sent_at or now
    message.save(update_fields=["state", "cause", "lease_until", "answered_at", "sent_at"])
