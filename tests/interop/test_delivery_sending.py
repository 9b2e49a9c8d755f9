"""INT_R03: what the SAS gets for each event, and what is kept of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.utils import timezone

from accounts.enums import IdentifierSystem
from accounts.models import RegulatorIdentifier
from accounts.services.regulators import change_regulator
from appointments.booking.services.moving import reassign_appointment
from appointments.enums import Status
from appointments.models import Appointment
from interop.models import DeliveryAttempt
from tests import factories
from tests.interop.deliveries import booked, cancelled, deliver, marked, moved, only, states
from tests.interop.sas_stub import Reply, SasStub

pytestmark = pytest.mark.django_db

Faults = Callable[[dict[str, Any]], list[str]]


def regulator_of(resource: dict[str, Any]) -> tuple[str, str, str]:
    identifier = resource["extension"][0]["valueReference"]["identifier"]
    return identifier["type"]["coding"][0]["code"], identifier["system"], identifier["value"]


def test_the_creation_is_a_post_of_the_appointment(sas: SasStub, settings: Any, profile_faults: Faults) -> None:
    appointment = booked()
    identifier = RegulatorIdentifier.objects.get()

    deliver(appointment)

    [asked] = sas.asked
    assert (asked.method, asked.path) == ("POST", "/fhir/v1/Appointment")
    assert asked.headers["Content-Type"] == "application/fhir+json; charset=utf-8"
    assert asked.headers["Accept"] == "application/fhir+json"
    sent = asked.resource
    assert profile_faults(sent) == []
    assert sent["identifier"] == [{"system": settings.APPOINTMENT_IDENTIFIER_SYSTEM, "value": str(appointment.id)}]
    assert sent["status"] == "booked"
    assert datetime.fromisoformat(sent["start"]) == appointment.start
    assert datetime.fromisoformat(sent["end"]) == appointment.end
    assert datetime.fromisoformat(sent["created"]) == appointment.created_at.replace(microsecond=0)
    assert regulator_of(sent) == ("INTRN", identifier.system, identifier.value)
    [participant] = sent["participant"]
    assert participant["actor"]["identifier"]["value"] == appointment.practitioner.national_id
    assert participant["status"] == "accepted"


def test_nothing_about_the_patient_leaves(sas: SasStub) -> None:
    patient = factories.patient(family_name="Zzyzx", given_name="Qwerty", email="qwerty@exemple.test", nir="1" * 15)
    appointment = booked(patient=patient, note="Secret")
    moved(appointment)

    deliver(appointment)

    kept = str(list(DeliveryAttempt.objects.values_list("request_body", "response_body", "url")))
    for text in (str(sas.asked), kept):
        for personal in ("Zzyzx", "Qwerty", "qwerty@", "1" * 15, "Secret", patient.phone, "birth"):
            assert personal not in text


def test_what_is_sent_is_the_same_byte_for_byte_whoever_the_patient_is(
    sas: SasStub, settings: Any, profile_faults: Faults
) -> None:
    """Given by the regulator, taken by the practice for somebody else, reached elsewhere: the SAS hears of none of it."""
    settings.APPOINTMENT_IDENTIFIER_SYSTEM = "urn:oid:1.2.3"
    regulator = factories.regulator(system=IdentifierSystem.NATIONAL, value="3456780581/11242343")
    appointment = booked(
        regulator,
        id="0b1f2f7e-5d52-4f3d-9a55-0d7c2a5b9e11",
        start=factories.at("2026-12-01", "09:00"),
        schedule_=factories.schedule(practitioner=factories.practitioner(rpps="10005173140")),
    )
    Appointment.objects.update(
        created_at=factories.at("2026-11-25", "08:00"),
        patient=factories.file(appointment.organization),
        contact_phone="",
        contact_email="ailleurs@exemple.test",
        caller="Sa fille",
    )
    appointment.refresh_from_db()
    moved(appointment, hours=1, now=appointment.created_at)
    deliver(appointment)
    [_, changed] = sas.asked
    assert profile_faults(changed.resource) == []
    assert changed.body == (
        b'{"resourceType":"Appointment","meta":{"profile":["http://sas.fr/fhir/StructureDefinition/FrAppointmentSAS"]},'
        b'"extension":[{"url":"http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator","valueReference":'
        b'{"identifier":{"type":{"coding":[{"system":"http://interopsante.org/fhir/CodeSystem/fr-v2-0203","code":"IDNPS"}]},'
        b'"system":"urn:oid:1.2.250.1.71.4.2.1","value":"3456780581/11242343"}}}],"identifier":[{"system":"urn:oid:1.2.3",'
        b'"value":"0b1f2f7e-5d52-4f3d-9a55-0d7c2a5b9e11"}],"status":"booked","start":"2026-12-01T10:00:00+01:00",'
        b'"end":"2026-12-01T10:15:00+01:00","created":"2026-11-25T08:00:00+01:00","participant":[{"actor":{"identifier":'
        b'{"type":{"coding":[{"system":"http://interopsante.org/fhir/CodeSystem/fr-v2-0203","code":"IDNPS"}]},"system":'
        b'"urn:oid:1.2.250.1.71.4.2.1","value":"810005173140"}},"status":"accepted"}]}'
    )


def test_an_accepted_delivery_is_sent_and_its_exchange_kept(sas: SasStub) -> None:
    sas.reply(Reply(201, b'{"resourceType": "Appointment"}'))
    appointment = booked()

    deliver(appointment)

    delivery = only(appointment)
    assert (delivery.state, delivery.attempts, delivery.cause, delivery.lease_until) == ("sent", 1, "", None)
    assert delivery.sent_at is not None
    attempt = delivery.exchanges.get()
    assert (attempt.method, attempt.status_code, attempt.outcome, attempt.error) == ("POST", 201, "accepted", "")
    assert attempt.response_body == '{"resourceType": "Appointment"}'
    assert attempt.request_body == sas.last


def test_sent_is_sent_once(sas: SasStub) -> None:
    appointment = booked()
    deliver(appointment)
    deliver(appointment)

    assert len(sas.asked) == 1


@pytest.mark.parametrize("status", [200, 201])
def test_a_change_is_a_conditional_put(sas: SasStub, settings: Any, status: int, profile_faults: Faults) -> None:
    appointment = booked()
    deliver(appointment)
    start = moved(appointment)
    sas.reply(Reply(status))

    deliver(appointment)

    asked = sas.asked[-1]
    assert asked.method == "PUT"
    url = urlsplit(asked.path)
    assert url.path == "/fhir/v1/Appointment"
    assert parse_qs(url.query) == {"identifier": [f"{settings.APPOINTMENT_IDENTIFIER_SYSTEM}|{appointment.id}"]}
    assert datetime.fromisoformat(asked.resource["start"]) == start
    assert profile_faults(asked.resource) == []
    assert states(appointment) == ["sent", "sent"]


@pytest.mark.parametrize("status", [Status.FULFILLED, Status.NOSHOW])
def test_honoured_or_not_is_told(sas: SasStub, status: Status) -> None:
    appointment = booked()
    marked(appointment, status)

    deliver(appointment)

    assert [asked.resource["status"] for asked in sas.asked] == ["booked", status]


def test_a_cancellation_is_told(sas: SasStub, profile_faults: Faults) -> None:
    appointment = booked()
    cancelled(appointment)

    deliver(appointment)

    assert sas.last["status"] == "cancelled"
    assert profile_faults(sas.last) == []


def test_another_practitioner_is_told_and_the_first_event_keeps_the_first(sas: SasStub) -> None:
    appointment = booked()
    first = appointment.practitioner.national_id
    other = factories.colleague(appointment.schedule)
    reassign_appointment(
        appointment_id=appointment.id,
        version=1,
        schedule_id=other.id,
        by=factories.practice_actor(appointment.practitioner, other.practitioner),
        now=timezone.now(),
        despite=True,
    )

    deliver(appointment)

    told = [asked.resource["participant"][0]["actor"]["identifier"]["value"] for asked in sas.asked]
    assert told == [first, other.practitioner.national_id]


def test_each_event_is_told_as_it_was(sas: SasStub) -> None:
    """What is sent comes from the event, not from what the appointment has become."""
    appointment = booked()
    start = moved(appointment)
    cancelled(appointment)

    deliver(appointment)

    told = [(asked.method, asked.resource["status"], asked.resource["start"]) for asked in sas.asked]
    assert [(method, status) for method, status, _ in told] == [
        ("POST", "booked"), ("PUT", "booked"), ("PUT", "cancelled"),
    ]  # fmt: skip
    assert [datetime.fromisoformat(text) for _, _, text in told] == [appointment.start, start, start]


def test_the_regulator_is_named_as_the_sas_knows_them_now(sas: SasStub) -> None:
    regulator = factories.regulator(system=IdentifierSystem.TECHNICAL, value="4f6e")
    appointment = booked(regulator)
    identity = factories.identity(system=IdentifierSystem.NATIONAL, value="3456780581/11242343", email=regulator.email)
    change_regulator(system=IdentifierSystem.TECHNICAL, value="4f6e", identity=identity)

    deliver(appointment)

    assert regulator_of(sas.last) == ("IDNPS", "urn:oid:1.2.250.1.71.4.2.1", "3456780581/11242343")


def test_an_identifier_given_to_another_account_since_is_sent_as_it_was(sas: SasStub) -> None:
    appointment = booked(factories.regulator(value="4f6e"))
    other = factories.regulator()
    RegulatorIdentifier.objects.filter(regulator=other).delete()
    RegulatorIdentifier.objects.filter(value="4f6e").update(regulator=other)

    deliver(appointment)

    assert regulator_of(sas.last)[2] == "4f6e"


def test_a_place_overseas_is_told_in_its_own_offset(sas: SasStub) -> None:
    schedule = factories.schedule(location=factories.location(time_zone="Indian/Reunion"))
    appointment = booked(schedule_=schedule)

    deliver(appointment)

    assert sas.last["start"].endswith("+04:00")
    assert datetime.fromisoformat(sas.last["start"]) == appointment.start


def test_without_a_sas_deliveries_wait(settings: Any) -> None:
    settings.SAS_FHIR_URL = ""
    appointment = booked()

    deliver(appointment)

    assert states(appointment) == ["planned"]
    assert only(appointment).attempts == 0
