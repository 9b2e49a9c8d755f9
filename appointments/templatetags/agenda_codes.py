"""The agenda's codes as people see them: a word with its icon or shape, never the code alone."""

from typing import Any

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString

from appointments.enums import Audience, ConsultationType, Status
from appointments.models import Appointment

register = template.Library()

_MODE_ICONS = {ConsultationType.AMB: "cabinet", ConsultationType.HH: "home", ConsultationType.VR: "video"}
# For chips and filters.
_SHORT_MODES = {ConsultationType.AMB: "Cabinet", ConsultationType.HH: "Domicile", ConsultationType.VR: "Télécons."}
_BADGES = {
    Status.PENDING: ("warn", "ring"),
    Status.BOOKED: ("info", "ring"),
    Status.FULFILLED: ("ok", "checked"),
    Status.NOSHOW: ("danger", "absent"),
    Status.CANCELLED: ("void", "x"),
}


@register.inclusion_tag("pieces/mode.html")
def mode(code: str, short: bool = False) -> dict[str, str]:
    """Where the consultation takes place."""
    kind = ConsultationType(code)
    return {"name": _MODE_ICONS[kind], "label": _SHORT_MODES[kind] if short else str(kind.label)}


@register.inclusion_tag("pieces/slot_tag.html")
def slot_tag(code: str) -> dict[str, str]:
    """To whom a slot is shown."""
    kind = Audience(code)
    return {"code": kind.value, "name": kind.value.lower(), "title": str(kind.label)}


@register.inclusion_tag("pieces/status_badge.html")
def status_badge(appointment: Appointment) -> dict[str, str]:
    """The appointment's status, in a word and a shape."""
    tone, shape = _BADGES[Status(appointment.status)]
    return {"tone": tone, "shape": shape, "label": appointment.get_status_display()}


@register.inclusion_tag("pieces/status_badge.html")
def visit_badge(appointment: Appointment) -> dict[str, str]:
    """The same for the practice, to which one that is over and that nobody closed is no longer « confirmé »."""
    if appointment.is_booked and appointment.end <= timezone.now():
        return {"tone": "warn", "shape": "todo", "label": "À clore"}
    return status_badge(appointment)


@register.filter
def items(look: Any, column: Any) -> SafeString:
    """The lines of a column of the grid (`agenda.blocks.Look`)."""
    found: SafeString = look.items(column)
    return found


@register.filter
def name_for(appointment: Appointment, look: Any) -> str:
    """The patient's name as the grid has it."""
    name: str = look.name_of(appointment)
    return name
