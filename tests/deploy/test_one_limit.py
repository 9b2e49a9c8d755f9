"""One limit for headers and certificates, wherever they pass, and every refusal under /fhir/ an OperationOutcome."""

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from deploy import gunicorn_settings
from deploy.certificates import Authority, _Wanted, make_authorities
from interop.authentication import MAX_CERTIFICATE
from tests.deploy.conftest import (
    FHIR,
    FHIR_WEB,
    TEMPLATE,
    WEB,
    Front,
    needs_nginx,
    nginx_values,
    rendered,
    running_nginx,
)
from tests.deploy.tls_client import Answer, send

pytestmark = [pytest.mark.xdist_group("deploy"), pytest.mark.system]

# nginx's buffers: no line is longer, and all headers together are no more than these.
LINE, TOTAL = 8 * 1024, 4 * 8 * 1024


def exchange(front: Front, request: str) -> Answer:
    sent = f"{request}\r\nConnection: close\r\n\r\n".encode("latin-1")
    authority = front.folder / "certificates" / "root.pem"
    [answer] = send(front.port, sent, name=FHIR, authority=authority, certificate=front.client("valid"))
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")[1:]
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    # Chunked when it is compressed, which is not asked for.
    return Answer(int(head[:3]), headers, body)


def assert_in_fhir_terms(answer: Answer, kind: str) -> None:
    assert answer.headers["content-type"] == "application/fhir+json; charset=utf-8"
    assert answer.json()["resourceType"] == kind


def test_nginx_s_limits_are_the_ones_that_count() -> None:
    text = TEMPLATE.read_text(encoding="utf-8")

    assert re.findall(r"large_client_header_buffers (.*);", text) == ["4 8k"]
    assert re.findall(r'"~\^\.\{0,(\d+)\}\$" \$ssl_client_escaped_cert;', text) == [str(MAX_CERTIFICATE)]
    assert gunicorn_settings.limit_request_field_size >= MAX_CERTIFICATE + len("X-SSL-Client-Escaped-Cert: \r\n")
    # A name, a colon and a line's end: the shortest header of all.
    assert gunicorn_settings.limit_request_fields >= TOTAL // len("a:\r\n")
    assert gunicorn_settings.limit_request_line == LINE - len("\r\n")


@pytest.mark.parametrize("count", [99, 101, 110, 900, 2000, 4000])
def test_headers_are_taken_or_refused_in_fhir_terms_however_many_they_are(front: Front, count: int) -> None:
    """A recent nginx takes 1,000, an older one as many as fit; gunicorn took a hundred, and refused in HTML."""
    headers = "".join(f"\r\nx{number:x}:" for number in range(count))

    answer = exchange(front, f"GET /fhir/metadata HTTP/1.1\r\nHost: {FHIR}{headers}")

    assert answer.status in ({200} if count < 1000 else {200, 400})
    assert_in_fhir_terms(answer, "CapabilityStatement" if answer.status == 200 else "OperationOutcome")


@pytest.mark.parametrize("length", [*range(LINE - 8, LINE + 9), 2 * LINE, 40 * 1024])
@pytest.mark.parametrize("line", ["request", "header"])
def test_a_line_is_taken_or_refused_in_fhir_terms(front: Front, line: str, length: int) -> None:
    """The length counts the line's end; on both sides of the limit, where two readers could count differently."""
    start, end = f"GET /fhir/metadata?a={{}} HTTP/1.1\r\nHost: {FHIR}".split("{}")
    if line == "request":
        request = start + "x" * (length - len(start) - len(" HTTP/1.1\r\n")) + end
    else:
        request = f"{start}{end}\r\nX-Any: " + "x" * (length - len("X-Any: \r\n"))

    answer = exchange(front, request)

    assert answer.status in ({200} if length <= LINE else {400, 414})
    assert_in_fhir_terms(answer, "CapabilityStatement" if length <= LINE else "OperationOutcome")


def test_headers_that_are_too_long_together_are_refused_in_fhir_terms(front: Front) -> None:
    headers = "".join(f"\r\nX-{number}: {'x' * 7000}" for number in range(6))

    answer = exchange(front, f"GET /fhir/metadata HTTP/1.1\r\nHost: {FHIR}{headers}")

    assert answer.status == 400
    assert_in_fhir_terms(answer, "OperationOutcome")


@pytest.mark.parametrize("value", ["\x01", "x\x1fy", "\x7f", "\xff", "é"])
@pytest.mark.parametrize("name", ["X-Any", "Accept", "If-Match", "Content-Type"])
def test_what_no_reader_takes_is_refused_in_fhir_terms(front: Front, name: str, value: str) -> None:
    """gunicorn refuses a control character, in HTML of its own."""
    answer = exchange(front, f"GET /fhir/metadata HTTP/1.1\r\nHost: {FHIR}\r\n{name}: {value}")

    assert answer.status in {200, 400}
    assert_in_fhir_terms(answer, "CapabilityStatement" if answer.status == 200 else "OperationOutcome")
    if value == "\x01":
        assert answer.status == 400


@pytest.fixture(scope="module")
def trusting(front: Front) -> Iterator[tuple[Front, Authority]]:
    """A second nginx before the same application, and the authority that it trusts, with its key."""
    made = front.beside("long")
    root, authority = make_authorities()
    pem = Encoding.PEM
    for name, parts in (
        ("authority", (authority.certificate, root.certificate)),
        ("revoked", (authority.revocations(), root.revocations())),
    ):
        (made.folder / "certificates" / f"{name}.pem").write_bytes(b"".join(part.public_bytes(pem) for part in parts))
    behind = (f"server unix:{front.folder}/{name};" for name in (WEB[0], FHIR_WEB[0]))
    made.configuration.write_text(rendered(nginx_values(made, *behind)), encoding="utf-8")
    with running_nginx(needs_nginx(), made):
        yield made, authority


@pytest.mark.parametrize(("names", "status"), [(0, 200), (180, 200), (220, 200), (300, 200), (400, 403), (800, 403)])
def test_a_certificate_of_any_length_is_taken_or_refused_in_fhir_terms(
    trusting: tuple[Front, Authority], names: int, status: int
) -> None:
    """With as many alternative names as large organisations have. 11 kB of it got gunicorn's HTML."""
    made, authority = trusting
    signed = authority.sign(_Wanted(names=[f"serveur-{number}.organisation.exemple" for number in range(names)]))
    signed.write(made.folder / "certificates" / "clients" / "long")
    escaped = len(quote(signed.certificate.public_bytes(Encoding.PEM).decode("ascii"), safe=""))
    assert (escaped <= MAX_CERTIFICATE) == (status == 200), escaped

    for method, path in (("GET", "/fhir/metadata"), ("POST", "/fhir/Practitioner"), ("GET", "/fhir")):
        answer = made.ask(path, kind="long", method=method)
        if answer.status == 200:
            assert answer.json()["resourceType"] == "CapabilityStatement"
        else:
            assert answer.status == 403 if status == 403 else answer.status in {400, 404, 415}
            assert_in_fhir_terms(answer, "OperationOutcome")
