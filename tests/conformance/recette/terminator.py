"""A minimal TLS terminator in place of nginx: checks client certificates, passes requests on, and can be badly set."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import warnings
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, urlsplit

from cryptography import x509
from cryptography.x509.oid import NameOID

from tests.conformance.recette.certificates import CN, OU, Authority, Pair

# OpenSSL's X509_V_FLAG_NO_CHECK_TIME.
NO_CHECK_TIME = 0x200000


@dataclass
class Terminator:
    """`upstream`: a site in http. `checks_names`: the CN and the OU are looked at here (else by the upstream, that gets
    nginx's two headers). `flaws` name ways of being badly set."""

    upstream: str
    authority: Authority
    server_pair: Pair
    revoked: Pair | None = None
    also_trusted: Authority | None = None
    checks_names: bool = True
    flaws: set[str] = field(default_factory=set)

    def __enter__(self) -> Terminator:
        terminator = self

        class Handler(_Handler):
            owner = terminator

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def finish_request(self, request: Any, client_address: Any) -> None:
                # In the connection's own thread: a handshake must not hold up the next one.
                try:
                    wrapped = context.wrap_socket(request, server_side=True)
                except OSError:
                    return
                try:
                    super().finish_request(wrapped, client_address)
                except OSError:
                    return
                finally:
                    wrapped.close()

        context = self._context()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        return self

    @property
    def base(self) -> str:
        return f"https://127.0.0.1:{self.server.server_port}/fhir"

    def __exit__(self, *details: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def refusal(self, certificate: x509.Certificate | None) -> int | None:
        """The status to refuse with, None to let in."""
        status = 500 if "500 instead" in self.flaws else 403
        if certificate is None:
            return None if "nobody is somebody" in self.flaws else status
        if not self.checks_names:
            return None
        names = {part.value for part in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)}
        units = {part.value for part in certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)}
        right_name, right_unit = CN in names or "any CN" in self.flaws, OU in units or "any OU" in self.flaws
        return None if right_name and right_unit else status

    def _context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server_pair.certificate, self.server_pair.key)
        context.load_verify_locations(self.authority.file)
        context.verify_mode = ssl.CERT_OPTIONAL
        if self.also_trusted and "any authority" in self.flaws:
            context.load_verify_locations(self.also_trusted.file)
            context.load_verify_locations(self.also_trusted.revocations())
        if self.revoked and "revoked" not in self.flaws:
            context.load_verify_locations(self.authority.revocations(self.revoked))
            context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
        if "expired" in self.flaws:
            context.verify_flags = ssl.VerifyFlags(context.verify_flags | NO_CHECK_TIME)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if "TLS 1.2 refused" in self.flaws:
            context.minimum_version = ssl.TLSVersion.TLSv1_3
        if "TLS 1.3 refused" in self.flaws:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        if "old TLS" in self.flaws:
            context.set_ciphers("ALL:@SECLEVEL=0")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # old on purpose
                context.minimum_version = ssl.TLSVersion.TLSv1
        return context


class _Handler(BaseHTTPRequestHandler):
    owner: Terminator
    connection: ssl.SSLSocket

    def do_GET(self) -> None:
        der = self.connection.getpeercert(binary_form=True)
        certificate = x509.load_der_x509_certificate(der) if der else None
        refused = self.owner.refusal(certificate)
        if refused is not None:
            if "cuts" in self.owner.flaws:
                self.connection.unwrap().shutdown(socket.SHUT_RDWR)
                return
            self._send(refused, b"")
            return
        headers = {"Accept": self.headers.get("Accept", "*/*"), "X-SSL-Client-Verify": "SUCCESS" if der else "NONE"}
        if der:
            headers["X-SSL-Client-Escaped-Cert"] = quote(ssl.DER_cert_to_PEM_cert(der), safe="")
        connection = http.client.HTTPConnection(urlsplit(self.owner.upstream).netloc, timeout=10)
        try:
            connection.request("GET", self.path, headers=headers)
            answer = connection.getresponse()
            self._send(answer.status, answer.read())
        finally:
            connection.close()

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""
