"""The faults that can be switched on."""

from __future__ import annotations

import pytest

from sandbox.sas.platform import Platform
from tests.sandbox.conftest import BASE, Browser, appointment
from tests.sandbox.test_receiver import only, post, put


@pytest.mark.parametrize(("kind", "status"), [("500", 500), ("422", 422), ("403", 403), ("timeout", 503)])
def test_a_fault_answers_badly_and_processes_nothing(browser: Browser, kind: str, status: int) -> None:
    browser.api("/api/faults", {"kind": kind, "count": 1})
    answer = post(browser, appointment())
    assert answer.status_code == status
    assert answer.get_json()["resourceType"] == "OperationOutcome"
    held = only(browser)
    assert (held["status"], held["history"][0]["fault"]) == (None, kind)
    # Switched off by itself: the same call now goes through.
    assert post(browser, appointment()).status_code == 201


def test_a_held_answer_is_kept_as_no_answer(browser: Browser) -> None:
    browser.api("/api/faults", {"kind": "timeout", "count": 1})
    post(browser, appointment())
    assert only(browser)["history"][0]["answered"] is None


def test_a_reset_processes_then_cuts(browser: Browser) -> None:
    browser.api("/api/faults", {"kind": "reset", "count": 1})
    with pytest.raises(ConnectionResetError):
        post(browser, appointment())
    held = only(browser)
    assert (held["status"], held["history"][0]["answered"], held["history"][0]["accepted"]) == ("booked", None, True)
    assert post(browser, appointment()).status_code == 409
    assert put(browser, appointment()).status_code == 200


def test_a_fault_lasts_for_its_number_of_requests_or_until_switched_off(browser: Browser, platform: Platform) -> None:
    browser.api("/api/faults", {"kind": "500", "count": 2})
    assert [post(browser, appointment()).status_code for _ in range(3)] == [500, 500, 201]
    browser.api("/api/faults", {"kind": "500", "count": None})
    assert [put(browser, appointment()).status_code for _ in range(3)] == [500] * 3
    assert browser.api("/api/faults") == {"kind": "500", "count": None}
    platform.faults.switch_off()
    assert put(browser, appointment()).status_code == 200


@pytest.mark.parametrize(
    "payload", [{}, [], {"kind": "400"}, {"kind": "500", "count": 0}, {"kind": "500", "count": True}]
)
def test_an_unknown_fault_is_refused(browser: Browser, payload: object) -> None:
    assert browser.client.post("/api/faults", json=payload, base_url=BASE).status_code == 422
    assert browser.api("/api/faults") == {"kind": None, "count": None}


def test_the_page_switches_on_counts_down_and_off(browser: Browser) -> None:
    assert "marche normalement" in browser.get("/pannes").text
    assert browser.post("/pannes", {"panne": "422", "nombre": "3"}).status_code == 303
    post(browser, appointment())
    assert "Pour les 2 prochaines requêtes" in browser.get("/pannes").text
    browser.post("/pannes/arreter", form="/pannes")
    assert "marche normalement" in browser.get("/pannes").text


@pytest.mark.parametrize("count", ["0", "-1", "x", "²", "1001", "99999999999999999999"])
def test_the_page_explains_a_wrong_number(browser: Browser, count: str) -> None:
    answer = browser.post("/pannes", {"panne": "500", "nombre": count})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
