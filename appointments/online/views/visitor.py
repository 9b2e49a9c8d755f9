"""The one cookie of these pages: whose booking is under way, for as long as it is. It says nothing of anybody."""

import secrets
import uuid
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.throttle import client_address
from appointments.models import OnlineBooking
from appointments.online.services.booking import LASTS, opened

# The prefix has browsers take it over TLS alone, from this host alone.
_NAME = "__Host-sas_agenda_reservation" if settings.SECURE else "sas_agenda_reservation"


def visitor_of(request: HttpRequest) -> str:
    """The browser's token; blank when it has none."""
    return request.COOKIES.get(_NAME, "")[:64]


def new_visitor() -> str:
    return secrets.token_urlsafe(24)


def remember(response: HttpResponse, visitor: str) -> None:
    response.set_cookie(
        _NAME, visitor, max_age=int(LASTS.total_seconds()), secure=settings.SECURE, httponly=True, samesite="Lax"
    )


def address_of(request: HttpRequest) -> str:
    return client_address(request) or ""


def booking_of(request: HttpRequest, booking_id: uuid.UUID, now: datetime) -> OnlineBooking | None:
    return opened(booking_id, visitor_of(request), now=now)


def over(request: HttpRequest) -> HttpResponse:
    """Whoever has the address of a booking that is not theirs, or is over."""
    return render(request, "online/over.html", status=404)
