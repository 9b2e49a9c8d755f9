"""An address that somebody typed is fetched from the Internet and from nowhere else, within bounds, whatever answers there."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from appointments.imports import far

HOST = "agenda.exemple.test"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "198.18.0.1", "192.0.2.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1",
        "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "2001:0:7f00:1::",
        "::7f00:1", "", "nothing",
    ],
)  # fmt: skip
def test_what_is_not_the_internets_is_not_public(address: str) -> None:
    assert not far.is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_the_internet_is(address: str) -> None:
    assert far.is_public(address)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("http://agenda.exemple.test/a.ics", "https://"),
        ("file:///etc/passwd", "https://"),
        ("agenda.exemple.test/a.ics", "https://"),
        ("https://", "pas lisible"),
        ("https://quelquun:secret@agenda.exemple.test/", "pas lisible"),
        ("https://agenda.exemple.test:port/", "pas lisible"),
        ("https://agenda.exemple.test/a b", "caractère"),
        ("https://127.0.0.1/a.ics", "pas sur Internet"),
        ("webcal://[::1]/a.ics", "pas sur Internet"),
    ],
)
def test_an_address_that_is_none_is_told_before_anything_is_asked(typed: str, told: str) -> None:
    with pytest.raises(far.Unreachable, match=told):
        far.checked_address(typed)


def test_webcal_is_read_as_https() -> None:
    assert far.checked_address("webcal://agenda.exemple.test/a.ics") == "https://agenda.exemple.test/a.ics"


@pytest.mark.parametrize("found", [["10.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["::ffff:192.168.0.1"], []])
def test_a_name_with_one_address_of_ours_is_not_asked(found: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("connected")

    monkeypatch.setattr(socket, "create_connection", never)
    with pytest.raises(far.Unreachable):
        far.fetch(f"https://{HOST}/a.ics", resolve=lambda host, port: found)


class Site:
    """A TLS server on loopback, of which the tests say that its address is a public one."""

    def __init__(self, folder: Path) -> None:
        certificate, key = _certificate()
        (folder / "site.pem").write_bytes(key + certificate)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(folder / "site.pem")
        self.trusting = ssl.create_default_context(cadata=certificate.decode())
        self.answer: Callable[[Any], None] = lambda line: None
        self.asked: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._tls = tls
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._listening.accept()
            except OSError:
                return
            try:
                with self._tls.wrap_socket(plain, server_side=True) as line:
                    self.asked.append(line.recv(4096))
                    self.answer(line)
            except OSError:
                continue

    def fetch(self, host: str = HOST, resolve: far.Resolve | None = None) -> bytes:
        asked = resolve or (lambda host, port: ["127.0.0.1"])
        return far.fetch(f"https://{host}:{self.port}/a.ics?cle=secret", resolve=asked, context=self.trusting)

    def stop(self) -> None:
        self._listening.close()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    real = far.is_public
    monkeypatch.setattr(far, "is_public", lambda address: address == "127.0.0.1" or real(address))
    made = Site(tmp_path)
    yield made
    made.stop()


def _certificate() -> tuple[bytes, bytes]:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    bare = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM), bare


def reply(status: str, body: bytes = b"", **headers: str) -> Callable[[Any], None]:
    lines = [
        f"HTTP/1.1 {status}",
        "Connection: close",
        *(f"{name.replace('_', '-')}: {one}" for name, one in headers.items()),
    ]
    return lambda line: line.sendall("\r\n".join([*lines, "", ""]).encode() + body)


def test_the_address_that_was_judged_is_the_one_that_is_asked(site: Site) -> None:
    """A name that says another address the second time reaches nothing: it is asked once."""
    told = iter([["127.0.0.1"], ["10.0.0.1"]])
    site.answer = reply("200 OK", b"BEGIN:VCALENDAR")
    assert site.fetch(resolve=lambda host, port: next(told)) == b"BEGIN:VCALENDAR"
    assert site.asked[0].startswith(b"GET /a.ics?cle=secret HTTP/1.1\r\nHost: agenda.exemple.test")


@pytest.mark.parametrize(
    ("onwards", "told"),
    [
        ("https://10.0.0.1/a.ics", "pas sur Internet"),
        ("https://interne.exemple.test/", "pas sur Internet"),
        ("http://agenda.exemple.test/a.ics", "https://"),
        ("/a.ics", "sans fin"),
    ],
)
def test_a_redirect_is_judged_like_the_address(site: Site, onwards: str, told: str) -> None:
    site.answer = reply("302 Found", Location=onwards)
    names = {HOST: ["127.0.0.1"], "interne.exemple.test": ["192.168.0.9"], "10.0.0.1": ["10.0.0.1"]}
    with pytest.raises(far.Unreachable, match=told):
        site.fetch(resolve=lambda host, port: names[host])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (reply("401 Unauthorized"), "refuse l’accès"),
        (reply("404 Not Found"), "plus d’agenda"),
        (reply("500 Oops"), "erreur (.500.)"),
        (reply("200 OK", b"x", Content_Encoding="gzip"), "compressée"),
        (reply("200 OK", b"court", Content_Length="500"), "coupée"),
        (lambda line: line.sendall(b"???\r\n\r\n"), "répond mal"),
    ],
)
def test_what_else_it_answers_is_told(site: Site, answer: Callable[[Any], None], told: str) -> None:
    site.answer = answer
    with pytest.raises(far.Unreachable, match=told):
        site.fetch()


def test_the_certificate_is_that_of_the_name(site: Site) -> None:
    with pytest.raises(far.Unreachable, match="certificat"):
        site.fetch(host="autre.exemple.test")


def test_what_is_too_large_or_drips_is_cut(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(far, "LARGEST", 1000)
    site.answer = reply("200 OK", b"x" * 2000)
    with pytest.raises(far.Unreachable, match="trop grand"):
        site.fetch()
    done = threading.Event()

    def drip(line: Any) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not done.wait(0.05):
            line.sendall(b"x")

    monkeypatch.setattr(far, "SECONDS", 0.5)
    monkeypatch.setattr(far, "LARGEST", 10_000)
    site.answer = drip
    with pytest.raises(far.Unreachable, match="secondes"):
        site.fetch()
    done.set()
