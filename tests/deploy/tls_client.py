"""An HTTP request over TLS where the name of the handshake, the Host header and the path are each chosen by the test."""

import http.client
import json
import socket
import ssl
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECONDS = 30.0


@dataclass(frozen=True)
class Answer:
    """`refusal`: OpenSSL's name of what ended the handshake or the connection, then the rest is empty."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    version: str = ""
    refusal: str = ""

    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    port: int,
    path: str,
    *,
    name: str,
    authority: Path,
    host: str = "",
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    certificate: Path | None = None,
    version: ssl.TLSVersion | None = None,
) -> Answer:
    """To 127.0.0.1. `name`: of the handshake; `host`: of HTTP, the same unless given; `certificate`: its key is beside."""
    context = _context(authority, certificate, version)
    try:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=name) as secured,
        ):
            return _exchange(secured, method, path, {"Host": host or name, **(headers or {})}, body)
    except ssl.SSLError as error:
        return Answer(refusal=error.reason or type(error).__name__)
    except (ConnectionError, http.client.BadStatusLine) as error:
        return Answer(refusal=type(error).__name__)


def send(port: int, sent: bytes, *, name: str, authority: Path, certificate: Path | None = None) -> list[bytes]:
    """These very bytes, and the answers that come back until the server closes (ask it to), each from its status on.

    Who refuses what is long may be gone before all of it is written, and the answer with it: it is sent again.
    """
    context = _context(authority, certificate, None)
    for _ in range(4):
        with suppress(ssl.SSLEOFError, ConnectionError):
            return _sent(port, sent, name, context)
    return _sent(port, sent, name, context)


def _sent(port: int, sent: bytes, name: str, context: ssl.SSLContext) -> list[bytes]:
    with (
        socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=name) as secured,
    ):
        secured.sendall(sent)
        received = b""
        with suppress(ConnectionError):
            while more := secured.recv(65536):
                received += more
    return received.split(b"HTTP/1.1 ")[1:]


def _exchange(secured: ssl.SSLSocket, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
    # By hand: http.client would refuse some of the paths that the tests send.
    lines = [f"{method} {path} HTTP/1.1", *(f"{key}: {value}" for key, value in headers.items())]
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    secured.sendall("\r\n".join(lines).encode("latin-1") + body)
    response = http.client.HTTPResponse(secured, method=method)
    response.begin()
    found = {key.lower(): value for key, value in response.getheaders()}
    return Answer(response.status, found, response.read(), secured.version() or "")


def _context(authority: Path, certificate: Path | None, version: ssl.TLSVersion | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(authority))
    if certificate is not None:
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    if version is not None:
        # This machine's OpenSSL offers old versions only when asked to forget its own standards.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = version
    return context
