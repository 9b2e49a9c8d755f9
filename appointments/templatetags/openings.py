"""Days and modes of a rule, in words."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from django import template

from accounts import french
from accounts.zones import there
from appointments.enums import ConsultationType
from appointments.models import Absence, Closure, Rule
from appointments.openings.recurrence import DAY_MINUTES
from appointments.openings.selectors import said_when
from appointments.openings.values import minutes_of

register = template.Library()


@register.filter
def weekdays(numbers: Iterable[int]) -> str:
    return french.weekdays(numbers)


@register.filter
def hours(rule: Rule, always: bool = False) -> str:
    """9 h 00 – 12 h 00, at the clock of its place, named where readers' may be another, or `always`."""
    zone = rule.schedule.location.zone
    return f"{french.clock(rule.start_time)} – {french.clock(rule.end_time)}{there(zone, always=always)}"


@register.filter
def free(count: int) -> str:
    """0 créneau libre; 2 créneaux libres."""
    return french.counted(count, "créneau libre", "créneaux libres")


@register.filter
def span(rule: Rule) -> str:
    """Its first and last minute of the day, for the script that moves its edges; nothing of what goes past midnight."""
    start, end = minutes_of(rule.start_time), minutes_of(rule.end_time) or DAY_MINUTES
    return f"{start} {end}" if start < end else ""


@register.simple_tag
def when(row: Absence | Closure, zone: ZoneInfo, several_clocks: bool) -> str:
    """When an absence or a closure is; hours at the clock of `zone`, named where readers' may be another or beside others."""
    return said_when(row, zone, always=several_clocks)


@register.filter
def modes(codes: Iterable[str]) -> list[str]:
    """The words of consultation types, in the order of the enum."""
    wanted = set(codes)
    return [str(kind.label) for kind in ConsultationType if kind in wanted]
