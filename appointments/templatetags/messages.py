"""How far a patient knows, as pages say it."""

from zoneinfo import ZoneInfo

from django import template
from django.contrib.messages.storage.base import Message

from appointments.messages import saying as words
from appointments.messages.reach import usual_way
from appointments.models import PatientMessage

register = template.Library()

register.filter("heading", words.heading)
register.filter("missed", words.missed)
register.filter("owner", words.owner)
register.filter("usual_way", usual_way)


@register.filter
def stoppable(notice: Message) -> list[str]:
    """Of a notice whose patient can still be left untold (`say_done`): the visit, and its version."""
    return notice.extra_tags.split() if notice.extra_tags else []


@register.simple_tag
def saying(message: PatientMessage, zone: ZoneInfo) -> words.Saying:
    return words.saying(message, zone)


@register.filter
def said(message: PatientMessage, zone: ZoneInfo) -> str:
    return words.saying(message, zone).line
