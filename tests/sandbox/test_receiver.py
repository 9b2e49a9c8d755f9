"""POST and conditional PUT of appointments."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sandbox.sas.platform import Platform
from sandbox.sas.regulators import Regulator
from tests.sandbox.conftest import BASE, Browser, appointment

PATH = "/fhir/v1/Appointment"
SYSTEM = "urn:oid:1.1.111.1.11.1.1.1"
VALUE = "b6e39355-8a61-4556-b340-36f7b95fec6a"


def post(browser: Browser, resource: Any, **headers: str) -> Any:
    body = resource if isinstance(resource, bytes) else json.dumps(resource).encode()
    return browser.client.post(PATH, data=body, headers=headers, content_type="application/fhir+json", base_url=BASE)


def put(browser: Browser, resource: Any, token: str | None = f"{SYSTEM}|{VALUE}") -> Any:
    query = f"?identifier={quote(token, safe='')}" if token is not None else ""
    return browser.client.put(f"{PATH}{query}", json=resource, base_url=BASE)


def only(browser: Browser) -> dict[str, Any]:
    (found,) = browser.api("/api/appointments")["appointments"]
    return dict(found)


def test_a_post_creates_and_says_where(browser: Browser, regulator: Regulator) -> None:
    answer = post(browser, appointment())
    assert answer.status_code == 201
    assert answer.headers["Location"].startswith(f"{BASE}{PATH}/")
    assert answer.headers["Content-Type"].startswith("application/fhir+json")
    read = browser.get(answer.headers["Location"].removeprefix(BASE))
    assert read.get_json()["identifier"][0]["value"] == VALUE
    held = only(browser)
    assert (held["status"], held["verdict"], held["version"]) == ("booked", "ok", 1)
    assert held["practitioners"] == ["810100050075"]


def test_a_second_post_for_the_same_appointment_is_a_conflict_and_changes_nothing(browser: Browser) -> None:
    post(browser, appointment())
    answer = post(browser, appointment(status="cancelled"))
    assert answer.status_code == 409
    assert answer.get_json()["issue"][0]["code"] == "duplicate"
    held = only(browser)
    assert (held["status"], held["version"]) == ("booked", 1)
    assert [entry["answered"] for entry in held["history"]] == [201, 409]


def test_a_conditional_create_finds_what_was_created(browser: Browser) -> None:
    header = {"If-None-Exist": f"identifier={quote(f'{SYSTEM}|{VALUE}')}"}
    first = post(browser, appointment(), **header)
    again = post(browser, appointment(), **header)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.headers["Location"] == again.headers["Location"]


def test_a_put_updates_by_identifier_and_names_the_change(browser: Browser) -> None:
    where = post(browser, appointment()).headers["Location"]
    answer = put(browser, appointment(status="noshow"))
    assert (answer.status_code, answer.headers["Location"]) == (200, where)
    later = {"start": "2026-11-25T15:00:00+01:00", "end": "2026-11-25T15:15:00+01:00"}
    assert put(browser, appointment(status="noshow", **later)).status_code == 200
    held = only(browser)
    assert (held["status"], held["start"], held["version"]) == ("noshow", later["start"], 3)
    assert [entry["change"] for entry in held["history"]] == ["Création", "Non honoré", "Horaire changé"]


def test_the_same_instant_written_otherwise_is_no_change(browser: Browser) -> None:
    post(browser, appointment())
    put(browser, appointment(start="2026-11-25T13:00:00Z", end="2026-11-25T13:15:00.000+00:00"))
    assert only(browser)["history"][-1]["change"] == "Sans changement"


def test_a_put_creates_too_and_is_remarked(browser: Browser) -> None:
    answer = put(browser, appointment())
    assert answer.status_code == 201
    checks = only(browser)["history"][0]["checks"]
    assert [check["title"] for check in checks if check["verdict"] == "remark"] == [
        "Opérateur inconnu",
        "Ordre des appels",
    ]


@pytest.mark.parametrize("token", [None, "", "|", "no-bar", f"{SYSTEM}|", f"|{VALUE}"])
def test_a_put_without_a_whole_identifier_is_refused(browser: Browser, token: str | None) -> None:
    answer = put(browser, appointment(), token)
    assert answer.status_code == 400
    assert answer.get_json()["resourceType"] == "OperationOutcome"
    assert only(browser)["status"] is None


def test_the_identifier_of_an_appointment_never_changes(browser: Browser) -> None:
    post(browser, appointment())
    answer = put(browser, appointment("another"))
    assert answer.status_code == 422
    assert answer.get_json()["issue"][0]["expression"] == ["Appointment.identifier"]


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 400), (b"{", 400), (b"[]", 400), (b"\xff", 400), (b'"x"', 400), (b"{}", 422)]
)
def test_what_is_no_appointment_is_refused_with_an_outcome(browser: Browser, body: bytes, status: int) -> None:
    answer = post(browser, body)
    assert answer.status_code == status
    assert answer.get_json()["resourceType"] == "OperationOutcome"
    assert browser.api("/api/appointments") == {"appointments": []}
    assert "Sans identifiant" in browser.get("/recus").text


def test_a_faulty_appointment_is_refused_kept_and_shown_first(browser: Browser) -> None:
    broken = appointment("broken-one", reasonCode=[{"text": "Fièvre"}], end=None)
    assert post(browser, broken).status_code == 422
    post(browser, appointment())
    page = browser.get("/recus").text
    assert page.index("broken-o") < page.index(VALUE[:8])
    assert "Donnée du patient possible" in page
    [refused] = browser.api(f"/api/appointments?identifier={SYSTEM}|broken-one")["appointments"]
    assert browser.api("/api/appointments?identifier=broken-one")["appointments"] == [refused]
    assert (refused["status"], refused["history"][0]["accepted"]) == (None, False)


def test_a_body_that_is_far_too_big_is_refused(browser: Browser) -> None:
    assert post(browser, b" " * 300_000).status_code == 400
    assert post(browser, b" " * 1_100_000).status_code == 413


def test_an_unknown_address_or_method_answers_an_outcome(browser: Browser) -> None:
    for answer in (browser.get(f"{PATH}/nobody"), browser.client.delete(PATH, base_url=BASE)):
        assert answer.status_code in (404, 405)
        assert answer.get_json()["resourceType"] == "OperationOutcome"


def test_an_operator_is_recognised_by_former_identifiers_and_after_withdrawal(
    browser: Browser, platform: Platform, regulator: Regulator
) -> None:
    platform.regulators.set_entitlement(regulator.id, active=False)
    assert post(browser, appointment()).status_code == 201
    (check,) = [check for check in only(browser)["history"][0]["checks"] if check["title"] == "Opérateur"]
    assert "droit est retiré" in check["detail"]


def test_everything_received_survives_a_restart(
    make_platform: Callable[..., Platform], open_browser: Callable[[Platform], Browser], tmp_path: Path
) -> None:
    post(open_browser(make_platform(data=tmp_path)), appointment())
    again = open_browser(make_platform(data=tmp_path))
    assert only(again)["status"] == "booked"
    assert post(again, appointment()).status_code == 409


def test_emptying_the_page_forgets_everything(browser: Browser) -> None:
    post(browser, appointment())
    assert browser.post("/recus/vider", form="/recus").status_code == 303
    assert browser.api("/api/appointments") == {"appointments": []}
    assert "Rien reçu" in browser.get("/recus").text
