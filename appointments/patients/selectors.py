"""The patient of an appointment, as whoever looks may read them, and what was corrected of them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Field, Q

from accounts.french import sentence
from accounts.phones import written
from accounts.rights import Actor
from appointments.exceptions import NotAllowed
from appointments.models import Appointment, Patient, PatientEvent
from appointments.models.patients import TEXTS
from appointments.patients.identity import BirthDate, Precision
from appointments.patients.matches import Person
from appointments.patients.values import PatientDetails


@dataclass(frozen=True, slots=True)
class Seen:
    """`address`: where a visit at home goes."""

    patient: Patient
    phone: str
    email: str
    address: str
    caller: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that two files say otherwise, in words; blank where one of them does not say it."""

    label: str
    here: str
    there: str

    @property
    def is_contested(self) -> bool:
        """Of the two the kept file's stays; else what only one says does, whichever is kept."""
        return bool(self.here and self.there)


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
    found = [(_heading(name), _in_words(Patient, name, getattr(given, name))) for name in names]
    if birth_of(given) != birth_of(patient):
        found.append((_heading("birth_date"), birth_of(given).words))
    return found


def differences(here: Patient, there: Patient) -> list[Difference]:
    """Field by field, in the order of the file."""
    found = [
        Difference(_heading(name), *(_in_words(Patient, name, getattr(one, name)) for one in (here, there)))
        for name in TEXTS
        if not name.startswith("no_")
    ]
    born = [birth_of(one) for one in (here, there)]
    found.append(Difference(_heading("birth_date"), *(one.words if one.born is not None else "" for one in born)))
    return [one for one in found if one.here != one.there]


def _heading(name: str) -> str:
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
    if name in {"phone", "contact_phone"}:
        return written(value) if value else ""
    return str(dict(_column(model, name).flatchoices).get(value, value))


def seen_by(actor: Actor, appointment: Appointment) -> Seen:
    """The regulator who booked reads what they gave, and nothing that the practice knows or has changed since."""
    if not actor.is_regulator:
        patient = appointment.patient
        return Seen(
            patient, appointment.contact_phone, appointment.contact_email, appointment.visit_address, appointment.caller
        )
    given = appointment.given_as
    if given is None:
        raise NotAllowed
    caller = "" if "caller" in appointment.contacts_by_practice else appointment.caller
    return Seen(given, given.phone, given.email, given.address, caller)
