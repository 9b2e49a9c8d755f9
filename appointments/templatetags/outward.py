"""How far the outside knows a visit (one query)."""

from typing import Any

from django import template

from appointments.booking.outward import OutwardNews, news_of
from appointments.models import Appointment

register = template.Library()

# Seconds until it is asked again: what is under way, and what waits for the SAS.
_SOON, _SELDOM = 3, 30


@register.inclusion_tag("practice/appointment_outward.html")
def known_outside(appointment: Appointment) -> dict[str, Any]:
    news = news_of([appointment]).get(appointment.id)
    return {"appointment": appointment, "outward": news, "again_in": _again_in(news)}


def _again_in(news: OutwardNews | None) -> int:
    """0: never."""
    if news is None or news.is_known or news.is_stopped:
        return 0
    return _SOON if news.is_moving else _SELDOM
