"""Files of patients at a booking: whose, how sure, and which one stands for another."""

import uuid
from dataclasses import asdict

import pytest

from accounts.rights import Actor
from appointments.booking.services.booking import book_appointment, book_freely
from appointments.enums import BirthPrecision, ConsultationType, Identity
from appointments.exceptions import NotAllowed, Refused
from appointments.models import Appointment, Patient, Schedule
from appointments.slots.slot_key import SlotKey
from tests import factories
from tests.factories import at

NOW, NINE, TEN = at("2026-11-25", "08:00"), at("2026-11-25", "09:00"), at("2026-11-25", "10:00")
pytestmark = pytest.mark.django_db


@pytest.fixture
def schedule() -> Schedule:
    return factories.rule(consultation_types=list(ConsultationType)).schedule


@pytest.fixture
def practice(schedule: Schedule) -> Actor:
    return factories.practice_actor(schedule.practitioner)


def book(schedule: Schedule, by: Actor, start: object = NINE, **fields: object) -> Appointment:
    key = SlotKey(schedule.id, start, 15)  # type: ignore[arg-type]
    made = book_appointment(key=key, visit=factories.visit(**fields), by=by, now=NOW)
    return Appointment.objects.select_related("patient", "given_as").get(pk=made.pk)


def test_what_a_regulator_gives_is_a_new_provisional_patient_each_time(schedule: Schedule) -> None:
    regulator, patient = factories.regulator_actor(), factories.patient(email="kumquat@exemple.test", nir="1" * 15)
    first, again = book(schedule, regulator, patient=patient), book(schedule, regulator, TEN, patient=patient)
    assert first.patient_id != again.patient_id
    assert first.given_as == first.patient
    assert (first.patient.identity, first.patient.organization) == (Identity.PROVISIONAL, schedule.organization)
    kept = {name: getattr(first.patient, name) for name in asdict(patient)}
    assert kept == asdict(patient)
    assert first.patient.birth_date_precision == BirthPrecision.DAY


def test_what_the_practice_writes_is_a_declared_one_of_its_own(schedule: Schedule, practice: Actor) -> None:
    made = book(schedule, practice)
    assert (made.given_as, made.patient.identity) == (None, Identity.DECLARED)


def test_a_visit_has_the_contacts_it_was_booked_with(schedule: Schedule) -> None:
    patient = factories.patient(email="kumquat@exemple.test", address="8 place Imaginaire")
    made = book(schedule, factories.regulator_actor(), patient=patient, caller="Sa fille", note="Vertiges")
    assert (made.contact_phone, made.contact_email) == (patient.phone, patient.email)
    assert (made.caller, made.note, made.visit_address) == ("Sa fille", "Vertiges", "")
    at_home = book(schedule, factories.regulator_actor(), TEN, patient=patient, consultation_type=ConsultationType.HH)
    assert at_home.visit_address == "8 place Imaginaire"


def test_the_practice_books_for_a_file_it_has(schedule: Schedule, practice: Actor) -> None:
    file = factories.file(schedule.organization)
    typed = factories.patient(email="ailleurs@exemple.test")
    made = book(schedule, practice, file=file.id, patient=typed)
    freely = book_freely(
        schedule_id=schedule.id, start=TEN, minutes=15, visit=factories.visit(file=file.id), by=practice, now=NOW,
        despite=False,
    )  # fmt: skip
    assert made.patient == freely.patient == file
    assert made.contact_email == "ailleurs@exemple.test"
    assert Patient.objects.count() == 1
    assert Patient.objects.get().family_name == file.family_name


def test_the_file_it_was_merged_into_stands_for_it(schedule: Schedule, practice: Actor) -> None:
    kept, between, absorbed = (factories.file(schedule.organization) for _ in range(3))
    Patient.objects.filter(pk=between.pk).update(merged_into=kept)
    Patient.objects.filter(pk=absorbed.pk).update(merged_into=between)
    assert book(schedule, practice, file=absorbed.id).patient == kept


def test_no_other_organization_s_file_no_unknown_one_and_no_erased_one(schedule: Schedule, practice: Actor) -> None:
    for stranger in (factories.file().id, uuid.uuid4()):
        with pytest.raises(NotAllowed):
            book(schedule, practice, file=stranger)
    erased = factories.file(schedule.organization)
    Patient.objects.filter(pk=erased.pk).update(
        family_name="", given_name="", sex="", phone="", birth_date=None, birth_date_precision="unknown", erased_at=NOW
    )
    with pytest.raises(Refused, match="effacé"):
        book(schedule, practice, file=erased.id)
    assert not Appointment.objects.exists()


def test_a_regulator_has_no_files(schedule: Schedule) -> None:
    with pytest.raises(NotAllowed):
        book(schedule, factories.regulator_actor(), file=factories.file(schedule.organization).id)


@pytest.mark.parametrize(
    ("fields", "name", "short", "initials"),
    [
        ({"given_name": "Zoé", "family_name": "D’Épine"}, "Zoé D’Épine", "Zoé D.", "Z. D."),
        ({"given_name": "", "family_name": "Œillet"}, "Œillet", "Œillet", "Œ."),
    ],
)
def test_a_patient_s_name(fields: dict[str, str], name: str, short: str, initials: str) -> None:
    patient = Patient(**fields)
    assert (patient.name, patient.short_name, patient.initials) == (name, short, initials)
