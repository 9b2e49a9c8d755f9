"""Our side of mutual TLS towards the SAS, against a real TLS server on loopback."""

import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from interop.enums import Outcome
from interop.sas import client

APPOINTMENT = {"resourceType": "Appointment", "identifier": [{"system": "urn:oid:1.2", "value": "a|b c"}]}


@dataclass(frozen=True, slots=True)
class Authority:
    folder: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def make(cls, folder: Path) -> "Authority":
        folder.mkdir()
        key = ec.generate_private_key(ec.SECP256R1())
        authority = cls(folder, key, _sign("Autorité", key, "Autorité", key, ca=True))
        _write(folder / "ca.pem", authority.certificate)
        return authority

    @property
    def path(self) -> str:
        return str(self.folder / "ca.pem")

    def issue(self, name: str) -> tuple[str, str]:
        """Paths of a certificate for `name` at 127.0.0.1, and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        _write(self.folder / f"{name}.pem", _sign(name, key, "Autorité", self.key))
        encoded = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self.folder / f"{name}.key").write_bytes(encoded)
        return str(self.folder / f"{name}.pem"), str(self.folder / f"{name}.key")


def _sign(
    subject: str, key: ec.EllipticCurvePrivateKey, issuer: str, by: ec.EllipticCurvePrivateKey, *, ca: bool = False
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if not ca:
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(by, hashes.SHA256())


def _write(path: Path, certificate: x509.Certificate) -> None:
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("sas") / "sas")


@pytest.fixture(scope="session")
def other_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("other") / "other")


class _Quiet(HTTPServer):
    seen: list[str]
    context: ssl.SSLContext

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Failed handshakes are what these tests are about."""


@pytest.fixture
def server(authority: Authority, settings: Any) -> Iterator[_Quiet]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("serveur"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.path)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            subject = dict(pair[0] for pair in self.connection.getpeercert()["subject"])  # type: ignore[attr-defined]
            quiet.seen.append(subject["commonName"])
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    quiet = _Quiet(("127.0.0.1", 0), Handler)
    quiet.seen, quiet.context = [], context
    # The handshake happens in the first read, not in accept(): a refused client must not hold up the server.
    quiet.socket = context.wrap_socket(quiet.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=quiet.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    settings.SAS_FHIR_URL = f"https://127.0.0.1:{quiet.server_port}/fhir/v1"
    settings.SAS_CA = authority.path
    settings.SAS_CLIENT_CERT, settings.SAS_CLIENT_KEY = authority.issue("agenda")
    settings.SAS_CONNECT_TIMEOUT = settings.SAS_READ_TIMEOUT = 2
    yield quiet
    quiet.shutdown()
    quiet.server_close()
    thread.join(5)


def send() -> client.Answer:
    return client.send(client.creation(APPOINTMENT))


def test_our_certificate_is_shown_and_the_servers_is_checked(server: _Quiet) -> None:
    answer = send()

    assert (answer.outcome, answer.status, answer.error) == (Outcome.ACCEPTED, 201, "")
    assert server.seen == ["agenda"]


def test_a_server_of_another_authority_gets_nothing(server: _Quiet, settings: Any, other_authority: Authority) -> None:
    settings.SAS_CA = other_authority.path

    answer = send()

    assert (answer.outcome, answer.status) == (Outcome.BARRED, None)
    assert "certificats" in answer.error
    assert server.seen == []


def test_the_public_authorities_are_not_enough_for_a_private_one(server: _Quiet, settings: Any) -> None:
    settings.SAS_CA = ""

    assert send().outcome == Outcome.BARRED
    assert server.seen == []


def test_neither_the_environment_nor_a_proxy_changes_the_authority(
    server: _Quiet, settings: Any, other_authority: Authority, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", other_authority.path)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")

    assert send().outcome == Outcome.ACCEPTED


@pytest.mark.parametrize("which", ["none", "other"])
def test_a_certificate_the_sas_does_not_want_is_no_success(
    server: _Quiet, settings: Any, other_authority: Authority, which: str
) -> None:
    settings.SAS_CLIENT_CERT, settings.SAS_CLIENT_KEY = (
        other_authority.issue("agenda") if which == "other" else ("", "")
    )

    answer = send()

    # With TLS 1.3 the connection may end before the refusal is read: then it is tried again like any that broke off.
    assert answer.outcome in {Outcome.BARRED, Outcome.FAILED, Outcome.UNCLEAR}
    assert answer.error
    assert server.seen == []


@pytest.mark.parametrize("which", ["none", "other"])
def test_a_certificate_refused_in_the_handshake_is_told_as_such(
    server: _Quiet, settings: Any, other_authority: Authority, which: str
) -> None:
    server.context.maximum_version = ssl.TLSVersion.TLSv1_2
    settings.SAS_CLIENT_CERT, settings.SAS_CLIENT_KEY = (
        other_authority.issue("agenda") if which == "other" else ("", "")
    )

    answer = send()

    assert (answer.outcome, answer.status) == (Outcome.BARRED, None)
    assert "certificats" in answer.error


def test_a_certificate_replaced_meanwhile_is_the_one_of_the_next_call(
    server: _Quiet, settings: Any, authority: Authority, other_authority: Authority
) -> None:
    """Nobody restarts anything, and while its two files do not fit nothing is lost."""
    certificate, key = map(Path, authority.issue("renouvelé"))
    settings.SAS_CLIENT_CERT, settings.SAS_CLIENT_KEY = str(certificate), str(key)
    assert send().outcome == Outcome.ACCEPTED

    new = authority.issue("suivant")
    certificate.write_bytes(Path(new[0]).read_bytes())
    assert send().outcome == Outcome.BARRED
    key.write_bytes(Path(new[1]).read_bytes())
    assert send().outcome == Outcome.ACCEPTED
    assert server.seen == ["renouvelé", "suivant"]

    server.context.load_cert_chain(*other_authority.issue("serveur"))
    assert send().outcome == Outcome.BARRED
    server.context.load_cert_chain(*authority.issue("serveur"))
    assert send().outcome == Outcome.ACCEPTED


@pytest.mark.parametrize("name", ["SAS_CLIENT_CERT", "SAS_CLIENT_KEY", "SAS_CA"])
def test_a_file_that_is_not_there_is_told(server: _Quiet, settings: Any, name: str) -> None:
    setattr(settings, name, "/nowhere/at.all")

    answer = send()

    assert answer.outcome == Outcome.BARRED
    assert answer.error == "Le certificat, la clé ou l’autorité configurés ne peuvent pas être lus."


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        ("http://", Outcome.BARRED),
        ("ftp://127.0.0.1/fhir", Outcome.BARRED),
        ("http://[::1", Outcome.BARRED),
        # Nobody knows this name just now.
        ("http://nom.invalid/fhir", Outcome.FAILED),
    ],
)
def test_an_address_that_leads_nowhere_is_told(settings: Any, address: str, outcome: Outcome) -> None:
    settings.SAS_FHIR_URL = address

    answer = send()

    assert (answer.outcome, answer.status) == (outcome, None)
    assert answer.error


def test_the_update_names_the_appointment_in_one_token(settings: Any) -> None:
    settings.SAS_FHIR_URL = "https://sas.example/fhir/v1"

    call = client.update(APPOINTMENT)

    assert (call.method, call.url) == (
        "PUT", "https://sas.example/fhir/v1/Appointment?identifier=urn%3Aoid%3A1.2%7Ca%7Cb%20c",
    )  # fmt: skip
