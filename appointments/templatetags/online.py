"""What the pages of those who book for themselves say of a place."""

from collections.abc import Iterable
from datetime import datetime, tzinfo
from urllib.parse import urlencode

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

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
def starts(pairs: Iterable[tuple[str, str]]) -> SafeString:
    """The hours to choose from: a page shows a hundred, and made by the template they were a third of its time. `data-at`: what
    the bar shows of the one that is chosen.
    """
    return format_html_join(
        "\n",
        '<label class="choice"><input type="radio" name="creneau" value="{0}" required><span'
        ' class="choice__box choice__box--center" data-at="{1}">{1}</span></label>',
        pairs,
    )


@register.simple_tag
def search_for(what: str, where: str, mode: str = "") -> str:
    """The query of a search."""
    said = {"quoi": what, "ou": where, "mode": str(mode)}
    return urlencode({name: value for name, value in said.items() if value})
