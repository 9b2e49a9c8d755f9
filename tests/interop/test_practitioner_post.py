"""INT_R02: `POST Practitioner`."""

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Practitioner, Regulator, RegulatorIdentifier, User
from tests import factories
from tests.interop.practitioners import FHIR, NATIONAL, TECHNICAL, account, expressions, post, put

pytestmark = pytest.mark.django_db

Faults = Callable[[dict[str, Any]], list[str]]


def assert_nothing_written() -> None:
    assert not Regulator.objects.exists()
    assert not RegulatorIdentifier.objects.exists()
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"null", 400),
        (b"[]", 400),
        (b"\xff\xfe", 400),
        (b"{}", 400),
        ({"resourceType": "Patient"}, 400),
        (account() | {"identifier": "3456780581"}, 400),
        (account() | {"unknown": 1}, 400),
        (account() | {"active": "true"}, 400),
        (account() | {"photo": [{"url": {"a": 1}}]}, 400),
        (b"[" * 50_000, 400),
        (account() | {"identifier": []}, 422),
        (account() | {"telecom": []}, 422),
        (account(family="  "), 422),
        (account(email="pas une adresse"), 422),
        (b" " * 65_000 + b'{"resourceType": "Practitioner"}', 422),
        (b" " * 70_000, 413),
        (b" " * 300_000, 413),
    ],
)
def test_a_bad_body_is_refused_and_writes_nothing(
    platform: Client, body: object, status: int, profile_faults: Faults
) -> None:
    answer = post(platform, body)

    assert answer.status_code == status
    assert profile_faults(answer.json()) == []
    assert_nothing_written()


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/fhir+json", 201),
        ("application/fhir+json; charset=UTF-8", 201),
        ("application/json+fhir", 201),
        ("application/json", 201),
        ("", 201),
        ("application/fhir+xml", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("nonsense", 415),
        (";;;=,", 415),
    ],
)
def test_media_types(platform: Client, content_type: str, status: int) -> None:
    assert post(platform, account(), content_type=content_type).status_code == status


def test_every_broken_rule_is_told_at_once(platform: Client) -> None:
    broken = account() | {"telecom": [], "meta": {}, "name": [{"family": "Ail"}]}
    broken.pop("active")

    answer = post(platform, broken)

    assert answer.status_code == 422
    assert set(expressions(answer)) == {
        "Practitioner.active",
        "Practitioner.name[0].given",
        "Practitioner.telecom",
        "Practitioner.meta.source",
    }


@pytest.mark.parametrize("path", ["/fhir/Practitioner", "/fhir/Practitioner/"])
def test_it_creates_the_account(platform: Client, settings: Any, path: str, profile_faults: Faults) -> None:
    answer = post(platform, account(email="Zoe.Oeillet@Regulation.test"), path=path)

    assert answer.status_code == 201
    regulator = Regulator.objects.get()
    assert answer["Location"] == f"{settings.FHIR_BASE_URL}/Practitioner/{regulator.id}"
    assert answer["Content-Type"] == "application/fhir+json; charset=utf-8"
    assert answer.json()["issue"][0]["severity"] == "information"
    assert profile_faults(answer.json()) == []
    assert (regulator.family_name, regulator.given_name) == ("D’Œillet", "Zoé")
    assert regulator.email == "zoe.oeillet@regulation.test"
    assert regulator.active
    assert regulator.user is not None
    assert regulator.user.email == regulator.email
    assert not regulator.user.is_staff
    identifier = regulator.current_identifier
    assert identifier is not None
    assert (identifier.system, identifier.value) == (NATIONAL, "3456780581/11242343")


def test_no_mail_is_sent(platform: Client, mailoutbox: list[Any]) -> None:
    post(platform, account())

    assert mailoutbox == []


def test_the_logs_name_nobody(platform: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        post(platform, account(email="zoe@regulation.test"))
        post(platform, account(email="zoe@regulation.test"))

    assert "regulator" in caplog.text
    for personal in ("zoe@", "Œillet", "3456780581"):
        assert personal not in caplog.text


def test_an_account_that_arrives_withdrawn_can_not_sign_in(platform: Client) -> None:
    assert post(platform, account(active=False)).status_code == 201

    assert Regulator.objects.get().user is None
    assert not User.objects.exists()


def test_a_known_identifier_is_a_409(platform: Client, profile_faults: Faults) -> None:
    post(platform, account("A/1"))

    answer = post(platform, account("A/1"))

    assert answer.status_code == 409
    assert answer.json()["issue"][0]["code"] == "duplicate"
    assert expressions(answer) == ["Practitioner.identifier[0].value"]
    assert profile_faults(answer.json()) == []
    assert Regulator.objects.count() == 1


def test_an_identifier_the_account_had_before_is_a_409(platform: Client) -> None:
    post(platform, account("4f6e", TECHNICAL))
    put(platform, account("A/1"), "4f6e", TECHNICAL)

    assert post(platform, account("4f6e", TECHNICAL)).status_code == 409


def test_the_same_value_in_the_other_system_is_another_identifier(platform: Client) -> None:
    post(platform, account("A1", NATIONAL))

    assert post(platform, account("A1", TECHNICAL)).status_code == 201


def test_a_known_email_is_a_409_however_it_is_written(platform: Client) -> None:
    post(platform, account("A/1", email="zoe@regulation.test"))

    answer = post(platform, account("A/2", email="ZOE@Regulation.test"))

    assert answer.status_code == 409
    assert expressions(answer) == ["Practitioner.telecom.value"]
    assert Regulator.objects.count() == 1
    assert RegulatorIdentifier.objects.count() == 1


def test_the_email_of_a_user_closed_by_the_administrator_is_a_409(platform: Client) -> None:
    closed = factories.user(email="parti@cabinet.test", is_active=False)

    answer = post(platform, account("A/1", email=closed.email))

    assert answer.status_code == 409
    assert expressions(answer) == ["Practitioner.telecom.value"]
    assert not Regulator.objects.exists()


def test_a_withdrawn_account_frees_its_email_but_a_post_can_not_take_its_identifier(platform: Client) -> None:
    post(platform, account("A/1", email="zoe@regulation.test"))
    put(platform, account("A/1", email="zoe@regulation.test", active=False), "A/1")

    assert post(platform, account("A/2", email="zoe@regulation.test")).status_code == 201
    assert post(platform, account("A/1")).status_code == 409


def test_a_person_with_an_agenda_keeps_it(platform: Client) -> None:
    doctor = factories.practitioner(user=factories.user(email="double@exemple.test", first_name="Alba"))

    assert post(platform, account(email="double@exemple.test", given="Autre")).status_code == 201

    regulator = Regulator.objects.get()
    assert regulator.user == doctor.user
    assert Practitioner.objects.get().user is not None
    assert regulator.user is not None
    assert regulator.user.first_name == "Alba"


def test_a_body_longer_than_said_is_not_read(platform: Client) -> None:
    """`Content-Length` is the client's word: what follows it is another request's."""
    body = b'{"resourceType": "Practitioner"}'
    answer = platform.generic("POST", "/fhir/Practitioner", body, FHIR, CONTENT_LENGTH="5")

    assert answer.status_code == 400


@pytest.mark.parametrize("length", ["-1", "abc", ""])
def test_a_senseless_length_is_refused(platform: Client, length: str) -> None:
    answer = platform.generic("POST", "/fhir/Practitioner", b"{}", FHIR, CONTENT_LENGTH=length)

    assert answer.status_code == 400
