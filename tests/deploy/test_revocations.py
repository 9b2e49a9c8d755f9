"""The renewal of revocation lists: all or nothing; and why it matters: nginx with an ended list lets nobody in."""

import secrets
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from http.client import HTTPResponse
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from deploy.certificates import Authority, _Wanted, make_authorities
from deploy.revocations import main
from tests.deploy.conftest import FHIR, Front, needs_nginx, nginx_values, rendered, running_nginx
from tests.system.conftest import wait_for


@pytest.fixture
def authorities() -> tuple[Authority, Authority]:
    return make_authorities()


@pytest.fixture
def folder(tmp_path: Path, authorities: tuple[Authority, Authority]) -> Path:
    """The authorities, a list in force for each, and what nginx reads now."""
    certificates = (one.certificate.public_bytes(Encoding.PEM) for one in authorities)
    (tmp_path / "authority.pem").write_bytes(b"".join(certificates))
    (tmp_path / "revoked.pem").write_text("what was there before", encoding="ascii")
    for name, one in zip(("root", "organisations"), authorities, strict=True):
        write(tmp_path / f"{name}.crl", one.revocations(7))
    return tmp_path


def write(path: Path, revoked: x509.CertificateRevocationList, encoding: Encoding = Encoding.DER) -> None:
    path.write_bytes(revoked.public_bytes(encoding))


def renew(folder: Path, *lists: str) -> int:
    return main([f"--authority={folder}/authority.pem", f"--output={folder}/revoked.pem", *lists])


def kept(folder: Path) -> bool:
    return (folder / "revoked.pem").read_text(encoding="ascii") == "what was there before"


def test_lists_of_all_authorities_are_written_as_pem(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert renew(folder, f"{folder}/root.crl", f"{folder}/organisations.crl") == 0

    written = (folder / "revoked.pem").read_bytes()
    assert written.count(b"-----BEGIN X509 CRL-----") == 2
    assert x509.load_pem_x509_crl(written).get_revoked_certificate_by_serial_number(7) is not None
    assert "ends on" in capsys.readouterr().out
    assert not (folder / "revoked.pem.new").exists()


def test_a_list_may_be_pem_already(folder: Path, authorities: tuple[Authority, Authority]) -> None:
    write(folder / "root.crl", authorities[0].revocations(), Encoding.PEM)

    assert renew(folder, f"{folder}/root.crl", f"{folder}/organisations.crl") == 0


def test_a_list_older_than_the_one_in_place_is_refused(
    folder: Path, authorities: tuple[Authority, Authority], capsys: pytest.CaptureFixture[str]
) -> None:
    """In force still, and without those revoked since: the answer of somebody on the way."""
    _, organisations = authorities
    lists = [f"{folder}/root.crl", f"{folder}/organisations.crl"]
    write(folder / "organisations.crl", organisations.revocations(), Encoding.DER)
    older = (folder / "organisations.crl").read_bytes()
    time.sleep(1.1)  # their dates are whole seconds
    write(folder / "organisations.crl", organisations.revocations(7), Encoding.DER)
    assert renew(folder, *lists) == 0
    assert renew(folder, *lists) == 0, "the same again is fine"
    in_place = (folder / "revoked.pem").read_bytes()

    (folder / "organisations.crl").write_bytes(older)
    assert renew(folder, *lists) == 1
    assert (folder / "revoked.pem").read_bytes() == in_place
    assert "older than the one in place" in capsys.readouterr().err


@pytest.fixture
def published(folder: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_lists_come_from_where_the_authority_publishes_them(folder: Path, published: str) -> None:
    assert renew(folder, f"{published}/root.crl", f"{published}/organisations.crl") == 0
    assert renew(folder, f"{published}/root.crl", f"{published}/nothing.crl") == 1


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("missing", "no list signed by"),
        ("ended", "not in force"),
        ("another's", "no list signed by"),
        ("one too many", "none of the authorities"),
        ("garbage", "not a revocation list"),
        ("no file", "No such file"),
    ],
)
def test_otherwise_nothing_changes(
    folder: Path, authorities: tuple[Authority, Authority], fault: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lists = [f"{folder}/root.crl", f"{folder}/organisations.crl"]
    match fault:
        case "missing":
            lists.pop()
        case "ended":
            write(folder / "organisations.crl", authorities[1].revocations(ends=-1))
        case "another's":
            write(folder / "organisations.crl", make_authorities()[1].revocations())
        case "one too many":
            write(folder / "more.crl", make_authorities()[1].revocations())
            lists.append(f"{folder}/more.crl")
        case "garbage":
            (folder / "root.crl").write_bytes(b"<html>maintenance</html>")
        case "no file":
            lists[0] = f"{folder}/none.crl"

    assert renew(folder, *lists) == 1
    assert kept(folder)
    assert told in capsys.readouterr().err


@pytest.mark.xdist_group("deploy")
@pytest.mark.system
def test_nginx_takes_renewed_lists_at_its_reload_and_with_an_ended_one_lets_nobody_in(
    front: Front, folder: Path, authorities: tuple[Authority, Authority]
) -> None:
    """A second nginx, whose clients another authority signs, and the front's own application behind it."""
    made = _second_front(front, folder, authorities)
    _, authority = authorities
    client = authority.sign_platform()
    client.write(made.folder / "certificates" / "clients" / "platform")

    with running_nginx(needs_nginx(), made):
        assert made.ask("/fhir/metadata", kind="platform").status == 200

        # Revoked; forgiven; nobody, for the list has ended.
        for serials, ends, status in (((client.certificate.serial_number,), 30, 403), ((), 30, 200), ((), -1, 403)):
            write(folder / "organisations.crl", authority.revocations(*serials, ends=ends), Encoding.PEM)
            _put_lists(made, folder)
            subprocess.run([needs_nginx(), "-c", str(made.configuration), "-e", "stderr", "-s", "reload"], check=True)
            wait_for(partial(_answers, made, status), f"{status} after the reload", seconds=10)


@pytest.mark.xdist_group("deploy")
@pytest.mark.system
def test_the_right_names_from_a_neighbour_of_the_authority_or_from_a_client_are_refused(
    front: Front, folder: Path, authorities: tuple[Authority, Authority]
) -> None:
    """The root is trusted, and each of these brings the chain to it along."""
    made = _second_front(front, folder, authorities)
    root, authority = authorities
    client = authority.sign_platform()
    neighbour = root.sign(_Wanted(cns=["AC PERSONNES TEST"], usages=(), authority=True))
    signers = {
        "platform": authority,
        "neighbour": Authority(neighbour.certificate, neighbour.key, chain=(neighbour.certificate,)),
        "client": Authority(client.certificate, client.key, chain=(client.certificate, authority.certificate)),
    }
    for kind, signer in signers.items():
        signer.sign_platform().write(made.folder / "certificates" / "clients" / kind)

    with running_nginx(needs_nginx(), made):
        found = {kind: made.ask("/fhir/metadata", name=FHIR, kind=kind).status for kind in signers}

    assert found == {"platform": 200, "neighbour": 403, "client": 403}


@pytest.mark.xdist_group("deploy")
@pytest.mark.system
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda version: version.name)
def test_no_session_is_resumed_so_that_each_handshake_looks_at_the_lists(front: Front, version: ssl.TLSVersion) -> None:
    context = ssl.create_default_context(cafile=str(front.folder / "certificates" / "root.pem"))
    client = front.client("valid")
    assert client is not None
    context.load_cert_chain(client, client.with_suffix(".key"))
    context.minimum_version = context.maximum_version = version
    asked = f"GET /fhir/metadata HTTP/1.1\r\nHost: {FHIR}\r\nConnection: close\r\n\r\n".encode()
    session = None
    for _ in range(2):
        with (
            socket.create_connection(("127.0.0.1", front.port), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=FHIR, session=session) as secured,
        ):
            secured.sendall(asked)
            assert secured.recv(12) == b"HTTP/1.1 200"
            while secured.recv(65536):
                pass
            session = secured.session
            assert not secured.session_reused


@pytest.mark.xdist_group("deploy")
@pytest.mark.system
def test_a_connection_that_stays_open_does_not_outlive_its_certificate(
    front: Front, folder: Path, authorities: tuple[Authority, Authority]
) -> None:
    made = _second_front(front, folder, authorities)
    client = authorities[1].sign_platform()
    place = made.folder / "certificates" / "clients" / "platform"
    client.write(place)
    asked = f"GET /fhir/metadata HTTP/1.1\r\nHost: {FHIR}\r\n\r\n".encode()
    context = ssl.create_default_context(cafile=str(front.folder / "certificates" / "root.pem"))
    context.load_cert_chain(place.with_suffix(".pem"), place.with_suffix(".key"))

    with (
        running_nginx(needs_nginx(), made),
        socket.create_connection(("127.0.0.1", made.port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=FHIR) as kept,
    ):
        for _ in range(2):
            kept.sendall(asked)
            response = HTTPResponse(kept)
            response.begin()
            assert (response.status, response.read()[:1]) == (200, b"{")
        write(folder / "organisations.crl", authorities[1].revocations(client.certificate.serial_number), Encoding.PEM)
        _put_lists(made, folder)
        subprocess.run([needs_nginx(), "-c", str(made.configuration), "-e", "stderr", "-s", "reload"], check=True)
        wait_for(partial(_answers, made, 403), "403 after the reload", seconds=10)

        with suppress(ConnectionError, ssl.SSLError):
            kept.sendall(asked)
            assert kept.recv(1000) == b""


def _second_front(front: Front, folder: Path, authorities: tuple[Authority, Authority]) -> Front:
    made = front.beside(secrets.token_hex(2))
    shutil.copy(folder / "authority.pem", made.folder / "certificates")
    write(folder / "root.crl", authorities[0].revocations(), Encoding.PEM)
    write(folder / "organisations.crl", authorities[1].revocations(), Encoding.PEM)
    _put_lists(made, folder)
    web = f"server unix:{front.folder}/web-1.sock;"
    fhir = f"server unix:{front.folder}/fhir-1.sock;"
    made.configuration.write_text(rendered(nginx_values(made, web, fhir)), encoding="utf-8")
    return made


def _put_lists(made: Front, folder: Path) -> None:
    lists = (folder / name for name in ("root.crl", "organisations.crl"))
    (made.folder / "certificates" / "revoked.pem").write_bytes(b"".join(path.read_bytes() for path in lists))


def _answers(made: Front, status: int) -> bool:
    return made.ask("/fhir/metadata", name=FHIR, kind="platform").status == status
