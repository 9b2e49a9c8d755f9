"""The simulator keeps SMS, one for each reference, and says signed what became of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from outbox.sms import Simulator, is_signed
from sandbox.sas import sms
from sandbox.sas.platform import Platform
from sandbox.sas.sms import SmsBox
from tests.sandbox.conftest import Browser


def test_an_sms_is_taken_once_for_each_reference_and_shown(browser: Browser, platform: Platform) -> None:
    assert "Aucun SMS" in browser.get("/sms").text
    body = {"to": "+33639980045", "text": "Code <b>24A</b>", "reference": "r1"}
    for _ in range(2):
        platform.sms.take(recipient=body["to"], text=body["text"], reference=body["reference"])
    [kept] = browser.api("/api/sms?to=%2B33639980045")["sms"]
    assert (kept["text"], kept["told"]) == ("Code <b>24A</b>", "")
    page = browser.get("/sms").text
    assert "Code &lt;b&gt;24A&lt;/b&gt;" in page
    assert browser.api("/api/sms?to=1") == {"sms": []}


def test_it_calls_back_signed(monkeypatch: pytest.MonkeyPatch, platform: Platform) -> None:
    called: list[tuple[str, dict[str, Any]]] = []

    class Heard:
        ok = True

    def post(address: str, **given: Any) -> Heard:
        called.append((address, given))
        return Heard()

    monkeypatch.setattr(sms.requests, "post", post)
    box = SmsBox(platform.store, product_url="http://product", key="k")
    box.take(recipient="+33639980045", text="a", reference="r2")
    assert box.tell("r2", sms.RECEIVED)
    assert box.answer("+33639980045", "STOP")
    for (address, given), path in zip(called, ("accuses", "reponses"), strict=True):
        assert address == f"http://product/messages/{path}/"
        headers, body = given["headers"], given["data"]
        moment = headers["X-Sms-Timestamp"]
        assert is_signed(key="k", moment=moment, signed=headers["X-Sms-Signature"], body=body, now=float(moment))
    assert box.all()[0].told == sms.RECEIVED


def test_it_is_reached_as_a_provider_is(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `SMS_URL=simulator+http://…` does."""
    answers: list[int] = []

    @contextmanager
    def post(address: str, *, json: Any, **_: Any) -> Iterator[Any]:
        answer = browser.client.post(urlsplit(address).path, json=json, base_url="http://127.0.0.1:8001")
        answers.append(answer.status_code)
        yield answer

    monkeypatch.setattr("outbox.sms.requests.post", post)
    reference = uuid.uuid4()
    for _ in range(2):
        Simulator("http://127.0.0.1:8001").send(to="+33639980045", text="a", reference=reference)
    assert answers == [201, 200]
    assert [one["reference"] for one in browser.api("/api/sms")["sms"]] == [str(reference)]
    assert browser.client.post("/sms/envoi", json={"to": ""}, base_url="http://127.0.0.1:8001").status_code == 422
