"""Pages that say why one is not in, and how to get there."""

import logging
import secrets
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers

from accounts.sas_sign_in.refusal import Reason, SignInRefused

logger = logging.getLogger(__name__)


def refused(request: HttpRequest, refusal: SignInRefused, *, address: str | None) -> HttpResponse:
    """The page of a refused sign-in: 403, or 503 when the provider is to blame. Logs the reference it shows.

    « Réessayer » is a link: Chromium would apply form-action to where a form's answer redirects.
    """
    reference = _reference()
    level = logging.ERROR if refusal.reason is Reason.UNAVAILABLE else logging.WARNING
    logger.log(level, "SAS sign-in refused: %s, reference %s", refusal, reference, exc_info=refusal.__cause__)
    again = reverse("sas-sign-in") + (f"?{urlencode({'next': address})}" if address else "")
    context = {"reason": refusal.reason.value, "reference": reference, "again": again}
    if refusal.withdrawn_at is not None:
        response = _withdrawn_page(request, refusal.withdrawn_at, address, reference)
    else:
        response = render(request, "accounts/sas_refused.html", context, status=refusal.reason.status)
        add_never_cache_headers(response)
    # For the metrics, which don't read what is sent.
    response.sign_in_outcome = refusal.reason.value  # type: ignore[attr-defined]
    return response


def told_withdrawn(request: HttpRequest, *, at: datetime, address: str, typed: Any = None) -> HttpResponse:
    """403 for a regulator whom the SAS withdrew while their session was open, on their way to `address`; `typed`: what they
    were sending, for its page.
    """
    reference = _reference()
    logger.warning("session of a withdrawn regulator ended, reference %s", reference)
    return _withdrawn_page(request, at, address, reference, typed)


def _withdrawn_page(
    request: HttpRequest, at: datetime, address: str | None, reference: str, typed: Any = None
) -> HttpResponse:
    context = {
        "at": at,
        "zone": timezone.get_default_timezone(),
        "address": address or "",
        "reference": reference,
        "typed": typed,
    }
    response = render(request, "accounts/withdrawn.html", context, status=403)
    add_never_cache_headers(response)
    return response


def _reference() -> str:
    """What the person says to whoever looks for the line in the log."""
    return f"SAS-{secrets.token_hex(3).upper()}"


def unknown_origin(request: HttpRequest) -> HttpResponse:
    """403: the address names an origin that this environment does not accept."""
    return render(request, "accounts/unknown_origin.html", status=403)


def through_sas(request: HttpRequest) -> HttpResponse:
    """403 for a signed-in person who would need a regulator's rights: those come with the SAS's sign-in only."""
    return render(request, "accounts/through_sas.html", status=403)
