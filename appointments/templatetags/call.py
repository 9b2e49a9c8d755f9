"""Words of the pages on which a regulator chooses."""

from collections.abc import Iterable
from datetime import date, datetime

from django import template
from django.utils import timezone

from accounts import french
from appointments.call.picker import HalfDay, PlaceHours
from appointments.models import Appointment, Location
from appointments.slots.selectors import Slot

register = template.Library()

_NEAR = {"aujourd’hui": "Auj.", "demain": "Demain", "après-demain": "Après-d."}


@register.filter
def half_words(half: HalfDay, today: date) -> str:
    """ce soir; au matin."""
    return half.said(today)


@register.filter
def near_weekday(day: date, today: date) -> str:
    """Auj., Demain; else Ven.: in a narrow column."""
    return _NEAR.get(french.named_day(day, today), french.short_weekday(day).capitalize())


@register.filter
def narrow_date(day: date) -> str:
    """27 nov.: under the name of the day."""
    return french.short_date(day).partition(" ")[2]


@register.filter
def total_of(places: Iterable[PlaceHours]) -> str:
    """21 créneaux."""
    count = sum(len(chips) for place in places for _, chips in place.hours)
    return f"{count} créneau{'x' if count > 1 else ''}"


@register.filter
def house_hour(moment: datetime) -> str:
    """At the clock of the desk, for what is at no place."""
    return french.hour(timezone.localtime(moment))


@register.filter
def access_to(slot: Slot | Appointment | None, location: Location) -> str:
    """How one gets in for this slot or visit; in daytime where none is chosen."""
    return location.access_at(slot.start if slot is not None else None)


@register.filter
def as_sentence(text: str) -> str:
    """With its capital and its full stop, to be read after another."""
    return french.sentence(text.strip().rstrip(".")) + "."
