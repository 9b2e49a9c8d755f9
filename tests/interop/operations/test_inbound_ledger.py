"""What the SAS calls us for about accounts is written down: what became of it, never whom it was about."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from accounts.models import Regulator
from interop.models import InboundCall
from interop.services import inbound
from interop.services.inbound import KEPT, masked
from tests.interop.practitioners import TECHNICAL, account, post, put

pytestmark = pytest.mark.django_db
VALUE = "3456780581/11242343"


def last() -> InboundCall:
    call = InboundCall.objects.first()
    assert call is not None
    return call


def test_a_creation(platform: Client) -> None:
    post(platform, account(VALUE))

    call = last()
    assert (call.method, call.route, call.status_code) == ("POST", "/fhir/Practitioner", 201)
    assert (call.result, call.identifier, call.fault, call.element) == ("created", "…2343", "", "")
    assert call.regulator == Regulator.objects.get()
    assert call.caller == "local, sans TLS mutuel"
    assert timezone.now() - call.at < timedelta(minutes=1)


def test_what_each_update_did(platform: Client) -> None:
    same: dict[str, Any] = {"email": "zoe@regulation.test"}
    put(platform, account(VALUE, **same), VALUE)
    put(platform, account(VALUE, **same), VALUE)
    put(platform, account(VALUE, family="Autre", **same), VALUE)
    put(platform, account("4f6e", TECHNICAL, family="Autre", **same), VALUE)
    put(platform, account("4f6e", TECHNICAL, family="Autre", active=False, **same), VALUE)
    put(platform, account("4f6e", TECHNICAL, family="Autre", active=False, **same), "4f6e", TECHNICAL)

    results = list(InboundCall.objects.order_by("at").values_list("result", "status_code"))
    assert results == [
        ("created", 201),
        ("unchanged", 200),
        ("updated", 200),
        ("updated", 200),
        ("withdrawn", 200),
        ("unchanged", 200),
    ]


@pytest.mark.parametrize(
    ("body", "status", "fault", "element"),
    [
        (b"{", 400, "structure", ""),
        ({"resourceType": "Patient"}, 400, "structure", "resourceType"),
        (account(VALUE) | {"name": []}, 422, "required", "Practitioner.name"),
    ],
)
def test_a_refusal_says_why_by_code_and_element(
    platform: Client, body: Any, status: int, fault: str, element: str
) -> None:
    post(platform, body)

    call = last()
    assert (call.result, call.status_code, call.fault) == ("refused", status, fault)
    assert call.element.startswith(element)
    assert call.regulator is None


def test_a_conflict_and_a_query_without_identifier(platform: Client) -> None:
    post(platform, account(VALUE))
    post(platform, account(VALUE))
    assert (last().result, last().status_code, last().fault) == ("refused", 409, "duplicate")

    platform.put("/fhir/Practitioner", orjson.dumps(account(VALUE)), "application/fhir+json")
    assert (last().status_code, last().identifier, last().element) == (400, "", "http.identifier")


def test_it_holds_neither_names_nor_addresses_nor_whole_identifiers(platform: Client) -> None:
    post(platform, account(VALUE, email="zzyzx@regulation.test", family="Zzyzx", given="Qwfpg"))
    post(platform, account(VALUE, email="zzyzx@regulation.test", family="Zzyzx", given="Qwfpg"))
    post(platform, account("A1", family="Zzyzx") | {"Zzyzx né le 3 mai": 1})

    written = str(list(InboundCall.objects.values()))
    for secret in ("Zzyzx", "Qwfpg", "zzyzx@", "11242343"):
        assert secret not in written


def test_an_unknown_caller_is_written_down_but_can_not_fill_the_table(
    settings: Any, client: Client, monkeypatch: Any
) -> None:
    settings.SAS_MTLS = True
    monkeypatch.setattr(inbound, "_STRANGERS_PER_HOUR", 3)
    for _ in range(5):
        assert post(client, account(VALUE)).status_code == 403

    assert InboundCall.objects.count() == 3
    assert (last().fault, last().caller, last().identifier) == ("forbidden", "", "")


def test_searches_and_other_methods_write_nothing(platform: Client) -> None:
    platform.get("/fhir/Slot")
    platform.get("/fhir/Practitioner")
    platform.get("/fhir/metadata")

    assert not InboundCall.objects.exists()


def test_calls_are_forgotten_after_twelve_months(platform: Client) -> None:
    post(platform, account(VALUE))
    InboundCall.objects.update(at=timezone.now() - KEPT - timedelta(minutes=1))
    post(platform, account("autre"))

    assert InboundCall.objects.count() == 1


def test_a_ledger_that_fails_does_not_fail_the_call(platform: Client, monkeypatch: Any) -> None:
    def broken(**_: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(InboundCall.objects, "create", broken)

    assert post(platform, account(VALUE)).status_code == 201
    assert Regulator.objects.count() == 1


@pytest.mark.parametrize(
    ("whole", "shown"), [("", ""), ("A1", "…1"), ("1234567", "…7"), ("12345678", "…5678"), ("a/b/…/12345", "…2345")]
)
def test_only_the_end_of_an_identifier_is_kept(whole: str, shown: str) -> None:
    assert masked(whole) == shown
