"""INT_R02: `PUT Practitioner?identifier=…`, the conditional update."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Practitioner, Regulator, RegulatorIdentifier, User
from accounts.rights import Actor
from appointments.models import Appointment
from tests import factories
from tests.interop.practitioners import FHIR, NATIONAL, TECHNICAL, account, expressions, post, put

pytestmark = pytest.mark.django_db

Faults = Callable[[dict[str, Any]], list[str]]


def identifiers(regulator: Regulator) -> set[tuple[str, bool]]:
    return {(one.value, one.current) for one in RegulatorIdentifier.objects.filter(regulator=regulator)}


@pytest.mark.parametrize(
    "query", ["", "?identifier=", "?identifier=%20", "?identifier=urn:x%7C", "?identifier=%7CA1", "?identifier=a,b",
              "?identifier=a&identifier=b", "?identifier=a%00b", "?identifier=%FF", "?_id=1"],
)  # fmt: skip
def test_without_exactly_one_identifier_it_is_a_400(platform: Client, query: str, profile_faults: Faults) -> None:
    answer = platform.put(f"/fhir/Practitioner{query}", b"{}", FHIR)

    assert answer.status_code == 400
    assert profile_faults(answer.json()) == []
    assert not Regulator.objects.exists()


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (account() | {"telecom": []}, 422)])
def test_a_bad_body_changes_nothing(platform: Client, body: object, status: int) -> None:
    post(platform, account("A/1", family="Avant"))

    assert put(platform, body, "A/1").status_code == status
    assert Regulator.objects.get().family_name == "Avant"


def test_nobody_has_it_so_it_creates(platform: Client, settings: Any) -> None:
    answer = put(platform, account("A/1"), "A/1")

    assert answer.status_code == 201
    assert answer["Location"] == f"{settings.FHIR_BASE_URL}/Practitioner/{Regulator.objects.get().id}"


def test_it_changes_every_element(platform: Client, settings: Any, profile_faults: Faults) -> None:
    post(platform, account("A/1"))
    before = Regulator.objects.get()

    answer = put(platform, account("A/1", family="Ail", given="Noël", email="noel@regulation.test"), "A/1")

    assert answer.status_code == 200
    assert answer["Location"] == f"{settings.FHIR_BASE_URL}/Practitioner/{before.id}"
    assert profile_faults(answer.json()) == []
    after = Regulator.objects.get()
    assert (after.id, after.name, after.email) == (before.id, "Noël Ail", "noel@regulation.test")
    assert after.user is not None
    assert (after.user.pk, after.user.email) == (before.user_id, "noel@regulation.test")


def test_the_same_content_again_changes_nothing(platform: Client) -> None:
    resource = account("A/1")
    post(platform, resource)

    assert [put(platform, resource, "A/1").status_code for _ in range(3)] == [200, 200, 200]
    assert User.objects.count() == RegulatorIdentifier.objects.count() == 1


def test_the_identifier_changes_and_both_reach_the_account(platform: Client) -> None:
    """The guide's own case: technical first, national later; the deactivation searches by the national one."""
    post(platform, account("4f6e", TECHNICAL))

    assert put(platform, account("A/1"), "4f6e", TECHNICAL).status_code == 200
    regulator = Regulator.objects.get()
    assert identifiers(regulator) == {("A/1", True), ("4f6e", False)}
    assert put(platform, account("A/1", family="Autre"), "4f6e", TECHNICAL).status_code == 200
    assert put(platform, account("A/1", active=False), "A/1").status_code == 200
    assert Regulator.objects.get().active is False


def test_and_back(platform: Client) -> None:
    post(platform, account("4f6e", TECHNICAL))
    put(platform, account("A/1"), "4f6e", TECHNICAL)

    assert put(platform, account("4f6e", TECHNICAL), "A/1").status_code == 200
    assert identifiers(Regulator.objects.get()) == {("A/1", False), ("4f6e", True)}


def test_without_a_system_any_is_meant(platform: Client) -> None:
    post(platform, account("A1", NATIONAL))

    answer = platform.put("/fhir/Practitioner?identifier=A1", orjson.dumps(account("A1", family="Autre")), FHIR)

    assert answer.status_code == 200
    assert Regulator.objects.get().family_name == "Autre"


def test_several_accounts_are_a_412_never_the_first(platform: Client, profile_faults: Faults) -> None:
    post(platform, account("A1", NATIONAL, family="Un"))
    post(platform, account("A1", TECHNICAL, family="Deux"))

    answer = platform.put("/fhir/Practitioner?identifier=A1", orjson.dumps(account("A1", family="Autre")), FHIR)

    assert answer.status_code == 412
    assert answer.json()["issue"][0]["code"] == "multiple-matches"
    assert profile_faults(answer.json()) == []
    assert {one.family_name for one in Regulator.objects.all()} == {"Un", "Deux"}


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"value": "A/2"}, "Practitioner.identifier[0].value"),
        ({"email": "deux@regulation.test"}, "Practitioner.telecom.value"),
    ],
)
def test_taking_what_an_active_account_has_is_a_409(platform: Client, changed: dict[str, Any], named: str) -> None:
    post(platform, account("A/1", email="un@regulation.test", family="Un"))
    post(platform, account("A/2", email="deux@regulation.test", family="Deux"))

    answer = put(platform, account(**{"value": "A/1", "email": "un@regulation.test", "family": "X"} | changed), "A/1")

    assert answer.status_code == 409
    assert expressions(answer) == [named]
    assert {one.family_name for one in Regulator.objects.all()} == {"Un", "Deux"}


def test_what_a_withdrawn_account_had_may_be_taken(platform: Client) -> None:
    post(platform, account("A/1", email="zoe@regulation.test"))
    put(platform, account("A/1", email="zoe@regulation.test", active=False), "A/1")
    post(platform, account("4f6e", TECHNICAL))

    answer = put(platform, account("A/1", email="zoe@regulation.test"), "4f6e", TECHNICAL)

    assert answer.status_code == 200
    taker = Regulator.objects.get(active=True)
    assert identifiers(taker) == {("A/1", True), ("4f6e", False)}
    assert identifiers(Regulator.objects.get(active=False)) == set()


def test_withdrawing_ends_the_sessions_and_keeps_the_appointments(
    platform: Client, regulator: Regulator, regulator_client: Client
) -> None:
    factories.appointment(by=Actor(user=regulator.user, regulator=regulator))
    session_key = regulator_client.session.session_key
    identifier = regulator.current_identifier
    assert identifier is not None
    gone = account(identifier.value, TECHNICAL, email=regulator.email, active=False)

    assert put(platform, gone, identifier.value, TECHNICAL).status_code == 200

    regulator.refresh_from_db()
    assert (regulator.active, regulator.user, regulator.session_epoch) == (False, None, 1)
    assert Appointment.objects.get().by_regulator == regulator
    assert session_key is not None
    assert not User.objects.filter(regulator=regulator).exists()


def test_a_withdrawn_account_comes_back(platform: Client) -> None:
    post(platform, account("A/1", email="zoe@regulation.test"))
    put(platform, account("A/1", email="zoe@regulation.test", active=False), "A/1")

    assert put(platform, account("A/1", email="zoe@regulation.test"), "A/1").status_code == 200

    back = Regulator.objects.get()
    assert back.active
    assert back.withdrawn_at is None
    assert back.user is not None
    # The sessions of before stay closed.
    assert back.session_epoch == 1


def test_the_email_of_a_person_with_an_agenda_may_be_taken_on(platform: Client) -> None:
    """The regulator's own user is given up for the one the same person already signs in with."""
    doctor = factories.practitioner(user=factories.user(email="double@exemple.test"))
    post(platform, account("A/1", email="zoe@regulation.test"))

    answer = put(platform, account("A/1", email="double@exemple.test"), "A/1")

    assert answer.status_code == 200
    assert Regulator.objects.get().user == doctor.user
    assert not User.objects.filter(email="zoe@regulation.test").exists()


def test_leaving_that_email_leaves_the_person_their_agenda(platform: Client) -> None:
    doctor = factories.practitioner(user=factories.user(email="double@exemple.test"))
    post(platform, account("A/1", email="double@exemple.test"))

    assert put(platform, account("A/1", email="zoe@regulation.test"), "A/1").status_code == 200

    regulator = Regulator.objects.get()
    assert regulator.user != doctor.user
    assert Practitioner.objects.get().user == doctor.user
    assert doctor.user is not None
    assert User.objects.get(pk=doctor.user.pk).email == "double@exemple.test"


def test_withdrawing_leaves_the_person_their_agenda(platform: Client) -> None:
    doctor = factories.practitioner(user=factories.user(email="double@exemple.test"))
    post(platform, account("A/1", email="double@exemple.test"))

    put(platform, account("A/1", email="double@exemple.test", active=False), "A/1")

    assert Regulator.objects.get().user is None
    assert Practitioner.objects.get().user == doctor.user


def test_a_user_that_serves_another_account_is_a_409(platform: Client) -> None:
    """The address of a shared user was changed elsewhere: one user can't be two regulators."""
    doctor = factories.practitioner(user=factories.user(email="double@exemple.test"))
    post(platform, account("A/1", email="double@exemple.test"))
    User.objects.filter(pk=doctor.user_id).update(email="autre@exemple.test")

    answer = post(platform, account("A/2", email="autre@exemple.test"))

    assert answer.status_code == 409
    assert Regulator.objects.count() == 1


def test_a_session_of_before_is_refused_at_once(
    regulator: Regulator, regulator_client: Client, platform: Client
) -> None:
    assert regulator_client.get("/orientations/").status_code == 200
    identifier = regulator.current_identifier
    assert identifier is not None
    put(platform, account(identifier.value, TECHNICAL, active=False), identifier.value, TECHNICAL)

    # Told so once; from then on nobody is signed in there.
    assert [regulator_client.get("/orientations/").status_code for _ in range(2)] == [403, 302]


def test_a_withdrawal_is_dated(platform: Client) -> None:
    post(platform, account("A/1"))
    put(platform, account("A/1", active=False), "A/1")

    withdrawn_at = Regulator.objects.get().withdrawn_at
    assert withdrawn_at is not None
    assert timezone.now() - withdrawn_at < timedelta(minutes=1)
