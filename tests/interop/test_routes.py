"""What holds for every FHIR route: OperationOutcome for all that goes wrong, FHIR JSON for all."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from interop import views
from interop.outcomes import outcome_page

FHIR = "application/fhir+json; charset=utf-8"
Faults = Callable[[dict[str, Any]], list[str]]


def refusal(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer["Content-Type"] == FHIR
    assert answer["Cache-Control"] == "no-store"
    outcome: dict[str, Any] = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    return dict(outcome["issue"][0])


@pytest.mark.parametrize(
    "path",
    [
        "/fhir",
        "/fhir?a=b",
        "/fhir/",
        "/fhir/Patient",
        "/fhir/Slot/123",
        "/fhir/Slot//",
        "/fhir/Slot%0A",
        "/fhir/slot",
        "/fhir/%FF%00",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_an_unknown_address_is_a_404(platform: Client, path: str, method: str) -> None:
    issue = refusal(platform.generic(method, path, b"{}", "application/fhir+json"), 404)

    assert issue["code"] == "not-found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/fhir/metadata", "GET, HEAD"),
        ("OPTIONS", "/fhir/metadata", "GET, HEAD"),
        ("POST", "/fhir/Slot", "GET, HEAD"),
        ("PUT", "/fhir/Slot/", "GET, HEAD"),
        ("DELETE", "/fhir/Slot", "GET, HEAD"),
        ("GET", "/fhir/Practitioner", "POST, PUT"),
        ("PATCH", "/fhir/Practitioner/", "POST, PUT"),
        ("DELETE", "/fhir/Practitioner?identifier=a|b", "POST, PUT"),
        ("OPTIONS", "/fhir/Practitioner", "POST, PUT"),
        ("BREW", "/fhir/Practitioner", "POST, PUT"),
    ],
)
def test_a_wrong_method_is_a_405_that_says_which_are_right(
    platform: Client, method: str, path: str, allowed: str
) -> None:
    answer = platform.generic(method, path)

    assert refusal(answer, 405)["code"] == "not-supported"
    assert answer["Allow"] == allowed


def test_metadata_is_the_capability_statement(platform: Client, settings: Any, profile_faults: Faults) -> None:
    answer = platform.get("/fhir/metadata")

    assert answer.status_code == 200
    assert answer["Content-Type"] == FHIR
    statement = answer.json()
    assert statement["implementation"]["url"] == settings.FHIR_BASE_URL
    assert statement["software"]["version"] == settings.VERSION
    assert [resource["type"] for resource in statement["rest"][0]["resource"]] == ["Slot", "Practitioner"]
    assert profile_faults(statement) == []


@pytest.mark.parametrize(
    "accept",
    [
        "application/json+fhir", "application/fhir+json", "application/json", "*/*", "", "text/html", "application/xml",
        "nonsense", "application/fhir+json;q=x", "application/fhir+json; fhirVersion=4.0",
    ],
)  # fmt: skip
def test_any_accept_gets_fhir_json(platform: Client, accept: str) -> None:
    answer = platform.get("/fhir/metadata", headers={"Accept": accept})

    assert answer.status_code == 200
    assert answer["Content-Type"] == FHIR


def test_format_parameters_change_nothing(platform: Client) -> None:
    assert platform.get("/fhir/metadata?_format=xml&format=api")["Content-Type"] == FHIR


def test_the_unexpected_is_a_500_without_details(
    platform: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def explode(**_: object) -> None:
        raise RuntimeError("a secret of the house")

    monkeypatch.setattr(views, "capability_statement", explode)
    with caplog.at_level(logging.ERROR):
        answer = platform.get("/fhir/metadata")

    issue = refusal(answer, 500)
    assert (issue["severity"], issue["code"]) == ("fatal", "exception")
    assert "secret" not in answer.content.decode()
    assert "a secret of the house" in caplog.text


def test_a_host_we_are_not_is_a_400(platform: Client) -> None:
    refusal(platform.get("/fhir/metadata", headers={"Host": "ailleurs.exemple.test"}), 400)


@pytest.mark.django_db
def test_no_token_of_ours_is_asked_for(settings: Any) -> None:
    """The platform has no session: Django's protection against forged forms does not apply."""
    settings.SAS_MTLS = False
    answer = Client(enforce_csrf_checks=True).post("/fhir/Practitioner", json.dumps({}), "application/fhir+json")

    assert refusal(answer, 400)["code"] == "structure"


@pytest.mark.parametrize("status", [400, 403, 404, 413, 500, 429])
def test_what_the_site_itself_refuses_is_an_outcome_too(status: int, profile_faults: Faults) -> None:
    answer = outcome_page(status)

    assert answer.status_code == status
    assert profile_faults(json.loads(answer.content)) == []
