"""Days and modes of a rule, in words."""

from collections.abc import Iterable

from django import template

from appointments.enums import ConsultationType
from appointments.models.openings import WEEKDAYS

register = template.Library()

_NAMES = dict(WEEKDAYS)


@register.filter
def weekdays(numbers: Iterable[int]) -> str:
    """ISO weekdays: tous les jours, du lundi au vendredi, mardi, jeudi."""
    days = sorted(set(numbers))
    if len(days) == len(_NAMES):
        return "tous les jours"
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"du {_NAMES[days[0]]} au {_NAMES[days[-1]]}"
    return ", ".join(_NAMES[day] for day in days)


@register.filter
def modes(codes: Iterable[str]) -> list[str]:
    """The words of consultation types, in the order of the enum."""
    wanted = set(codes)
    return [str(kind.label) for kind in ConsultationType if kind in wanted]
