"""A booked patient is corrected: by the practice (its file, and how they are reached for the visit), or by the regulator who
booked (what they gave, and the contacts that the practice has not changed since).

The SAS hears nothing of it: it was never told. What the patient is told again follows from `contacts_corrected`.
"""

import uuid
from collections.abc import Collection, Mapping
from copy import copy
from dataclasses import dataclass, fields
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.dispatch import Signal

from accounts.enums import Level
from accounts.rights import Actor
from accounts.single import single
from appointments.enums import ConsultationType, Identity
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Appointment, Patient
from appointments.patients.locks import lock_files_of
from appointments.patients.services.history import former_values, record_correction
from appointments.patients.values import PatientDetails

# Sent in the transaction of a correction that changed where the patient is written to. Arguments: appointment, at.
contacts_corrected = Signal()

# The visit's own, and what they repeat of the patient at booking.
REPEATED = {"contact_phone": "phone", "contact_email": "email", "visit_address": "address"}


@dataclass(frozen=True, slots=True)
class Contacts:
    """How the patient is reached for one visit."""

    contact_phone: str
    contact_email: str
    caller: str
    visit_address: str

    def as_fields(self) -> dict[str, str]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True)
class Corrected:
    """Names of columns of the patient or the visit.

    `kept`: of the patient those whose contact stays what the practice made of it.
    """

    changed: tuple[str, ...]
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """Of what the page showed; None where it said none."""

    appointment: int | None
    patient: int | None


def correct_file(
    *,
    appointment_id: uuid.UUID,
    version: Version,
    details: PatientDetails,
    contacts: Contacts,
    others_too: bool,
    by: Actor,
    now: datetime,
) -> Corrected:
    """By who books in the agenda. `others_too`: their other visits to come, in agendas where that person books, that repeat what
    the file said repeat what it says from now on.

    What an outsider gave stays as they gave it: the practice goes on with a file of its own. Raises `Refused` once the patient
    is erased, `NotAllowed`, `ChangedMeanwhile`.
    """
    with transaction.atomic():
        kept = Appointment.objects.kept_by(by, Level.BOOK)
        files = lock_files_of(lambda: kept.filter(pk=appointment_id).values_list("patient_id", flat=True), by=by)
        if not files:
            raise NotAllowed
        [file] = files.values()
        rows = Appointment.objects.filter(patient=file).select_for_update(no_key=True, of=("self",))
        visits = {one.pk: one for one in rows.order_by("pk")}
        appointment = visits[appointment_id]
        if version != Version(appointment.version, file.version):
            raise ChangedMeanwhile
        _refuse_erased(file)
        before = former_values(file, details.as_fields())
        if before:
            file = own_file(file, visits.values())
            _write(file, details, before, by, now)
        reached = _reach(appointment, contacts.as_fields(), file, by, now)
        if others_too and before:
            mine = kept.filter(pk__in=visits).exclude(pk=appointment_id).values_list("pk", flat=True)
            for other in (visits[pk] for pk in mine.order_by("pk")):
                if other.is_booked and other.start > now:
                    _reach(other, _repeated(other, details, before), file, by, now)
        return Corrected((*before, *reached))


def correct_as_given(
    *,
    appointment_id: uuid.UUID,
    version: int | None,
    details: PatientDetails,
    caller: str,
    caller_phone: str,
    by: Actor,
    now: datetime,
) -> Corrected:
    """By the regulator who booked, until the visit begins. `version`: of the patient as given. A patient without a phone is
    reached on that of who calls for them.

    Raises `Refused`, `NotAllowed`, `ChangedMeanwhile`.
    """
    if not by.is_regulator:
        raise NotAllowed
    with transaction.atomic():
        booked = Appointment.objects.visible_to(by).filter(pk=appointment_id)
        given_as = booked.values_list("given_as_id", flat=True)
        files = lock_files_of(lambda: [one for one in given_as.all() if one is not None], by=by)
        appointment = single(booked.select_for_update(no_key=True, of=("self",)))
        if appointment is None or not files:
            raise NotAllowed
        [given] = files.values()
        if given.version != version:
            raise ChangedMeanwhile
        _refuse_erased(given)
        if not appointment.is_booked or appointment.start <= now:
            raise Refused("Ce rendez-vous a commencé ou est clos\u00a0: seul le cabinet peut encore le corriger.")
        before = former_values(given, details.as_fields())
        if before:
            _write(given, details, before, by, now)
        theirs = set(appointment.contacts_by_practice)
        changed = {name: getattr(details, field) for name, field in REPEATED.items() if field in before}
        if appointment.consultation_type != ConsultationType.HH:
            changed.pop("visit_address", None)
        if not details.phone and caller_phone != appointment.caller_phone:
            changed["contact_phone"] = caller_phone
        if "caller" not in theirs:
            changed |= {"caller": caller, "caller_phone": caller_phone}
        mine = {name: value for name, value in changed.items() if name not in theirs}
        reached = _reach(appointment, mine, given, by, now)
        kept = [REPEATED[name] for name in changed if name in theirs and name in REPEATED]
        return Corrected((*before, *reached), tuple(kept))


def write_note(*, patient_id: uuid.UUID, version: int | None, note: str, by: Actor, now: datetime) -> Patient:
    """The practice's own words about somebody. The file they are on: of what an outsider gave, one of the practice's own.

    By who books in an agenda of one of their visits. Raises `Refused` once erased, `NotAllowed`, `ChangedMeanwhile`.
    """
    return _on_file(patient_id, version, {"practice_note": note}, by, now)


def check_identity(*, patient_id: uuid.UUID, version: int | None, by: Actor, now: datetime) -> Patient:
    """An identity document was seen, and says what the file says. As `write_note`."""
    return _on_file(patient_id, version, {"identity": Identity.CHECKED}, by, now)


def _on_file(
    patient_id: uuid.UUID, version: int | None, fields: Mapping[str, str], by: Actor, now: datetime
) -> Patient:
    with transaction.atomic():
        file = lock_files_of(lambda: [patient_id], by=by).get(patient_id)
        rows = Appointment.objects.filter(patient=patient_id).select_for_update(no_key=True, of=("self",))
        visits = list(rows.order_by("pk"))
        mine = Appointment.objects.kept_by(by, Level.BOOK).filter(pk__in=[one.pk for one in visits])
        if file is None or not mine.exists():
            raise NotAllowed
        _refuse_erased(file)
        if file.version != version:
            raise ChangedMeanwhile
        before = former_values(file, fields)
        if before:
            file = own_file(file, visits)
            for name in before:
                setattr(file, name, fields[name])
            file.version += 1
            file.save(update_fields=[*before, "version"])
            record_correction(patient=file, before=before, by=by, at=now)
        return file


def _refuse_erased(patient: Patient) -> None:
    if patient.erased_at is not None:
        raise Refused("Ce patient est effacé\u00a0: il n’y a plus rien à corriger.")


def own_file(file: Patient, visits: Collection[Appointment]) -> Patient:
    """The practice's own file: of what an outsider gave a copy, that takes its place for the practice."""
    if not Appointment.objects.filter(given_as=file).exists():
        return file
    own = copy(file)
    own.pk, own.version = uuid.uuid4(), 0
    own.save(force_insert=True)
    Appointment.objects.filter(pk__in=[one.pk for one in visits]).update(patient=own, version=F("version") + 1)
    for one in visits:
        one.patient, one.version = own, one.version + 1
    return own


def _write(patient: Patient, details: PatientDetails, before: Mapping[str, str], by: Actor, now: datetime) -> None:
    for name, value in details.as_fields().items():
        setattr(patient, name, value)
    if not by.is_regulator and patient.identity == Identity.PROVISIONAL:
        patient.identity = Identity.DECLARED
    patient.version += 1
    patient.save(update_fields=[*before, "identity", "version"])
    record_correction(patient=patient, before=before, by=by, at=now)


def _reach(
    appointment: Appointment, reached: Mapping[str, str], patient: Patient, by: Actor, now: datetime
) -> list[str]:
    """The visit's own contacts; which of them changed. Of an outsider's visit, what the practice changes is its own then."""
    before = former_values(appointment, reached)
    if not before:
        return []
    for name in before:
        setattr(appointment, name, reached[name])
    if not by.is_regulator and appointment.given_as_id is not None:
        appointment.contacts_by_practice = sorted({*appointment.contacts_by_practice, *before})
    appointment.version += 1
    appointment.save(update_fields=[*before, "contacts_by_practice", "version"])
    record_correction(patient=patient, appointment=appointment, before=before, by=by, at=now)
    if {"contact_email", "contact_phone"} & before.keys():
        contacts_corrected.send(sender=Appointment, appointment=appointment, at=now)
    return list(before)


def _repeated(appointment: Appointment, details: PatientDetails, before: Mapping[str, str]) -> dict[str, str]:
    """What a visit repeats of the file's former values, as the file has it now."""
    return {
        name: getattr(details, field)
        for name, field in REPEATED.items()
        if field in before and before[field] and getattr(appointment, name) == before[field]
    }
