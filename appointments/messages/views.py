"""What a provider of SMS tells us: signed, fresh, in JSON. What is forged, old or of no message of ours changes nothing."""

import json
import logging
import time
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from accounts.phones import international
from appointments.messages.services.receipts import note_answer, note_receipt
from outbox import sms

logger = logging.getLogger(__name__)

_MOST_BYTES = 20_000


def signed(view: Callable[[dict[str, Any]], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """For who has our key: 403 for others, 400 for what is no JSON object. A replay within the minutes of a signature changes
    nothing that the first did not: both views may be told the same again.
    """

    @csrf_exempt
    @require_POST
    @wraps(view)
    def opened(request: HttpRequest) -> HttpResponse:
        if int(request.headers.get("Content-Length") or 0) > _MOST_BYTES:
            return HttpResponse(status=413)
        heard = sms.is_signed(
            key=settings.SMS_WEBHOOK_KEY,
            moment=request.headers.get("X-Sms-Timestamp", ""),
            signed=request.headers.get("X-Sms-Signature", ""),
            body=request.body,
            now=time.time(),
        )
        if not heard:
            logger.warning("a message about SMS is not signed by our key, or old")
            return HttpResponse(status=403)
        try:
            said = json.loads(request.body)
        except ValueError:
            said = None
        return view(said) if isinstance(said, dict) else HttpResponse(status=400)

    return opened


@signed
def receipt(said: dict[str, Any]) -> HttpResponse:
    """`reference`: ours; `status`: the provider's word. 404 for a message that is not ours."""
    try:
        reference = uuid.UUID(str(said.get("reference")))
    except ValueError:
        return HttpResponse(status=400)
    known = note_receipt(reference=reference, status=str(said.get("status")), now=timezone.now())
    return HttpResponse(status=204 if known else 404)


@signed
def answer(said: dict[str, Any]) -> HttpResponse:
    """`from`: the number; `text`: what was answered. Nothing of it is kept but that they want no more."""
    number = international(str(said.get("from")))
    if number is None:
        return HttpResponse(status=400)
    note_answer(number=number, text=str(said.get("text")), now=timezone.now())
    return HttpResponse(status=204)
