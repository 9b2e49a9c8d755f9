"""INT_R02: a write is done only if all of its conditions were understood, and to the account that is meant."""

import unicodedata
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from django.utils.http import http_date
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Regulator, RegulatorIdentifier, User
from interop.models import InboundCall
from tests.interop.practitioners import FHIR, NATIONAL, TECHNICAL, account, expressions, post, put

pytestmark = pytest.mark.django_db

Faults = Callable[[dict[str, Any]], list[str]]
UUID = "b6e39355-8a61-4556-b340-36f7b95fec6a"
EMAIL = "zoe@regulation.test"


def locations(answer: Any) -> list[str]:
    return [where for issue in answer.json()["issue"] for where in issue.get("location", [])]


def families() -> list[str]:
    return sorted(Regulator.objects.values_list("family_name", flat=True))


# --- Conditions that are not understood, or do not hold ----------------------------------------------------------------
@pytest.mark.parametrize("name", ["_id", "active", "identifier:exact", "identifier:not"])
def test_another_criterion_keeps_the_account_as_it_is(platform: Client, name: str, profile_faults: Faults) -> None:
    post(platform, account("A/1", family="Avant"))

    answer = put(platform, account("A/1", family="Après"), "A/1", more=f"&{name}=x")

    assert answer.status_code == 400
    assert locations(answer) == [f"http.{name}"]
    assert profile_faults(answer.json()) == []
    assert families() == ["Avant"]


def test_a_creation_with_a_criterion_creates_nothing(platform: Client) -> None:
    answer = post(platform, account("A/1"), path="/fhir/Practitioner?identifier=A/1")

    assert (answer.status_code, locations(answer)) == (400, ["http.identifier"])
    assert not Regulator.objects.exists()


@pytest.mark.parametrize("more", ["&_format=json", "&_format=xml&_pretty=true", "&_summary=false&_elements=id"])
def test_how_the_answer_is_wanted_is_no_condition(platform: Client, more: str) -> None:
    plain = put(platform, account("A/1", email=EMAIL), "A/1")
    answer = put(platform, account("A/1", email=EMAIL), "A/1", more=more)

    assert (plain.status_code, answer.status_code) == (201, 200)


def moment(shift: timedelta) -> str:
    return http_date((timezone.now() + shift).timestamp())


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("If_Match", 'W/"5"'),
        ("If_None_Match", "*"),
        ("If_None_Match", 'W/"5"'),
        ("If_Unmodified_Since", "Wed, 01 Jan 2020 00:00:00 GMT"),
        ("If_None_Exist", "identifier=x"),
    ],
)
def test_an_update_whose_precondition_does_not_hold_is_a_412(
    platform: Client, name: str, value: str, profile_faults: Faults
) -> None:
    post(platform, account("A/1", family="Avant"))

    answer = put(platform, account("A/1", family="Après"), "A/1", **{name: value})

    assert answer.status_code == 412
    assert locations(answer) == [f"http.{name.replace('_', '-')}"]
    assert profile_faults(answer.json()) == []
    assert families() == ["Avant"]
    assert InboundCall.objects.latest("at").result == "refused"


@pytest.mark.parametrize("name", ["If_Match", "If_Unmodified_Since"])
def test_an_update_that_wants_an_account_creates_none(platform: Client, name: str) -> None:
    value = "*" if name == "If_Match" else moment(HOUR)

    assert put(platform, account("A/1"), "A/1", **{name: value}).status_code == 412
    assert post(platform, account("A/1"), **{name: value}).status_code == 412
    assert not Regulator.objects.exists()


def test_a_precondition_that_holds_is_no_obstacle(platform: Client) -> None:
    assert put(platform, account("A/1", email=EMAIL), "A/1", If_None_Match="*").status_code == 201
    assert put(platform, account("A/1", email=EMAIL), "A/1", If_Match="*").status_code == 200
    assert put(platform, account("A/1", email=EMAIL), "A/1", If_Unmodified_Since=moment(HOUR)).status_code == 200
    assert put(platform, account("A/1", email=EMAIL), "A/1", If_Modified_Since=moment(HOUR)).status_code == 200
    assert post(platform, account("A/2"), If_None_Match="*").status_code == 201


def test_a_conditional_creation_is_refused_by_name(platform: Client) -> None:
    answer = post(platform, account("A/1"), If_None_Exist="identifier=A/1")

    assert (answer.status_code, locations(answer)) == (412, ["http.If-None-Exist"])
    assert not Regulator.objects.exists()


def test_a_part_of_an_account_is_refused(platform: Client) -> None:
    assert put(platform, account("A/1"), "A/1", Content_Range="bytes 0-9/20").status_code == 400
    assert not Regulator.objects.exists()


@pytest.mark.parametrize(
    ("change", "status", "expression"),
    [
        ({"implicitRules": "https://elsewhere.example/rules"}, 422, "Practitioner.implicitRules"),
        (
            {"modifierExtension": [{"url": "https://elsewhere.example/negation", "valueBoolean": True}]},
            422,
            "Practitioner.modifierExtension",
        ),
    ],
)
def test_an_element_that_modifies_the_others_is_refused_by_name(
    platform: Client, change: dict[str, Any], status: int, expression: str, profile_faults: Faults
) -> None:
    for answer in (post(platform, account("A/1") | change), put(platform, account("A/1") | change, "A/1")):
        assert (answer.status_code, expressions(answer)) == (status, [expression])
        assert profile_faults(answer.json()) == []
    assert not Regulator.objects.exists()


def test_a_name_written_twice_is_refused(platform: Client) -> None:
    answer = post(platform, b'{"active": false, "active": true}')

    assert (answer.status_code, expressions(answer)) == (400, ["Practitioner.active"])


# --- One spelling ------------------------------------------------------------------------------------------------------
def test_a_technical_identifier_in_capitals_is_the_same(platform: Client) -> None:
    post(platform, account(UUID, TECHNICAL, email=EMAIL))

    answer = put(platform, account(UUID.upper(), TECHNICAL, email=EMAIL, active=False), f" {UUID.upper()} ", TECHNICAL)

    assert answer.status_code == 200
    regulator = Regulator.objects.get()
    assert (regulator.active, regulator.user) == (False, None)
    # Sent back as the SAS writes it now.
    assert regulator.current_identifier is not None
    assert regulator.current_identifier.value == UUID.upper()


VALUES = st.text(st.sampled_from("aZéÉœŒçñ0129/-_. ΣİK\u212b"), min_size=1, max_size=12).filter(str.strip)
SPELLINGS: list[Callable[[str], str]] = [
    str,
    lambda value: unicodedata.normalize("NFD", value),
    lambda value: unicodedata.normalize("NFC", value),
    lambda value: f" {value}\u00a0",
]


@given(VALUES, st.sampled_from([NATIONAL, TECHNICAL]), st.sampled_from(SPELLINGS), st.sampled_from(SPELLINGS))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_it_is_composed_an_identifier_is_one(
    platform: Client, value: str, system: str, first: Callable[[str], str], then: Callable[[str], str]
) -> None:
    Regulator.objects.all().delete()
    User.objects.all().delete()
    assert post(platform, account(first(value), system, email=EMAIL)).status_code == 201

    assert post(platform, account(then(value), system)).status_code == 409
    assert put(platform, account(then(value), system, email=EMAIL), then(value), system).status_code == 200
    assert RegulatorIdentifier.objects.count() == 1


@pytest.mark.parametrize("write", [str.upper, str.lower, str.swapcase])
def test_capitals_do_not_make_another_identifier(platform: Client, write: Callable[[str], str]) -> None:
    """ADELI holds Corsican letters, technical identifiers hexadecimal ones; those of the demo accents."""
    post(platform, account("02A1234567/Café", email=EMAIL))

    assert post(platform, account(write("02A1234567/Café"))).status_code == 409
    assert put(platform, account("B/2", email=EMAIL), write("02A1234567/Café")).status_code == 200
    assert Regulator.objects.count() == 1


def test_accents_and_hyphens_make_another_identifier(platform: Client) -> None:
    for value in ("cafe-1", "café-1", "cafe 1", "cafe1"):
        assert post(platform, account(value)).status_code == 201


def test_two_spellings_of_one_identifier_can_not_be_two_rows(platform: Client) -> None:
    """Whoever writes them, without our lock or our look."""
    post(platform, account(UUID, TECHNICAL))

    with pytest.raises(IntegrityError, match="regulator_identifier_once"), transaction.atomic():
        RegulatorIdentifier.objects.create(
            regulator=Regulator.objects.get(), system=TECHNICAL, value=UUID.upper(), current=False
        )


# --- Whom an update means ----------------------------------------------------------------------------------------------
def test_the_kits_conversion_crosses_the_two_systems(platform: Client) -> None:
    post(platform, account(UUID, TECHNICAL, email=EMAIL))

    answer = put(platform, account("3456780581/11242343", TECHNICAL, email=EMAIL), UUID, NATIONAL)

    assert answer.status_code == 200
    known = RegulatorIdentifier.objects.filter(regulator=Regulator.objects.get()).order_by("current")
    assert [(one.system, one.value, one.current) for one in known] == [
        (TECHNICAL, UUID, False),
        (TECHNICAL, "3456780581/11242343", True),
    ]


def test_the_kits_conversion_crosses_them_back(platform: Client) -> None:
    post(platform, account("3456780581/11242343", NATIONAL, email=EMAIL))

    assert put(platform, account(UUID, NATIONAL, email=EMAIL), "3456780581/11242343", TECHNICAL).status_code == 200
    assert Regulator.objects.count() == 1


def test_a_withdrawal_may_cross_them_too(platform: Client) -> None:
    post(platform, account(UUID, TECHNICAL, email=EMAIL))

    assert put(platform, account(UUID, NATIONAL, email=EMAIL, active=False), UUID, NATIONAL).status_code == 200
    assert not Regulator.objects.get().active


def test_the_same_value_without_the_email_is_somebody_else(platform: Client) -> None:
    post(platform, account(UUID, TECHNICAL, email=EMAIL))

    assert put(platform, account("A/1", NATIONAL), UUID, NATIONAL).status_code == 201
    assert Regulator.objects.count() == 2


def test_the_same_email_without_the_value_is_a_conflict(platform: Client) -> None:
    post(platform, account(UUID, TECHNICAL, email=EMAIL))

    answer = put(platform, account("A/1", NATIONAL, email=EMAIL), "A/1", NATIONAL)

    assert (answer.status_code, expressions(answer)) == (409, ["Practitioner.telecom.value"])
    assert Regulator.objects.count() == 1


def test_an_account_that_has_the_identifier_comes_before_one_that_crosses(platform: Client) -> None:
    post(platform, account(UUID, TECHNICAL, email=EMAIL, family="Croisé"))
    post(platform, account("A/1", NATIONAL, family="Nommé"))

    answer = put(platform, account("A/1", NATIONAL, email=EMAIL, family="Autre"), UUID, NATIONAL)

    # The e-mail is the other one's: nothing is guessed.
    assert (answer.status_code, expressions(answer)) == (409, ["Practitioner.telecom.value"])
    assert families() == ["Croisé", "Nommé"]


@pytest.mark.parametrize("system", ["urn:oid:1.2.250.1.71.4.2.2", "urn:oid:1.2.3", "URN:OID:1.2.250.1.71.4.2.1"])
def test_a_system_that_no_account_has_is_refused(platform: Client, system: str) -> None:
    answer = put(platform, account("A/1"), "A/1", system)

    assert (answer.status_code, locations(answer)) == (400, ["http.identifier"])
    assert not Regulator.objects.exists()


# --- A withdrawal finds somebody, or says so ---------------------------------------------------------------------------
def test_a_withdrawal_that_finds_nobody_while_its_email_is_an_active_accounts_is_refused(
    platform: Client, profile_faults: Faults
) -> None:
    post(platform, account("A/1", email=EMAIL))

    answer = put(platform, account("A/2", email=EMAIL.upper(), active=False), "A/2")

    assert answer.status_code == 409
    assert expressions(answer) == ["Practitioner.identifier[0].value", "Practitioner.telecom.value"]
    assert "personne n’a été retiré" in answer.json()["issue"][0]["diagnostics"]
    assert profile_faults(answer.json()) == []
    assert Regulator.objects.get().active
    assert InboundCall.objects.latest("at").status_code == 409


def test_a_withdrawn_creation_with_the_email_of_an_active_account_is_refused(platform: Client) -> None:
    post(platform, account("A/1", email=EMAIL))

    answer = post(platform, account("A/2", email=EMAIL, active=False))

    assert (answer.status_code, expressions(answer)) == (409, ["Practitioner.telecom.value"])
    assert Regulator.objects.count() == 1


def test_a_withdrawal_of_nobody_at_all_says_so(platform: Client, profile_faults: Faults) -> None:
    answer = put(platform, account("A/1", active=False), "A/1")

    assert answer.status_code == 201
    assert [(issue["severity"], issue["code"]) for issue in answer.json()["issue"]] == [
        ("information", "informational"),
        ("warning", "not-found"),
    ]
    assert profile_faults(answer.json()) == []
    again = put(platform, account("A/1", active=False), "A/1")
    assert (again.status_code, len(again.json()["issue"])) == (200, 1)


def test_a_withdrawal_finds_the_account_of_its_body_even_when_it_was_withdrawn_before(platform: Client) -> None:
    post(platform, account("A/1", email=EMAIL))
    put(platform, account("A/1", email=EMAIL, active=False), "A/1")

    assert put(platform, account("A/1", email=EMAIL, active=False), "inconnu").status_code == 200
    assert Regulator.objects.count() == 1


def test_a_withdrawal_that_finds_its_account_does_not_mind_whose_the_email_is_now(platform: Client) -> None:
    post(platform, account("A/1", email=EMAIL))
    post(platform, account("A/2", email="deux@regulation.test"))

    assert put(platform, account("A/2", email=EMAIL, active=False), "A/2").status_code == 200
    assert [one.email for one in Regulator.objects.active()] == [EMAIL]


# --- What is in force --------------------------------------------------------------------------------------------------
def test_a_former_name_and_address_leave_the_present_ones(platform: Client) -> None:
    sent = account("A/1")
    sent["name"] = [{"family": "Avant", "given": ["Zoé"], "use": "old"}, {"family": "Ail", "given": ["Zoé"]}]
    sent["telecom"] = [
        {"system": "email", "value": "avant@regulation.test", "period": {"end": "2020"}},
        {"system": "email", "value": EMAIL},
    ]

    assert platform.post("/fhir/Practitioner", sent, FHIR).status_code == 201
    regulator = Regulator.objects.get()
    assert (regulator.family_name, regulator.email) == ("Ail", EMAIL)
