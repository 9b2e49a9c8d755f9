"""What is said about an appointment and its people, in words a voice can read."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils.formats import date_format

from accounts.models import Practitioner
from accounts.templatetags.french import day_month, relative_day, short_date
from appointments.enums import Sex
from appointments.models import Appointment

register = template.Library()

_BORN = {Sex.FEMALE: "née le", Sex.MALE: "né le"}
_SPOKEN_TITLES = {"Dr": "le docteur", "Pr": "le professeur"}


@register.filter
def born(sex: str) -> str:
    """née le, né le; né(e) le when the sex does not tell."""
    return _BORN.get(Sex(sex), "né(e) le") if sex else "né(e) le"


@register.filter
def spoken(practitioner: Practitioner) -> str:
    """« le docteur Tournesol »: no abbreviation, no given name."""
    title = _SPOKEN_TITLES.get(practitioner.title)
    return f"{title} {practitioner.family_name}" if title else practitioner.name


@register.filter
def said_day(moment: datetime, zone: ZoneInfo) -> str:
    """As `relative_day`, for after a noun: « rendez-vous d’aujourd’hui », « rendez-vous de demain », « du lundi 30 novembre »."""
    day = relative_day(moment, zone)
    if day.startswith("a"):
        return f"d’{day}"
    return f"de {day}" if day in {"demain", "hier"} else f"du {day}"


@register.filter
def near_day(moment: datetime, zone: ZoneInfo) -> str:
    """aujourd’hui, demain, après-demain, else ven. 27 nov.: for lists."""
    named = relative_day(moment, zone)
    return named if named != day_month(moment, zone) else str(short_date(moment, zone))


@register.filter
def plain_date(value: date) -> str:
    """14 février 1991."""
    return date_format(value, "j F Y").replace("1 ", "1er ", 1) if value.day == 1 else date_format(value, "j F Y")


@register.filter
def reference(appointment: Appointment) -> str:
    """Short enough to be read over the phone, for people; machines have the identifier."""
    letters = appointment.id.hex[:6].upper()
    return f"{letters[:4]}-{letters[4:]}"
