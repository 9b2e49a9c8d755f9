"""Dates, hours, durations and phone numbers as the French read them, with the right unbreakable spaces."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone
from django.utils.formats import date_format

from accounts.phones import written

register = template.Library()

NBSP = "\u00a0"  # before « : », inside quotes, between number and unit
NARROW = "\u202f"  # around the h of an hour


def _local(moment: datetime, zone: ZoneInfo | None) -> datetime:
    return moment.astimezone(zone or timezone.get_current_timezone())


@register.filter
def hour(moment: datetime, zone: ZoneInfo | None = None) -> str:
    """14 h 20, in the place's time zone."""
    local = _local(moment, zone)
    return f"{local.hour}{NARROW}h{NARROW}{local.minute:02d}"


@register.filter
def clock(value: object) -> str:
    """A wall-clock `time`: 14 h 20."""
    return f"{value.hour}{NARROW}h{NARROW}{value.minute:02d}"  # type: ignore[attr-defined]


@register.filter
def long_date(value: date | datetime, zone: ZoneInfo | None = None) -> str:
    """mercredi 25 novembre 2026."""
    return date_format(_day(value, zone), "l j F Y").replace(" 1 ", " 1er ")


@register.filter
def day_month(value: date | datetime, zone: ZoneInfo | None = None) -> str:
    """mercredi 25 novembre."""
    return date_format(_day(value, zone), "l j F").replace(" 1 ", " 1er ")


@register.filter
def short_date(value: date | datetime, zone: ZoneInfo | None = None) -> str:
    """mer. 25 nov."""
    day = _day(value, zone)
    number = "1er" if day.day == 1 else str(day.day)
    return f"{date_format(day, 'D')}. {number} {date_format(day, 'N')}".lower()


@register.filter
def relative_day(value: date | datetime, zone: ZoneInfo | None = None) -> str:
    """aujourd’hui, demain, après-demain, else lundi 30 novembre."""
    day = _day(value, zone)
    today = _local(timezone.now(), zone).date()
    named = {0: "aujourd’hui", 1: "demain", 2: "après-demain", -1: "hier"}
    return named.get((day - today).days) or str(day_month(day))


@register.filter
def minutes(value: int) -> str:
    """15 min, 1 h, 1 h 30."""
    hours, rest = divmod(int(value), 60)
    if not hours:
        return f"{rest}{NBSP}min"
    return f"{hours}{NARROW}h" + (f"{NARROW}{rest:02d}" if rest else "")


@register.filter
def phone(value: str) -> str:
    """+33199001234 → 01 99 00 12 34, as its country writes it."""
    return written(value)


@register.filter
def sentence(value: str) -> str:
    """First letter in capital, the rest untouched (`capfirst` for lazy strings too)."""
    text = str(value)
    return text[:1].upper() + text[1:]


def _day(value: date | datetime, zone: ZoneInfo | None) -> date:
    return _local(value, zone).date() if isinstance(value, datetime) else value
