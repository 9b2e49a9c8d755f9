"""What is said about an appointment and its people, in words a voice can read."""

import uuid
from datetime import date

from django import template

from accounts.french import NBSP
from accounts.models import Practitioner
from appointments.booking.reference import reference
from appointments.booking.reference import spelled as reference_spelled
from appointments.enums import Sex
from appointments.messages import words
from appointments.models import Appointment, Location, Patient
from appointments.patients.identity import BirthDate, Precision, age_in_words, is_doubtful
from appointments.patients.selectors import birth_of

register = template.Library()
register.filter("reference", reference)
register.filter("reference_spelled", reference_spelled)
register.filter("is_doubtful", is_doubtful)

_BORN = {Sex.FEMALE: "née", Sex.MALE: "né"}
_SPOKEN_TITLES = {"Dr": "le docteur", "Pr": "le professeur"}


@register.filter
def birth(patient: Patient) -> BirthDate:
    return birth_of(patient)


@register.filter
def born(known: BirthDate, sex: str) -> str:
    """née le 3 avril 1985, né en avril 1985, née vers 1985; né(e) when the sex does not tell; date de naissance inconnue."""
    if known.born is None:
        return "date de naissance inconnue"
    begins = _begins(sex)
    link = "" if known.precision is Precision.AGE else "le " if known.precision is Precision.DAY else "en "
    return f"{begins} {link}{known.words}"


def _begins(sex: str) -> str:
    return _BORN.get(Sex(sex), "né(e)") if sex else "né(e)"


@register.filter
def born_on_paper(patient: Patient, day: date) -> str:
    """née le 02/05/1961, 65 ans; né en 1950, environ 76 ans: the birth date with the age on that day, in little room."""
    known = birth_of(patient)
    if known.precision is not Precision.DAY or known.born is None:
        words = born(known, patient.sex)
    else:
        words = f"{_begins(patient.sex)} le {known.born:%d/%m/%Y}"
    return f"{words}, {age(patient, day).replace(' ', NBSP)}" if known.born is not None else words


@register.filter
def age(patient: Patient, today: date) -> str:
    """9 jours, 6 semaines, 18 mois, 34 ans; environ where the birth date leaves it open."""
    return age_in_words(birth_of(patient), today)


@register.filter
def spoken(practitioner: Practitioner) -> str:
    """« le docteur Tournesol »: no abbreviation, no given name."""
    title = _SPOKEN_TITLES.get(practitioner.title)
    return f"{title} {practitioner.family_name}" if title else practitioner.name


@register.filter
def hour_told(appointment: Appointment) -> str:
    return words.hour_told(appointment)


@register.filter
def where(mode: str, location: Location) -> str:
    return words.where(mode, location)


@register.filter
def whom(bookable: list[Practitioner], visit: Appointment | None) -> uuid.UUID:
    """With whom a patient books: who received them in that visit, when one books there, else the first."""
    usual = [one for one in bookable if visit is not None and one.pk == visit.practitioner_id]
    return (usual or bookable)[0].pk
