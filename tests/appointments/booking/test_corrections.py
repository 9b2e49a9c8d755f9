"""A booked patient is corrected: by the practice or by the regulator who booked, recorded, told again, never to the SAS."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from accounts.rights import Actor
from appointments.booking.services.changes import cancel_appointment
from appointments.booking.services.corrections import (
    Contacts,
    Corrected,
    Version,
    correct_as_given,
    correct_file,
)
from appointments.booking.services.moving import move_appointment
from appointments.enums import Identity, MessageKind, MessageState
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Appointment, Patient, PatientEvent, PatientFormerValue, PatientMessage
from appointments.patients.values import PatientDetails
from interop.models import Delivery
from tests import factories
from tests.factories import at

NOW, TEN = at("2026-11-25", "08:00"), at("2026-11-25", "10:00")
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db
GIVEN = PatientDetails(
    family_name="Jasmin", given_name="Kumquat", birth_date=date(1991, 2, 14), sex="female", phone="+33639980001",
    email="faux@exemple.test",
)  # fmt: skip
RIGHT = replace(GIVEN, family_name="Jasmin-Démo", email="juste@exemple.test", phone="+33639980002")


@pytest.fixture(autouse=True)
def _frozen() -> Iterator[None]:
    """Booked at this moment too: of a visit that has begun nobody is told."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def regulator() -> Actor:
    return factories.regulator_actor()


def booked(by: Actor | None = None, **fields: Any) -> Appointment:
    return factories.appointment(**{"start": TEN, "patient": GIVEN, "by": by} | fields)


def practice(appointment: Appointment) -> Actor:
    return factories.practice_actor(appointment.practitioner)  # type: ignore[arg-type]


def seen(appointment: Appointment) -> Appointment:
    return Appointment.objects.select_related("patient", "given_as").get(pk=appointment.pk)


def correct(appointment: Appointment, details: PatientDetails | None = None, **options: Any) -> Corrected:
    """As the practice's page does, of what it shows now. Contacts: those there are, unless given."""
    now = seen(appointment)
    contacts = {name: getattr(now, name) for name in ("contact_phone", "contact_email", "caller", "visit_address")}
    contacts |= {name: options.pop(name) for name in list(options) if name in contacts}
    defaults: dict[str, Any] = {
        "version": Version(now.version, now.patient.version),
        "by": practice(appointment),
        "others_too": False,
        "now": NOW,
    }
    return correct_file(
        appointment_id=appointment.pk, details=details or as_it_is(now.patient), contacts=Contacts(**contacts),
        **defaults | options,
    )  # fmt: skip


def as_it_is(patient: Patient) -> PatientDetails:
    return PatientDetails(**{name: getattr(patient, name) for name in PatientDetails.__slots__})


def correct_given(appointment: Appointment, by: Actor, details: PatientDetails = RIGHT, **options: Any) -> Corrected:
    given = seen(appointment).given_as
    assert given is not None
    defaults: dict[str, Any] = {"version": given.version, "caller": "", "caller_phone": "", "now": NOW}
    return correct_as_given(appointment_id=appointment.pk, details=details, by=by, **defaults | options)


def waiting() -> list[tuple[str, str]]:
    rows = PatientMessage.objects.filter(state=MessageState.PLANNED).order_by("pk")
    return list(rows.values_list("kind", "address"))


# --- The practice
def test_the_practice_corrects_its_file_and_what_it_held_is_kept() -> None:
    appointment = booked()
    assert set(correct(appointment, RIGHT).changed) == {"family_name", "phone", "email"}
    file = seen(appointment).patient
    assert (file.family_name, file.email, file.version) == ("Jasmin-Démo", "juste@exemple.test", 1)
    event = PatientEvent.objects.get()
    assert (event.patient, event.appointment, event.at) == (file, None, NOW)
    assert set(event.fields) == {"family_name", "phone", "email"}
    assert dict(event.former_values.values_list("field", "value")) == {
        "family_name": "Jasmin", "phone": "+33639980001", "email": "faux@exemple.test",
    }  # fmt: skip
    # How this visit is reached is asked apart.
    assert seen(appointment).contact_email == "faux@exemple.test"


def test_nothing_is_recorded_when_nothing_changes() -> None:
    appointment = booked()
    assert correct(appointment) == Corrected(())
    assert not PatientEvent.objects.exists()
    assert (seen(appointment).version, seen(appointment).patient.version) == (1, 0)


def test_what_a_regulator_gave_stays_as_they_gave_it(regulator: Actor) -> None:
    appointment = booked(regulator)
    correct(appointment, RIGHT)
    after = seen(appointment)
    assert after.given_as is not None
    assert after.patient != after.given_as
    assert (after.given_as.family_name, after.given_as.version) == ("Jasmin", 0)
    assert (after.patient.family_name, after.patient.identity) == ("Jasmin-Démo", Identity.DECLARED)
    correct(appointment, replace(RIGHT, given_name="Zoé"))
    assert Patient.objects.count() == 2


def test_the_visit_s_contacts_are_corrected_and_recorded_apart(regulator: Actor) -> None:
    appointment = booked(regulator)
    done = correct(appointment, contact_phone="+33639980009", caller="Sa fille")
    assert set(done.changed) == {"contact_phone", "caller"}
    after = seen(appointment)
    assert (after.contact_phone, after.caller, after.version) == ("+33639980009", "Sa fille", 2)
    assert after.contacts_by_practice == ["caller", "contact_phone"]
    assert (after.patient, after.patient.version) == (after.given_as, 0)
    event = PatientEvent.objects.get()
    assert (event.appointment, set(event.fields)) == (appointment, {"contact_phone", "caller"})


def test_other_visits_to_come_that_held_the_former_value_are_offered() -> None:
    appointment = booked()
    file, by = seen(appointment).patient, practice(appointment)

    def other(day: int, schedule_: Any = None, **fields: Any) -> Appointment:
        start = TEN + day * DAY
        return booked(schedule_=schedule_ or appointment.schedule, patient=file, start=start, **fields)

    same, elsewhere, past = other(1), other(2, contact_email="autre@exemple.test"), other(-30)
    not_kept = other(3, factories.colleague(appointment.schedule))
    cancelled = other(4)
    cancel_appointment(appointment_id=cancelled.pk, version=1, by=by, now=NOW)
    correct(appointment, RIGHT, others_too=True)
    reached = {one.pk: (one.contact_email, one.contact_phone) for one in Appointment.objects.all()}
    assert reached[same.pk] == ("juste@exemple.test", "+33639980002")
    assert reached[elsewhere.pk] == ("autre@exemple.test", "+33639980002")
    for kept in (past, not_kept, cancelled, appointment):
        assert reached[kept.pk] == ("faux@exemple.test", "+33639980001")
    assert waiting()[-1] == (MessageKind.CONFIRMATION, "juste@exemple.test")
    assert set(PatientEvent.objects.values_list("appointment", flat=True)) == {None, same.pk, elsewhere.pk}


# --- The regulator who booked
def test_the_regulator_corrects_what_they_gave_and_its_contacts(regulator: Actor) -> None:
    appointment = booked(regulator)
    done = correct_given(appointment, regulator, caller="Un voisin")
    after = seen(appointment)
    # Nobody at the practice has made a file of it yet.
    assert after.patient == after.given_as
    assert (after.patient.family_name, after.patient.identity) == ("Jasmin-Démo", Identity.PROVISIONAL)
    assert (after.contact_email, after.contact_phone, after.caller) == (
        "juste@exemple.test", "+33639980002", "Un voisin",
    )  # fmt: skip
    assert (done.kept, after.contacts_by_practice) == ((), [])
    assert {one.by_regulator for one in PatientEvent.objects.all()} == {regulator.regulator}


def test_contacts_that_the_practice_changed_stay_its_own(regulator: Actor) -> None:
    appointment = booked(regulator)
    correct(appointment, contact_email="cabinet@exemple.test", caller="Sa fille")
    done = correct_given(appointment, regulator, caller="Un voisin")
    after = seen(appointment)
    assert done.kept == ("email",)
    assert (after.contact_email, after.caller) == ("cabinet@exemple.test", "Sa fille")
    assert after.contact_phone == "+33639980002"
    assert after.given_as is not None
    assert after.given_as.email == "juste@exemple.test"


def test_the_practice_s_own_file_is_not_the_regulator_s_to_change(regulator: Actor) -> None:
    appointment = booked(regulator)
    correct(appointment, replace(GIVEN, given_name="Zoé"))
    correct_given(appointment, regulator)
    after = seen(appointment)
    assert (after.patient.given_name, after.patient.family_name) == ("Zoé", "Jasmin")
    assert after.given_as is not None
    assert (after.given_as.given_name, after.given_as.family_name) == ("Kumquat", "Jasmin-Démo")


# --- The address at home
def test_a_visit_at_home_goes_where_it_was_corrected_to(regulator: Actor) -> None:
    at_home = replace(GIVEN, address="8 place Imaginaire")
    appointment = booked(regulator, patient=at_home, consultation_type="HH")
    correct_given(appointment, regulator, replace(at_home, address="9 place Imaginaire"))
    assert seen(appointment).visit_address == "9 place Imaginaire"
    correct(appointment, visit_address="10 place Imaginaire")
    assert correct_given(appointment, regulator, replace(at_home, address="11 rue Autre")).kept == ("address",)
    assert seen(appointment).visit_address == "10 place Imaginaire"


# --- Told again
def test_the_message_that_waits_goes_to_the_right_address() -> None:
    appointment = booked()
    assert waiting() == [(MessageKind.CONFIRMATION, "faux@exemple.test")]
    correct(appointment, contact_email="juste@exemple.test")
    assert waiting() == [(MessageKind.CONFIRMATION, "juste@exemple.test")]
    states = dict(PatientMessage.objects.values_list("address", "state"))
    assert states["faux@exemple.test"] == MessageState.REPLACED


def test_what_went_to_a_wrong_address_is_sent_again_to_the_right_one_once() -> None:
    appointment = booked()
    PatientMessage.objects.update(state=MessageState.SENT)
    correct(appointment, contact_email="juste@exemple.test")
    assert waiting() == [(MessageKind.CONFIRMATION, "juste@exemple.test")]
    correct(appointment, contact_email="faux@exemple.test")
    # It was told already; and the other one is not to be.
    assert waiting() == []
    correct(appointment, contact_email="juste@exemple.test")
    assert waiting() == [(MessageKind.CONFIRMATION, "juste@exemple.test")]


def test_whoever_was_told_nothing_hears_where_the_visit_stands() -> None:
    appointment = booked()
    by = practice(appointment)
    move_appointment(appointment_id=appointment.pk, version=1, start=TEN + DAY, by=by, now=NOW, despite=True)
    PatientMessage.objects.update(state=MessageState.SENT)
    correct(appointment, contact_email="juste@exemple.test")
    assert waiting() == [(MessageKind.CONFIRMATION, "juste@exemple.test")]
    cancel_appointment(appointment_id=appointment.pk, version=3, by=by, now=NOW)
    PatientMessage.objects.update(state=MessageState.SENT)
    correct(appointment, contact_email="encore@exemple.test")
    assert waiting() == [(MessageKind.CANCELLATION, "encore@exemple.test")]


def test_nobody_hears_of_what_is_past_or_of_a_phone_and_an_address_taken_away_gets_nothing() -> None:
    appointment = booked()
    correct(appointment, contact_phone="+33639980009", contact_email="juste@exemple.test", now=TEN + DAY)
    assert waiting() == []
    other = booked()
    assert len(waiting()) == 1
    correct(other, contact_email="")
    assert waiting() == []
    assert PatientMessage.objects.filter(address="").count() == 0


def test_the_sas_hears_nothing(regulator: Actor) -> None:
    appointment = booked(regulator)
    before = appointment.events.count(), Delivery.objects.count()
    correct_given(appointment, regulator)
    correct(appointment, replace(RIGHT, given_name="Zoé"), contact_email="cabinet@exemple.test")
    assert (appointment.events.count(), Delivery.objects.count()) == before


# --- Refused
def test_a_correction_typed_on_an_older_version_is_refused_and_writes_nothing(regulator: Actor) -> None:
    appointment = booked(regulator)
    old = Version(1, 0)
    correct(appointment, contact_phone="+33639980009")
    with pytest.raises(ChangedMeanwhile):
        correct(appointment, RIGHT, version=old)
    correct_given(appointment, regulator, replace(GIVEN, given_name="Zoé"))
    with pytest.raises(ChangedMeanwhile):
        correct_given(appointment, regulator, version=0)
    given = seen(appointment).given_as
    assert given is not None
    assert (given.given_name, given.family_name) == ("Zoé", "Jasmin")


def test_who_keeps_another_agenda_or_booked_another_visit_may_not(regulator: Actor) -> None:
    appointment = booked(regulator)
    for stranger in (Actor(), factories.practice_actor(factories.practitioner()), regulator):
        with pytest.raises(NotAllowed):
            correct(appointment, RIGHT, by=stranger)
    for stranger in (Actor(), practice(appointment), factories.regulator_actor()):
        with pytest.raises(NotAllowed):
            correct_given(appointment, stranger)
    assert not PatientEvent.objects.exists()


@pytest.mark.parametrize("when", [TEN, TEN + DAY])
def test_once_it_begins_the_practice_alone_corrects(regulator: Actor, when: datetime) -> None:
    appointment = booked(regulator)
    with pytest.raises(Refused, match="a commencé"):
        correct_given(appointment, regulator, now=when)
    correct(appointment, RIGHT, now=when)


def test_an_erased_patient_is_not_corrected(regulator: Actor) -> None:
    appointment = booked(regulator)
    nothing: dict[str, Any] = dict.fromkeys(("family_name", "given_name", "sex", "phone", "email"), "")
    Patient.objects.update(erased_at=NOW, birth_date=None, birth_date_precision="unknown", **nothing)
    for act in (lambda: correct(appointment, RIGHT), lambda: correct_given(appointment, regulator)):
        with pytest.raises(Refused, match="effacé"):
            act()


@pytest.mark.parametrize("change", ["UPDATE {} SET at = now()", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_corrections_are_append_only(change: str) -> None:
    correct(booked(), RIGHT)
    PatientFormerValue.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(PatientEvent._meta.db_table))
