"""Days and modes of a rule, in words."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from django import template

from accounts import french
from appointments.enums import ConsultationType
from appointments.models import Absence, Closure
from appointments.openings.selectors import said_when

register = template.Library()


@register.filter
def weekdays(numbers: Iterable[int]) -> str:
    return french.weekdays(numbers)


@register.filter
def when(row: Absence | Closure, zone: ZoneInfo) -> str:
    """When an absence or a closure is; hours at the clock of `zone`."""
    return said_when(row, zone)


@register.filter
def modes(codes: Iterable[str]) -> list[str]:
    """The words of consultation types, in the order of the enum."""
    wanted = set(codes)
    return [str(kind.label) for kind in ConsultationType if kind in wanted]
