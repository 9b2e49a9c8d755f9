"""Requests that two readers could understand differently, and names that do not match: one answer each, ours, never a 5xx."""

import json
import signal
import socket

import pytest

from deploy.probe import failure
from tests.deploy.conftest import FHIR, PUBLIC, WEB, Front
from tests.deploy.tls_client import send
from tests.system.conftest import wait_for

pytestmark = [pytest.mark.xdist_group("deploy"), pytest.mark.system]

# What a second reader would take for another request: it must never get an answer of its own that is not nginx's.
HIDDEN = "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
# Headers, then what follows them.
AMBIGUOUS = {
    "length and chunked": (f"Content-Length: {len(HIDDEN) + 5}\r\nTransfer-Encoding: chunked", f"0\r\n\r\n{HIDDEN}"),
    "blank before the colon": ("Transfer-Encoding : chunked\r\nContent-Length: 4", f"0\r\n\r\n{HIDDEN}"),
    "folded": ("Transfer-Encoding:\r\n chunked", f"0\r\n\r\n{HIDDEN}"),
    "unknown coding": ("Transfer-Encoding: xchunked", f"0\r\n\r\n{HIDDEN}"),
    "vertical tab": ("Transfer-Encoding:\x0bchunked", f"0\r\n\r\n{HIDDEN}"),
    "two codings": ("Transfer-Encoding: gzip, chunked", f"0\r\n\r\n{HIDDEN}"),
    "coding twice": ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", f"0\r\n\r\n{HIDDEN}"),
    "length twice": (f"Content-Length: 0\r\nContent-Length: {len(HIDDEN)}", HIDDEN),
    "two lengths": (f"Content-Length: 0, {len(HIDDEN)}", HIDDEN),
    "signed length": ("Content-Length: +5", f"abcde{HIDDEN}"),
    "negative length": ("Content-Length: -1", HIDDEN),
    "NUL in a header": ("X-Any: \x00", ""),
    "endless chunk": ("Transfer-Encoding: chunked", "ffffffffffffffff1\r\n"),
    "host twice": ("Host: localhost", ""),
}


def statuses(answers: list[bytes]) -> list[int]:
    return [int(answer[:3]) for answer in answers]


def exchange(front: Front, sent: str, *, name: str, kind: str = "none") -> list[bytes]:
    authority = front.folder / "certificates" / "root.pem"
    return send(front.port, sent.encode("latin-1"), name=name, authority=authority, certificate=front.client(kind))


@pytest.mark.parametrize("ambiguity", AMBIGUOUS)
@pytest.mark.parametrize(("name", "path"), [(PUBLIC, "/connexion/"), (FHIR, "/fhir/Practitioner")])
def test_an_ambiguous_request_gets_one_refusal_and_the_connection_ends(
    front: Front, name: str, path: str, ambiguity: str
) -> None:
    headers, rest = AMBIGUOUS[ambiguity]

    answers = exchange(
        front, f"POST {path} HTTP/1.1\r\nHost: {name}\r\n{headers}\r\n\r\n{rest}", name=name, kind="valid"
    )

    assert len(answers) == 1
    if name == PUBLIC:
        assert statuses(answers)[0] in {400, 501}
    else:
        assert statuses(answers) == [400]


@pytest.mark.parametrize(
    "headers",
    [
        "Transfer-Encoding: chunked\r\nTrailer: X-SSL-Client-Verify",
        "Connection: Host, X-SSL-Client-Verify, keep-alive\r\nTransfer-Encoding: chunked",
        "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\nTransfer-Encoding: chunked",
    ],
    ids=["trailer", "hop by hop", "h2c"],
)
def test_neither_a_trailer_nor_a_hop_nor_an_upgrade_opens_the_door(front: Front, headers: str) -> None:
    trailer = "0\r\nX-SSL-Client-Verify: SUCCESS\r\n\r\n"
    sent = f"POST /fhir/Practitioner HTTP/1.1\r\nHost: {FHIR}\r\n{headers}\r\n\r\n{trailer}{HIDDEN}"

    # The second is what it says it is: another request, for a host that is not ours.
    assert statuses(exchange(front, sent, name=FHIR)) == [403, 421]


@pytest.mark.parametrize("name", [PUBLIC, FHIR])
@pytest.mark.parametrize(
    "host", ["autre.example", "probes", "_", "127.0.0.1", f"{PUBLIC},{FHIR}", f"{PUBLIC}@x", "[::1]"]
)
def test_another_name_in_http_than_in_the_handshake_is_a_421(front: Front, name: str, host: str) -> None:
    """It fell on nginx's own welcome page."""
    assert front.ask("/", name=name, host=host, kind="valid").status == 421
    fhir = front.ask("/fhir/metadata", name=name, host=host, kind="valid")
    assert fhir.status == 421
    assert fhir.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize("target", ["http", "https"])
def test_the_absolute_form_counts_more_than_the_host_header(front: Front, target: str) -> None:
    assert front.ask(f"{target}://{FHIR}/fhir/metadata", name=PUBLIC, host=PUBLIC, kind="valid").status == 421
    assert front.ask(f"{target}://{FHIR}/fhir/metadata", name=FHIR, host=PUBLIC).status == 403
    assert front.ask(f"{target}://{PUBLIC}/fhir/metadata", name=FHIR, host=FHIR, kind="valid").status == 404


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("TRACE /fhir/metadata HTTP/1.1", 405),
        ("CONNECT localhost:443 HTTP/1.1", 400),
        ("PROPFIND /fhir/metadata HTTP/1.1", 405),
        (f"{'X' * 100} /fhir/metadata HTTP/1.1", 405),
        ("GET /fhir/metadata HTTP/2.0", 400),
        ("get /fhir/metadata HTTP/1.1", 400),
        ("GET /fhir/metadata?nom=D\xe9mo HTTP/1.1", 404),
        ("GET /fhir/metadata?nom=a b HTTP/1.1", 400),
        ("PRI * HTTP/2.0", 400),
    ],
)
def test_what_is_no_request_is_an_operation_outcome_and_never_a_5xx(front: Front, line: str, status: int) -> None:
    [answer] = exchange(front, f"{line}\r\nHost: {FHIR}\r\nConnection: close\r\n\r\n", name=FHIR, kind="valid")

    assert statuses([answer]) == [status]
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["resourceType"] == "OperationOutcome"


def test_every_line_of_the_access_log_is_json_whatever_is_asked(front: Front) -> None:
    """A byte that is no UTF-8, and what reads the log drops the line: the one that somebody did not want seen."""
    for path in (
        "/journal-1-%ff%fe",
        "/journal-2-\xa0",
        "/journal-3-%22%5c%0a%c3%a9",
        "/mot-de-passe/nouveau/%ff/secret/",
    ):
        front.ask(path, name=PUBLIC)
        front.ask(path, name=FHIR, kind="self_signed")

    lines = (front.folder / "access.log").read_bytes().splitlines()
    entries = [json.loads(line.decode("utf-8")) for line in lines]
    assert len([entry for entry in entries if entry["path"] == "(not ASCII)"]) >= 6


def test_the_application_server_logs_as_the_application_and_quotes_no_request(front: Front) -> None:
    """gunicorn refuses a control character in a header; with one too many, the whole line."""
    # A reload takes nothing away from the log.
    for name, process in front.web.items():
        process.send_signal(signal.SIGHUP)
        wait_for(lambda name=name: "Hang up" in (front.folder / f"{name}.log").read_text("utf-8"), "the reload")
        wait_for(lambda name=name: not failure(str(front.folder / name), "/health/live"), f"{name} answers again")
    asked = f"GET /sas/retour/?code=secret HTTP/1.1\r\nHost: {PUBLIC}\r\nConnection: close\r\n"
    exchange(front, f"{asked}X-Secret-Name: secret\x01\r\n\r\n", name=PUBLIC)
    # Longer than nginx lets through.
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(front.folder / WEB[0]))
        connection.sendall(f"{asked}X-Secret-Name: {'secret' * 4000}\r\n\r\n".encode())
        assert connection.recv(12) == b"HTTP/1.1 431"

    lines = [line for name in front.web for line in (front.folder / f"{name}.log").read_text("utf-8").splitlines()]
    entries = [json.loads(line) for line in lines]
    assert {entry["message"] for entry in entries if entry["logger"] == "gunicorn.error"} >= {
        "Invalid request from ip=: Invalid HTTP Header…",
        "Invalid request from ip=: limit request headers fields size…",
    }
    assert not any("ecret" in line for line in lines)
