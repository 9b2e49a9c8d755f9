"""What the pages of those who book for themselves say of a place."""

from datetime import datetime, tzinfo
from urllib.parse import urlencode

from django import template

from accounts.templatetags.french import local_day
from appointments.models import Location, Schedule

register = template.Library()


@register.filter
def phone_of(schedule: Schedule) -> str:
    """Of the place, else of who receives there, else of the practice."""
    whose = schedule.calendar.practitioner
    return schedule.location.phone or (whose.phone if whose is not None else "") or schedule.organization.phone


@register.filter
def map_of(location: Location) -> str:
    """A map of where it is, at another site: nothing of who asks goes there."""
    return "https://www.openstreetmap.org/search?" + urlencode({"query": location.full_address})


@register.filter
def iso_day(moment: datetime, zone: tzinfo) -> str:
    return local_day(moment, zone).isoformat()


@register.simple_tag
def search_for(what: str, where: str, mode: str = "") -> str:
    """The query of a search."""
    said = {"quoi": what, "ou": where, "mode": str(mode)}
    return urlencode({name: value for name, value in said.items() if value})
