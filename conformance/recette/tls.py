"""TLS probes: a request under a chosen certificate and version, and an old-fashioned hello by hand."""

from __future__ import annotations

import http.client
import os
import socket
import ssl
import struct
from urllib.parse import urlsplit

from conformance.recette.environment import ClientCertificate
from conformance.recette.judging.transport import Attempt
from sandbox.sas.exchange import Exchange
from sandbox.sas.vocabulary import FHIR_JSON

PROBE_SECONDS = 7.0
ALERT_SECONDS = 0.5
HANDSHAKE = 22
# What a client of that time offered: RSA, DHE and ECDHE with AES or 3DES, and SHA-1.
OLD_SUITES = (0xC013, 0xC014, 0xC009, 0xC00A, 0x0033, 0x0039, 0x002F, 0x0035, 0x000A, 0x00FF)
OLD_VERSIONS = {"SSL 3.0": 0x0300, "TLS 1.0": 0x0301, "TLS 1.1": 0x0302}


def probe(
    base_url: str, path: str, *, certificate: ClientCertificate | None = None, authority: str | None = None,
    verify: bool = True, version: ssl.TLSVersion | None = None,
) -> Attempt:  # fmt: skip
    """GET `path` below the base. Never raises for what the server does; ValueError or OSError for a certificate file
    that can't be used (ssl.SSLError is an OSError)."""
    parts = urlsplit(base_url)
    host, port = parts.hostname or "", parts.port or 443
    secured = _client(certificate, authority, verify, version)
    target = f"{parts.path.rstrip('/')}/{path}"
    url = f"{parts.scheme}://{parts.netloc}{target}"
    opened, negotiated, failure = False, "", ""
    try:
        with (
            socket.create_connection((host, port), timeout=PROBE_SECONDS) as plain,
            secured.wrap_socket(plain, server_hostname=host) as wrapped,
        ):
            opened, negotiated = True, wrapped.version() or ""
            _let_alert_come(wrapped)
            connection = http.client.HTTPConnection(host, port, timeout=PROBE_SECONDS)
            connection.sock = wrapped
            connection.request(
                "GET", target, headers={"Host": parts.netloc, "Accept": FHIR_JSON, "Connection": "close"}
            )
            response = connection.getresponse()
            body = response.read().decode("utf-8", errors="replace")
            exchange = Exchange(
                "GET", url, {"Accept": FHIR_JSON}, "", response.status, dict(response.getheaders()), body, 0, ""
            )
            return Attempt(opened, negotiated, status=response.status, exchange=exchange)
    except ssl.SSLCertVerificationError as error:
        return Attempt(opened, negotiated, distrusted=error.verify_message or "certificate verify failed")
    except ssl.SSLEOFError:
        return Attempt(opened, negotiated, cut=True)
    except ssl.SSLError as error:
        return Attempt(opened, negotiated, alert=error.reason or type(error).__name__)
    except (ConnectionError, http.client.HTTPException):
        return Attempt(opened, negotiated, cut=True)
    except TimeoutError:
        failure = f"Pas de réponse en {PROBE_SECONDS:.0f} s."
    except OSError as error:
        failure = f"La connexion n’a pas abouti : {error.strerror}."
    return Attempt(opened, negotiated, exchange=Exchange("GET", url, {}, "", None, {}, "", 0, failure))


def _let_alert_come(wrapped: ssl.SSLSocket) -> None:
    """Under TLS 1.3 the server's verdict on our certificate comes after our side of the handshake. Sending at once would
    have it reset the connection over the unread request, and the alert be lost. Raises ssl.SSLError with the alert."""
    if wrapped.version() != "TLSv1.3":
        return
    wrapped.settimeout(ALERT_SECONDS)
    try:
        if not wrapped.recv(1):
            raise ssl.SSLEOFError
    except TimeoutError:
        pass  # nothing to say: we are let in
    finally:
        wrapped.settimeout(PROBE_SECONDS)


def accepts_old(base_url: str, version: int) -> bool | None:
    """Whether the server agrees to that protocol version (0x0301: TLS 1.0); None when it can't be reached.

    The hello is written by hand: this machine's OpenSSL may refuse to offer such versions.
    """
    parts = urlsplit(base_url)
    host, port = parts.hostname or "", parts.port or 443
    try:
        with socket.create_connection((host, port), timeout=PROBE_SECONDS) as plain:
            plain.sendall(client_hello(host, version))
            answer = _read(plain, 11)
    except ConnectionError:
        return False
    except OSError:
        return None
    # Record: type, version, length; then the handshake's type, length and version.
    return (
        len(answer) == 11 and answer[0] == HANDSHAKE and answer[5] == 2 and answer[9:11] == struct.pack("!H", version)
    )


def client_hello(host: str, version: int) -> bytes:
    """A ClientHello record (RFC 4346 §7.4.1.2) that offers no more than `version`."""
    suites = b"".join(struct.pack("!H", suite) for suite in OLD_SUITES)
    body = struct.pack("!H", version) + os.urandom(32) + b"\0" + struct.pack("!H", len(suites)) + suites + b"\x01\0"
    if version > OLD_VERSIONS["SSL 3.0"]:
        name = host.encode("idna") if not host.replace(".", "").isdigit() else b""
        extensions = _extension(10, struct.pack("!HHHH", 6, 23, 24, 25)) + _extension(11, b"\x01\0")
        if name:
            extensions += _extension(0, struct.pack("!HBH", len(name) + 3, 0, len(name)) + name)
        body += struct.pack("!H", len(extensions)) + extensions
    message = b"\x01" + struct.pack("!I", len(body))[1:] + body
    return struct.pack("!BHH", HANDSHAKE, min(version, 0x0301), len(message)) + message


def _extension(number: int, content: bytes) -> bytes:
    return struct.pack("!HH", number, len(content)) + content


def _read(plain: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count and (part := plain.recv(count - len(found))):
        found += part
    return found


def _client(
    certificate: ClientCertificate | None, authority: str | None, verify: bool, version: ssl.TLSVersion | None
) -> ssl.SSLContext:
    secured = ssl.create_default_context(cafile=authority)
    if not verify:
        secured.check_hostname = False
        secured.verify_mode = ssl.CERT_NONE
    if certificate is not None:
        secured.load_cert_chain(*certificate.pair)
    if version is not None:
        secured.minimum_version = secured.maximum_version = version
    return secured
