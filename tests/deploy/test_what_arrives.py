"""What the application is told about a caller: the front's word, and nothing of the caller's own."""

import re
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingUnixStreamServer
from threading import Thread
from urllib.parse import unquote

import pytest

from tests.deploy.conftest import FHIR, PUBLIC, TEMPLATE, Front, needs_nginx, nginx_values, rendered, running_nginx
from tests.deploy.test_front import plain

pytestmark = [pytest.mark.xdist_group("deploy"), pytest.mark.system]

BLANKED = re.findall(r'proxy_set_header ([\w-]+) "";', TEMPLATE.read_text(encoding="utf-8"))
SET = [
    "Host",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Request-ID",
    "X-SSL-Client-Verify",
    "X-SSL-Client-Escaped-Cert",
]
# Those that Django, gunicorn or our own code read, and the usual names of the same things elsewhere.
FORGED = {name: "forged" for name in [*BLANKED, *SET] if name != "Host"}


class Recorder:
    """An application that keeps the headers of the last request."""

    def __init__(self, socket: Path) -> None:
        self.headers: dict[str, str] = {}
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                recorder.headers = {name.lower(): value for name, value in self.headers.items()}
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

            def address_string(self) -> str:
                return "unix"

        self.server = ThreadingUnixStreamServer(str(socket), Handler)
        Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def recorded(front: Front) -> Iterator[tuple[Front, Recorder]]:
    """A second nginx of the same configuration, with a recorder behind it."""
    made = front.beside("recorder")
    socket = made.folder / "application.sock"
    behind = f"server unix:{socket};"
    made.configuration.write_text(rendered(nginx_values(made, behind, behind)), encoding="utf-8")
    recorder = Recorder(socket)
    with running_nginx(needs_nginx(), made):
        yield made, recorder
    recorder.server.shutdown()
    recorder.server.server_close()


def told(headers: Mapping[str, str]) -> dict[str, str]:
    """Without what the HTTP exchange itself needs."""
    return {name: value for name, value in headers.items() if name not in {"connection", "content-length"}}


def test_the_certificate_headers_and_the_forwarded_ones_are_on_the_list() -> None:
    assert {"X-Forwarded-Host", "X-Forwarded-Ssl", "X-Forwarded-Protocol", "Forwarded", "X-SSL-Client-S-DN"} <= set(
        BLANKED
    )


def test_the_public_name_never_passes_a_certificate_on(recorded: tuple[Front, Recorder]) -> None:
    made, recorder = recorded
    for kind in ("none", "valid"):
        made.ask("/connexion/", name=PUBLIC, kind=kind, headers=FORGED)

        request_id = recorder.headers.pop("x-request-id")
        assert re.fullmatch("[0-9a-f]{32}", request_id)
        assert told(recorder.headers) == {"host": PUBLIC, "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https"}


def test_the_fhir_name_passes_on_what_it_checked(recorded: tuple[Front, Recorder]) -> None:
    made, recorder = recorded
    made.ask("/fhir/metadata", name=FHIR, kind="valid", headers=FORGED)

    client = made.client("valid")
    assert client is not None
    assert recorder.headers["host"] == FHIR
    assert recorder.headers["x-ssl-client-verify"] == "SUCCESS"
    leaf = client.read_text(encoding="ascii").partition("-----END")[0]
    assert unquote(recorder.headers["x-ssl-client-escaped-cert"]).startswith(leaf)
    assert "forged" not in recorder.headers.values()


def test_the_fhir_name_says_that_there_was_no_certificate(recorded: tuple[Front, Recorder]) -> None:
    made, recorder = recorded
    made.ask("/fhir/metadata", name=FHIR, headers=FORGED)

    assert recorder.headers["x-ssl-client-verify"] == "NONE"
    assert "x-ssl-client-escaped-cert" not in recorder.headers
    assert "forged" not in recorder.headers.values()


@pytest.mark.parametrize("kind", ["expired", "revoked", "self_signed", "other_authority", "no_client_usage"])
def test_a_certificate_that_does_not_verify_goes_no_further(recorded: tuple[Front, Recorder], kind: str) -> None:
    made, recorder = recorded
    recorder.headers = {}

    assert made.ask("/fhir/metadata", name=FHIR, kind=kind, headers=FORGED).status == 403
    assert recorder.headers == {}


def test_a_name_written_with_underscores_is_dropped(recorded: tuple[Front, Recorder]) -> None:
    made, recorder = recorded
    made.ask("/connexion/", name=PUBLIC, headers={name.replace("-", "_"): "forged" for name in FORGED if "-" in name})

    assert "forged" not in recorder.headers.values()


def test_the_probes_come_under_our_own_name(recorded: tuple[Front, Recorder]) -> None:
    made, recorder = recorded
    lines = "".join(f"\r\n{name}: forged" for name in FORGED)
    plain(made.probes, f"GET /health/ready HTTP/1.1\r\nHost: 10.0.0.7{lines}")

    recorder.headers.pop("x-request-id")
    assert told(recorder.headers) == {"host": PUBLIC, "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https"}
