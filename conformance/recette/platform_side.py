"""The SAS platform as the book plays it towards the editor: identity provider and receiver, the sandbox's own code."""

from __future__ import annotations

import threading

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from conformance.recette.environment import Environment, PlatformSide
from sandbox.sas.clock import Clock
from sandbox.sas.exchange import FhirCaller
from sandbox.sas.faults import Faults
from sandbox.sas.identity import IdentityProvider
from sandbox.sas.mailbox import SmtpServer
from sandbox.sas.platform import Platform, PlatformSettings
from sandbox.sas.receiver import Receiver
from sandbox.sas.regulators import Regulators
from sandbox.web import create_application
from sandbox.web.fhir import stopping

# Longer than any client should wait for an appointment's answer.
HOLD_SECONDS = 45.0


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing: the terminal is the report's."""


class Listener:
    """A platform in memory, served by threads of this process. `platform` may be changed between two checks: another
    `identity` forges tokens, `faults` make the receiver fail."""

    def __init__(self, environment: Environment, side: PlatformSide, caller: FhirCaller, *, clock: Clock) -> None:
        self._listen = side.listen
        self.platform = Platform(
            PlatformSettings(
                base_url=side.public_url, product_url=environment.site, client_secret=side.client_secret,
                client_id=side.client_id, definitions=environment.definitions, hold_seconds=HOLD_SECONDS,
                redirect_uri=side.callback, post_logout_redirect_uri=side.post_logout,
            ),
            clock,
            caller=caller,
        )  # fmt: skip
        self._server: BaseWSGIServer | None = None
        self._smtp = (
            SmtpServer(self.platform.mailbox, host="127.0.0.1", port=side.smtp_port) if side.smtp_port else None
        )

    @property
    def identity(self) -> IdentityProvider:
        return self.platform.identity

    @property
    def receiver(self) -> Receiver:
        return self.platform.receiver

    @property
    def faults(self) -> Faults:
        return self.platform.faults

    @property
    def regulators(self) -> Regulators:
        """The platform's accounts: who can sign in at the provider."""
        return self.platform.regulators

    def start(self) -> None:
        """Raises OSError when the address is taken."""
        application = create_application(self.platform)
        # The editor reaches us under the name that was declared, not only by the loopback.
        application.config["TRUSTED_HOSTS"] = None
        host, port = self._listen
        try:
            self._server = make_server(host, port, application, threaded=True, request_handler=_Quiet)
        except SystemExit as error:  # what werkzeug does of a taken port
            raise OSError(98, "adresse déjà prise") from error
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        stopping.clear()
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        if self._smtp:
            self._smtp.start()

    def stop(self) -> None:
        stopping.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        if self._smtp:
            self._smtp.stop()
        self.platform.close()
