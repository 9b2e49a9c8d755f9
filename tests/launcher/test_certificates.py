"""Behind a proxy that signs anew: whom this machine trusts, uv and pip trust when they install."""

import contextlib
import ensurepip
import os
import shutil
import ssl
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from deploy.certificates import _Wanted, make_authorities
from deploy.local import installation
from deploy.local.layout import WORK

# What names certificates to one of the two; none may come from whoever runs the tests.
NAMES = {
    "SSL_CERT_FILE", "SSL_CERT_DIR", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "UV_SYSTEM_CERTS", "UV_NATIVE_TLS",
}  # fmt: skip
SYSTEM_STORE = Path("/etc/ssl/certs/ca-certificates.crt")
# A namespace in which another file is the system's store.
PRIVATE = ["unshare", "--user", "--map-root-user", "--mount"]


class Index:
    """An empty package index behind a certificate of an authority that nobody knows; `asked`: what got through to it."""

    def __init__(self, folder: Path) -> None:
        root, authority = make_authorities()
        signed = authority.sign(
            _Wanted(cns=["localhost"], ous=[], names=["localhost"], usages=[ExtendedKeyUsageOID.SERVER_AUTH])
        )
        signed.write(folder / "index")
        self.authority = folder / "authority.pem"
        self.authority.write_bytes(root.certificate.public_bytes(Encoding.PEM))
        self.asked: list[str] = []
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.asked.append(self.path)
                self.send_error(404)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "index.pem", folder / "index.key")
        # The handshake in the request's own thread: one that fails stops no other.
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"https://localhost:{self.server.server_address[1]}/simple/"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    for name in os.environ:
        if name in NAMES or name.startswith("PIP_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    # Straight to it, whatever stands between us and the world.
    monkeypatch.setenv("NO_PROXY", "localhost")
    made = Index(tmp_path)
    yield made
    made.server.shutdown()
    made.server.server_close()


def run(command: list[str | Path], environment: Mapping[str, str]) -> str:
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0  # the index is empty
    return done.stdout + done.stderr


@pytest.fixture
def pip_download(index: Index, tmp_path: Path) -> list[str | Path]:
    """By the pip that Python brings along, with which the launcher fetches uv. Unpacked here: an environment of its own takes
    six times as long.
    """
    bundled = sysconfig.get_config_var("WHEEL_PKG_DIR") or Path(ensurepip.__file__).parent / "_bundled"
    wheel = next(Path(bundled).glob("pip-*.whl"), None)
    if wheel is None:
        pytest.skip("this Python brings no pip along (apt-get install python3-venv)")
    shutil.unpack_archive(wheel, tmp_path / "unpacked", format="zip")
    options = [
        "--no-deps",
        "--retries=0",
        "--disable-pip-version-check",
        f"--index-url={index.address}",
        "--dest",
        tmp_path,
    ]
    return [sys.executable, tmp_path / "unpacked" / "pip", "download", *options, "nothing-of-ours"]


def test_pip_trusts_whom_the_machine_trusts_unless_told_otherwise_itself(
    index: Index, pip_download: list[str | Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "certificate" in run(pip_download, installation._pip_environment()).lower()
    assert index.asked == []

    for name in ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        with monkeypatch.context() as alone:
            alone.setenv("SSL_CERT_FILE", f"{pip_download[1]}/_vendor/certifi/cacert.pem")  # many, and not this one
            alone.setenv(name, str(index.authority))
            run(pip_download, installation._pip_environment())
        assert index.asked == ["/simple/nothing-of-ours/"], name
        index.asked.clear()


def test_a_machine_without_certificates_leaves_pip_its_own(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL's folder is there before anything is in it."""
    empty = index.authority.parent / "empty"
    empty.mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(empty / "none.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(empty))
    assert "PIP_CERT" not in installation._pip_environment()

    shutil.copy(index.authority, empty / "0a1b2c3d.0")
    assert installation._pip_environment()["PIP_CERT"] == str(empty)


def uv() -> Path:
    found = shutil.which("uv") or next(iter(WORK.glob("uv/*/bin/uv")), None)
    if found is None:
        pytest.skip("uv is not installed")
    return Path(found)


def with_system_store(bundle: Path, command: list[str | Path]) -> list[str | Path]:
    """The command where `bundle` is all that the system trusts. Skips loudly where that can't be had."""
    trial = ["mount", "--bind", str(bundle), str(SYSTEM_STORE)]
    with contextlib.suppress(OSError):
        if subprocess.run([*PRIVATE, *trial], capture_output=True, timeout=20, check=False).returncode == 0:
            return [
                *PRIVATE,
                "sh",
                "-c",
                'mount --bind "$0" "$1" && shift && exec "$@"',
                bundle,
                SYSTEM_STORE,
                *command,
            ]
    pytest.skip(f"no namespace of our own, or no {SYSTEM_STORE}")


def test_uv_trusts_whom_the_machine_trusts(index: Index, tmp_path: Path) -> None:
    """« invalid peer certificate: UnknownIssuer », said `./agenda up` behind a hospital's proxy."""
    asking = [uv(), "pip", "install", "--dry-run", "--no-cache", "--default-index", index.address]
    command = with_system_store(
        index.authority, [*asking, "--target", tmp_path / "target", "--python", sys.executable, "nothing-of-ours"]
    )
    bare = {name: value for name, value in installation.uv_environment().items() if name not in NAMES}
    assert "UnknownIssuer" in run(command, bare)
    assert index.asked == []

    run(command, installation.uv_environment())

    assert index.asked == ["/simple/nothing-of-ours/"]


def test_whoever_says_otherwise_to_uv_is_heard(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    assert installation.uv_environment()["UV_SYSTEM_CERTS"] == "true"
    monkeypatch.setenv("UV_SYSTEM_CERTS", "false")

    assert installation.uv_environment()["UV_SYSTEM_CERTS"] == "false"
