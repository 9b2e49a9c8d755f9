"""The patient of an appointment, as whoever looks may read them, and what was corrected of them."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

from django.db.models import Field, Q

from accounts.french import sentence
from accounts.phones import written
from accounts.rights import Actor
from appointments.exceptions import NotAllowed
from appointments.models import Appointment, Patient, PatientEvent, TwoPersons
from appointments.models.patients import TEXTS
from appointments.patients.identity import BirthDate, Precision
from appointments.patients.matches import Likeness, Person, compare
from appointments.patients.values import PatientDetails


@dataclass(frozen=True, slots=True)
class Seen:
    """`address`: where a visit at home goes. `caller`: who called for the patient, on `caller_phone` if that is said."""

    patient: Patient
    phone: str
    email: str
    address: str
    caller: str
    caller_phone: str


def birth_of(patient: Patient | PatientDetails) -> BirthDate:
    return BirthDate(patient.birth_date, Precision(patient.birth_date_precision))


def person_of(patient: Patient | PatientDetails) -> Person:
    """What tells two persons apart."""
    return Person(
        family_name=patient.family_name,
        given_name=patient.given_name,
        birth_name=patient.birth_name,
        birth=birth_of(patient),
        phone=patient.phone,
        sex=patient.sex,
    )


def likely_pairs(files: Iterable[Patient]) -> set[frozenset[uuid.UUID]]:
    """Those of these files that may be of one person, two by two, but for what was told apart. One query, none where nobody looks
    like another.
    """
    persons = [(one, person_of(one)) for one in files]
    alike = {
        frozenset((one.pk, other.pk))
        for (one, person), (other, another) in combinations(persons, 2)
        if one.organization_id == other.organization_id and compare(person, another).likeness is not Likeness.NO
    }
    if not alike:
        return alike
    among = {pk for pair in alike for pk in pair}
    apart = TwoPersons.objects.filter(one__in=among, other__in=among).order_by()
    return alike - {frozenset(pair) for pair in apart.values_list("one", "other")}


def corrections_by(actor: Actor, appointment: Appointment) -> list[PatientEvent]:
    """What the regulator who booked corrected themself, oldest first; nothing for others. One query."""
    if not actor.is_regulator:
        return []
    mine = PatientEvent.objects.filter(patient=appointment.given_as_id, by_regulator=actor.regulator)
    # Of the file: what follows of it for the visit's contacts is the same act.
    return list(mine.filter(appointment=None).order_by("pk"))


def corrections_of(appointment: Appointment) -> list[PatientEvent]:
    """Of the patient, of the visit's contacts and of what was given, oldest first, with what they held before. Two queries."""
    files = {appointment.patient_id, appointment.given_as_id} - {None}
    of_them = Q(patient__in=files, appointment=None) | Q(appointment=appointment)
    return list(PatientEvent.objects.filter(of_them).prefetch_related("former_values").order_by("pk"))


def correction_in_words(event: PatientEvent) -> list[tuple[str, str]]:
    """Each field that was corrected, in the order of its page, with what it held before as long as that is kept."""
    before = {one.field: one.value for one in event.former_values.all()}
    born = before.get("birth_date")
    if born:
        before["birth_date"] = BirthDate(date.fromisoformat(born), Precision(before["birth_date_precision"])).words
    model = Patient if event.appointment_id is None else Appointment
    return [
        (_label(model, name), _in_words(model, name, before.get(name, "")))
        for name in event.fields
        if name != "birth_date_precision"
    ]


def given_otherwise(appointment: Appointment) -> list[tuple[str, str]]:
    """What whoever booked gave, where the practice's file says otherwise: label and value."""
    given, patient = appointment.given_as, appointment.patient
    if given is None or given == patient or given.erased_at is not None:
        return []
    names = [name for name in TEXTS if getattr(given, name) != getattr(patient, name) and getattr(given, name)]
    found = [(heading(name), _in_words(Patient, name, getattr(given, name))) for name in names]
    if birth_of(given) != birth_of(patient):
        found.append((heading("birth_date"), birth_of(given).words))
    return found


def field_in_words(patient: Patient, name: str) -> str:
    """What a file says in one of its columns of text, as people read it."""
    return _in_words(Patient, name, getattr(patient, name))


def heading(name: str) -> str:
    """What a column of a file is called."""
    return sentence(_label(Patient, name))


def _label(model: type[Patient | Appointment], name: str) -> str:
    return "rattaché à un autre dossier" if name == "patient" else str(_column(model, name).verbose_name)


def _column(model: type[Patient | Appointment], name: str) -> "Field[Any, Any]":
    column = model._meta.get_field(name)
    assert isinstance(column, Field)  # noqa: S101  # for the type checker
    return column


def _in_words(model: type[Patient | Appointment], name: str, value: str) -> str:
    """As people read it, from the column's text."""
    if name == "patient":
        return ""
    if name in {"phone", "contact_phone", "caller_phone"}:
        return written(value) if value else ""
    return str(dict(_column(model, name).flatchoices).get(value, value))


def seen_by(actor: Actor, appointment: Appointment) -> Seen:
    """The regulator who booked reads what they gave, and nothing that the practice knows or has changed since."""
    if not actor.is_regulator:
        patient = appointment.patient
        return Seen(
            patient,
            appointment.contact_phone,
            appointment.contact_email,
            appointment.visit_address,
            appointment.caller,
            appointment.caller_phone,
        )
    given = appointment.given_as
    if given is None:
        raise NotAllowed
    caller = "" if "caller" in appointment.contacts_by_practice else appointment.caller
    return Seen(given, given.phone, given.email, given.address, caller, appointment.caller_phone if caller else "")
