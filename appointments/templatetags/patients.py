"""What is said about an appointment and its people, in words a voice can read."""

from django import template

from accounts.models import Practitioner
from appointments.enums import ConsultationType, Sex
from appointments.models import Appointment, Location

register = template.Library()

_BORN = {Sex.FEMALE: "née le", Sex.MALE: "né le"}
_ELSEWHERE = {ConsultationType.VR: "en téléconsultation", ConsultationType.HH: "à votre domicile"}
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
def where(mode: str, location: Location) -> str:
    """To the patient: en téléconsultation, à votre domicile, else the place and its address."""
    return _ELSEWHERE.get(ConsultationType(mode)) or f"{location.name}, {location.full_address}"


@register.filter
def reference(appointment: Appointment) -> str:
    """Short enough to be read over the phone, for people; machines have the identifier."""
    letters = appointment.id.hex[:6].upper()
    return f"{letters[:4]}-{letters[4:]}"
