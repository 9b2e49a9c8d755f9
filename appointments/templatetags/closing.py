"""How many visits are still to be closed, beside the navigation's entry: one query a page, none on an agenda; whose they are."""

from typing import Any

from django import template
from django.utils import timezone

from accounts.rights import Actor
from appointments.agenda.selectors.closing import COUNTED, count_to_close
from appointments.models import Patient

register = template.Library()


@register.simple_tag(takes_context=True)
def to_close(context: dict[str, Any]) -> str:
    """3, 99+, blank when there are none. An agenda page has counted them with what else is around it."""
    around = context.get("around")
    count = around.to_close if around else count_to_close(context["actor"], now=timezone.now())
    return f"{COUNTED - 1}+" if count >= COUNTED else str(count or "")


@register.filter
def called(patient: Patient, actor: Actor) -> str:
    """As the agenda's blocks have it (`agenda.blocks.Look.name_of`)."""
    return patient.short_name if actor.is_discreet else patient.listed_name
