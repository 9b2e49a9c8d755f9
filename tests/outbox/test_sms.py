"""SMS over a real connection to a provider that refuses, is slow, lies; numbers; and what is said of them afterwards."""

import json
import re
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from outbox import gsm, sms
from outbox.sms import HttpProvider, NotSent, Unclear

MOBILE = "+33639980045"


class Far:
    """`code` answered after `pause` seconds; None: the line is cut. `taken`: headers and bodies."""

    address: str

    def __init__(self) -> None:
        self.code: int | None = 201
        self.pause = 0.0
        self.taken: list[tuple[dict[str, str], Any]] = []


@pytest.fixture
def far() -> Iterator[Far]:
    told = Far()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.taken.append((dict(self.headers), json.loads(body)))
            time.sleep(told.pause)
            if told.code is None:
                self.connection.close()
                return
            self.send_response(told.code)
            self.end_headers()
            self.wfile.write(b"<html>\xff garbage")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told.address = f"http://127.0.0.1:{server.server_port}/v1/sms"
    yield told
    server.shutdown()
    server.server_close()


def provider(far: Far, **given: Any) -> HttpProvider:
    body = {"messages": [{"recipients": ["{to}"], "body": "{text}", "client_ref": "{reference}"}], "from": "{sender}"}
    common = {"address": far.address, "key": "s3cret", "body": body, "sender": "Cabinet", "timeout": 0.5}
    return HttpProvider(**common | {"knows_repeats": False} | given)


def test_it_is_handed_over_in_the_shape_of_the_provider_with_its_key_and_our_reference(far: Far, settings: Any) -> None:
    settings.SMS_PROVIDER = provider(far)
    reference = uuid.uuid4()
    sms.send(to=MOBILE, text="Rendez-vous à 9 h 00\u00a0: « {to} » 😀", reference=reference)
    [(headers, body)] = far.taken
    assert body == {
        "messages": [{"recipients": [MOBILE], "body": 'Rendez-vous à 9 h 00: " {to} "', "client_ref": str(reference)}],
        "from": "Cabinet",
    }
    assert headers["Authorization"] == "Bearer s3cret"
    assert headers["Idempotency-Key"] == str(reference)


@pytest.mark.parametrize(
    ("code", "raises", "final"),
    [(200, None, False), (202, None, False), (409, None, False), (400, NotSent, True), (422, NotSent, True),
     (404, NotSent, False), (302, NotSent, False), (401, NotSent, False), (402, NotSent, False), (403, NotSent, False),
     (405, NotSent, False),
     (429, NotSent, False), (503, NotSent, False), (500, Unclear, False), (502, Unclear, False), (504, Unclear, False),
     (None, Unclear, False)],
)  # fmt: skip
def test_what_an_answer_means(far: Far, code: int | None, raises: type[Exception] | None, final: bool) -> None:
    far.code = code
    if raises is None:
        provider(far).send(to=MOBILE, text="a", reference=uuid.uuid4())
        return
    with pytest.raises(raises) as told:
        provider(far).send(to=MOBILE, text="a", reference=uuid.uuid4())
    assert MOBILE not in str(told.value)
    assert not isinstance(told.value, NotSent) or told.value.final is final


def test_who_answers_too_late_may_have_taken_it_and_who_is_not_there_has_not(far: Far) -> None:
    far.pause = 1.0
    with pytest.raises(Unclear):
        provider(far).send(to=MOBILE, text="a", reference=uuid.uuid4())
    with pytest.raises(NotSent) as told:
        provider(far, address="http://127.0.0.1:9/").send(to=MOBILE, text="a", reference=uuid.uuid4())
    assert not told.value.final


@pytest.mark.parametrize(
    ("number", "may"),
    [(MOBILE, True), ("+33755123456", True), ("+262692001234", True), ("+590690123456", True), ("+687751234", True),
     ("+68987123456", True), ("+508551234", True), ("+12025550123", True), ("+33199001234", False), ("+33982001234", False),
     ("+33812345678", False), ("+262262123456", False), ("3237", False), ("", False)],
)  # fmt: skip
def test_which_numbers_can_receive_one(number: str, may: bool, settings: Any) -> None:
    assert sms.can_receive(number) is may
    settings.SMS_PROVIDER = sms.Kept()
    if not may:
        with pytest.raises(NotSent) as told:
            sms.send(to=number, text="a", reference=uuid.uuid4())
        assert told.value.final


@pytest.mark.parametrize(
    ("typed", "written", "count"),
    [
        ("Œuf, être, ça, À 9 h 00 : « l’été » – ok…", 'Oeuf, etre, ca, A 9 h 00: " l\'été " - ok...', 1),
        ("é è à ù É Ç ñ", "é è à ù É Ç ñ", 1),
        ("Dr 😀 Zinnia", "Dr Zinnia", 1),
        ("a" * 160, "a" * 160, 1),
        ("a" * 161, "a" * 161, 2),
        ("€" * 80, "€" * 80, 1),
        ("€" * 81, "€" * 81, 2),
        # Two places of one character are not cut apart.
        ("a" * 152 + "€" + "a" * 20, "a" * 152 + "€" + "a" * 20, 2),
        ("a" * 459, "a" * 459, 3),
        ("a" * 460, "a" * 460, 4),
        ("", "", 1),
    ],
)
def test_a_text_is_written_in_the_alphabet_of_sms_and_counted(typed: str, written: str, count: int) -> None:
    assert gsm.in_gsm(typed) == written
    assert gsm.sms_count(written) == count


def test_what_is_outside_the_alphabet_is_not_counted() -> None:
    with pytest.raises(ValueError, match="1 characters"):
        gsm.septets("ê")


def test_what_is_told_of_them_is_signed_by_our_key_and_fresh() -> None:
    signed = sms.signature("k", "1000", b"{}")
    good = {"key": "k", "moment": "1000", "signed": f"sha256={signed}", "body": b"{}", "now": 1000.0}
    assert sms.is_signed(**good)
    for wrong in (
        {"key": "other"}, {"key": ""}, {"moment": "1001"}, {"moment": "x"}, {"moment": ""}, {"body": b"{ }"}, {"signed": ""},
        {"signed": "é"}, {"now": 1000.0 + sms.FRESH + 1}, {"now": 1000.0 - sms.FRESH - 1},
    ):  # fmt: skip
        assert not sms.is_signed(**good | wrong), wrong


def set_up(address: str, body: str = "{}", *, local: bool = False) -> sms.Provider | None:
    return sms.sms_provider(address, local=local, sender="a", key="", body=body, timeout=1, knows_repeats=False)


@pytest.mark.parametrize(
    ("address", "body", "told"),
    [
        ("http://sms.example/", "{}", "https://"),
        ("simulator+http://127.0.0.1:8001", "{}", "https://"),
        ("https://sms.example/", "{", "JSON object"),
        ("https://sms.example/", '["{to}{text}"]', "JSON object"),
        ("https://sms.example/", '{"a": "{to}"}', "{text}"),
    ],
)
def test_a_provider_that_is_set_up_wrong_stops_the_start(address: str, body: str, told: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=re.escape(told)):
        set_up(address, body)


def test_the_simulator_is_one_on_one_machine() -> None:
    assert set_up("", local=True) is None
    assert set_up("simulator+http://127.0.0.1:8001/", local=True) == sms.Simulator("http://127.0.0.1:8001")
