"""`accounts.french`, `accounts.zones` and `accounts.phones` as filters. A moment has no hour and no day without a zone: none is
shown at the clock of nobody.
"""

from datetime import date, datetime, time, tzinfo
from zoneinfo import ZoneInfo

from django import template
from django.utils import timezone

from accounts import french, zones
from accounts.phones import written

register = template.Library()


def local_day(value: date | datetime, zone: tzinfo | None) -> date:
    if not isinstance(value, datetime):
        return value
    if zone is None:
        raise ValueError("the day of a moment depends on a zone")
    return value.astimezone(zone).date()


@register.filter
def house_day(moment: datetime) -> date:
    """The day of a moment that is at no place, at the clock of the house."""
    return local_day(moment, timezone.get_default_timezone())


@register.filter
def hour(moment: datetime, zone: tzinfo) -> str:
    return french.hour(moment.astimezone(zone))


@register.filter
def hour_there(moment: datetime, zone: ZoneInfo) -> str:
    """9 h 00, heure de la Guadeloupe; at the clock of Paris 9 h 00."""
    return hour(moment, zone) + zones.there(zone)


@register.filter
def there(zone: ZoneInfo, always: bool = False) -> str:
    """After an hour: « , heure de la Guadeloupe »."""
    return zones.there(zone, always=always)


@register.filter
def apart(zone: ZoneInfo, other: ZoneInfo) -> str:
    """After an hour beside those of another clock."""
    return zones.apart(zone, other)


@register.filter
def name_of(zone: ZoneInfo) -> str:
    return zones.name_of(zone)


@register.filter
def code_of(zone: ZoneInfo) -> str:
    return zones.code_of(zone)


@register.filter
def hour_of(zone: ZoneInfo) -> str:
    return zones.hour_of(zone)


@register.filter
def clock(value: time) -> str:
    return french.clock(value)


@register.filter
def long_date(value: date | datetime, zone: tzinfo | None = None) -> str:
    return french.long_date(local_day(value, zone))


@register.filter
def day_month(value: date | datetime, zone: tzinfo | None = None) -> str:
    return french.day_month(local_day(value, zone))


@register.filter
def short_date(value: date | datetime, zone: tzinfo | None = None) -> str:
    return french.short_date(local_day(value, zone))


@register.filter
def plain_date(value: date | datetime, zone: tzinfo | None = None) -> str:
    return french.plain_date(local_day(value, zone))


@register.filter
def weekday(value: date) -> str:
    return french.weekday(value)


@register.filter
def short_weekday(value: date) -> str:
    return french.short_weekday(value)


@register.filter
def month_year(value: date) -> str:
    return french.month_year(value)


@register.filter
def relative_day(value: date | datetime, zone: tzinfo) -> str:
    return french.relative_day(local_day(value, zone), timezone.localdate(timezone=zone))


@register.filter
def said_day(value: date | datetime, zone: tzinfo) -> str:
    return french.said_day(local_day(value, zone), timezone.localdate(timezone=zone))


@register.filter
def named_day(value: date, zone: tzinfo) -> str:
    """aujourd’hui, demain, après-demain, hier; else the day of the week: beside a date."""
    return french.named_day(value, timezone.localdate(timezone=zone)) or french.weekday(value)


@register.filter
def near_day(value: date | datetime, zone: tzinfo) -> str:
    """aujourd’hui, demain, après-demain, else ven. 27 nov.: for lists."""
    day = local_day(value, zone)
    return french.named_day(day, timezone.localdate(timezone=zone)) or french.short_date(day)


@register.filter
def minutes(value: int) -> str:
    return french.duration(int(value))


@register.filter
def phone(value: str) -> str:
    return written(value)


@register.filter
def of(name: object) -> str:
    return french.of(name)


@register.filter
def to(name: object) -> str:
    return french.to(name)


@register.filter
def the(name: object) -> str:
    return french.the(name)


@register.filter
def plural(count: int, ending: str = "s") -> str:
    """The ending of a plural, which in French begins at two."""
    return ending if abs(count) > 1 else ""


@register.filter
def sentence(value: object) -> str:
    return french.sentence(str(value))
