"""A call ends, and is bounded in what it takes in, whatever the other side does."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from interop.enums import Outcome
from interop.sas import client
from tests.interop.sas_stub import SasStub

APPOINTMENT = {"resourceType": "Appointment", "identifier": [{"system": "urn:oid:1.2", "value": "a"}]}
Talk = Callable[[socket.socket], None]


@pytest.fixture
def sas_that(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Talk], None]]:
    """A SAS that reads a request, then talks as the test says. Short patience."""
    settings.SAS_CONNECT_TIMEOUT = settings.SAS_READ_TIMEOUT = 1
    monkeypatch.setattr(client, "MAX_ANSWER_TIME", timedelta(seconds=1))
    server = socket.create_server(("127.0.0.1", 0))
    settings.SAS_FHIR_URL = f"http://127.0.0.1:{server.getsockname()[1]}/fhir/v1"

    def serve(talk: Talk) -> None:
        def answer() -> None:
            caller, _ = server.accept()
            with caller:
                caller.recv(64 * 1024)
                try:
                    talk(caller)
                except OSError:
                    return  # the caller has left

        threading.Thread(target=answer, daemon=True).start()

    yield serve
    server.close()


def send() -> client.Answer:
    return client.send(client.creation(APPOINTMENT))


def says(text: bytes) -> Talk:
    return lambda caller: caller.sendall(text)


def drips(beginning: bytes, drop: bytes) -> Talk:
    """Ten seconds of it."""

    def talk(caller: socket.socket) -> None:
        caller.sendall(beginning)
        for _ in range(50):
            time.sleep(0.2)
            caller.sendall(drop)

    return talk


@pytest.mark.parametrize(
    "talk",
    [
        drips(b"HTTP/1.1 201 Created\r\n", b"X-Slow: a\r\n"),
        drips(b"HTTP/1.1 201 Created\r\nX-Slow: ", b"a"),
        drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        drips(b"", b"H"),
    ],
    ids=["headers", "one header", "100 Continue", "status line"],
)
def test_an_answer_that_never_begins_is_given_up(sas_that: Callable[[Talk], None], talk: Talk) -> None:
    sas_that(talk)
    started = time.monotonic()

    answer = send()

    assert time.monotonic() - started < client.longest_call().total_seconds() + 1
    assert (answer.outcome, answer.status) == (Outcome.UNCLEAR, None)
    assert answer.error


@pytest.mark.parametrize(
    "talk",
    [
        drips(b"HTTP/1.1 201 Created\r\nContent-Length: 5000\r\n\r\n", b" "),
        drips(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
    ids=["length", "chunks"],
)
def test_a_yes_whose_body_drips_is_a_yes_all_the_same(sas_that: Callable[[Talk], None], talk: Talk) -> None:
    sas_that(talk)
    started = time.monotonic()

    answer = send()

    assert time.monotonic() - started < client.longest_call().total_seconds()
    assert (answer.outcome, answer.status) == (Outcome.ACCEPTED, 201)
    assert "trop lente" in answer.error


@pytest.fixture
def slow_names(sas: SasStub, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A SAS whose name resolves once the event is set."""
    settings.SAS_FHIR_URL = sas.url.replace("127.0.0.1", "localhost")
    monkeypatch.setattr(client, "MAX_ANSWER_TIME", timedelta(0))
    released, real = threading.Event(), socket.getaddrinfo

    def slow(*arguments: Any, **options: Any) -> Any:
        released.wait(20)
        return real(*arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    yield released
    released.set()


def test_names_that_resolve_slowly_are_given_up_and_nothing_leaves_later(
    sas: SasStub, slow_names: threading.Event
) -> None:
    """By then the next state may have been told: a late creation would undo it."""
    started = time.monotonic()
    answer = send()
    assert time.monotonic() - started < 4
    assert answer.outcome == Outcome.UNCLEAR

    slow_names.set()
    wait_until_nobody_calls()
    assert sas.asked == []


def test_headers_that_have_left_get_no_body_after_the_end(sas: SasStub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it they are no request."""
    monkeypatch.setattr(client, "MAX_ANSWER_TIME", timedelta(seconds=-1))
    real = client.Body.read

    def slow(body: Any, size: int | None = -1) -> bytes:
        time.sleep(2.5)
        return real(body, size)

    monkeypatch.setattr(client.Body, "read", slow)

    assert send().outcome == Outcome.UNCLEAR
    wait_until_nobody_calls()
    assert sas.asked == []


def test_a_call_that_was_given_up_does_not_go_on(sas_that: Callable[[Talk], None]) -> None:
    """Threads and sockets would pile up beside SAS_MAX_CALLS."""
    sas_that(drips(b"HTTP/1.1 201 Created\r\n", b"X-Slow: a\r\n"))
    send()
    wait_until_nobody_calls(seconds=1)


def wait_until_nobody_calls(seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while any(thread.name == "call to the SAS" for thread in threading.enumerate()):
        assert time.monotonic() < deadline, "a call goes on"
        time.sleep(0.02)


@pytest.mark.parametrize(
    "location", [b"http://[::1", b"http://\xff\xfe/", b"ftp://x/", b"http://" + b"a" * 300 + b"/"], ids=str
)
def test_a_redirect_that_leads_nowhere_is_only_a_redirect(sas_that: Callable[[Talk], None], location: bytes) -> None:
    sas_that(says(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"))

    answer = send()

    assert (answer.outcome, answer.status) == (Outcome.FAILED, 302)


def test_of_a_redirects_body_no_more_is_read_than_of_any_other(sas_that: Callable[[Talk], None]) -> None:
    sent: list[int] = []

    def flood(caller: socket.socket) -> None:
        caller.sendall(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 300000000\r\n\r\n")
        for _ in range(300):
            caller.sendall(b"x" * 1_000_000)
            sent.append(1_000_000)

    sas_that(flood)

    answer = send()

    assert (answer.status, len(answer.body)) == (302, client.MAX_ANSWER)
    assert sum(sent) < 50_000_000


def test_an_answer_that_contradicts_itself_may_have_been_taken(sas_that: Callable[[Talk], None]) -> None:
    """What requests calls an invalid header is the answer's: a second creation would make a duplicate."""
    sas_that(says(b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"))

    answer = send()

    assert answer.outcome == Outcome.UNCLEAR
    assert answer.error.startswith("La réponse du SAS n’est pas lisible")


def test_whatever_nobody_foresaw_may_have_been_taken(
    sas_that: Callable[[Talk], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    sas_that(says(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"))

    def breaks(*_: object) -> None:
        raise RuntimeError("a library's fault")

    monkeypatch.setattr(client, "_read", breaks)

    assert send().outcome == Outcome.UNCLEAR


def test_a_server_that_does_not_take_the_connection_got_nothing(settings: Any) -> None:
    """Its queue is full: the connection times out, and the creation stays one."""
    settings.SAS_CONNECT_TIMEOUT = 1
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        address = server.getsockname()
        settings.SAS_FHIR_URL = f"http://127.0.0.1:{address[1]}/fhir/v1"
        waiting = []
        for _ in range(4):
            caller = socket.socket()
            caller.setblocking(False)
            caller.connect_ex(address)
            waiting.append(caller)
        time.sleep(0.2)
        answer = send()
        for caller in waiting:
            caller.close()

    assert answer.outcome == Outcome.FAILED
    assert answer.error == "Le SAS n’a pas accepté la connexion en 1 s."
