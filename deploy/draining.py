"""gunicorn's threaded worker, which answers everybody who came in before it was told to end."""

import contextlib
import socket
from typing import Any

from gunicorn.workers.gthread import ThreadWorker


class DrainingWorker(ThreadWorker):
    """Told to end, gunicorn 27 closes its socket over those who connected and were not taken in yet: nginx has sent their
    requests, sees a reset, and may not send a booking twice. Here they are taken in first.

    They are few: on TERM the master removes the socket's name before it tells its workers, so that nobody new comes.
    """

    _ends_while_renewing = False

    def handle_exit(self, sig: int, frame: Any) -> None:
        """On TERM. One that already ends by itself (`max_requests`) left newcomers to its successor, who won't come now."""
        self._ends_while_renewing = not self.alive
        super().handle_exit(sig, frame)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Again and again, until nobody is inside."""
        super().wait_for_and_dispatch_events(timeout)
        if self._ends_while_renewing:
            self._ends_while_renewing = False
            self._take_in_everybody()

    def set_accept_enabled(self, enabled: bool) -> None:
        """Called when more may come in, when there is no room for more, and when the worker ends."""
        if self._accepting and not enabled and self.nr_conns < self.worker_connections:
            self._take_in_everybody()
        super().set_accept_enabled(enabled)

    def _take_in_everybody(self) -> None:
        for listener in self.sockets:
            before = -1
            while before < self.nr_conns:
                before = self.nr_conns
                self.accept(listener)


class FhirWorker(DrainingWorker):
    """What gunicorn can't read (a control character in a header, say) is an OperationOutcome, as all refusals of FHIR are."""

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """gunicorn logs it, and answers into a drawer: its words are HTML, and quote the request."""
        drawer = _Drawer()
        super().handle_error(req, drawer, addr, exc)
        with contextlib.suppress(OSError):  # who asked is gone
            client.sendall(_outcome(400 if drawer.is_client_error else 500))


class _Drawer:
    """Takes gunicorn's answer for the caller's connection."""

    def __init__(self) -> None:
        self.is_client_error = False

    def gettimeout(self) -> float:
        return 0.0

    def sendall(self, answer: bytes) -> None:
        self.is_client_error = not answer.startswith(b"HTTP/1.1 500")


def _outcome(status: int) -> bytes:
    from interop.outcomes import outcome_page  # the application is loaded by then, not when gunicorn reads its settings

    page = outcome_page(status)
    page["Content-Length"] = str(len(page.content))
    page["Connection"] = "close"
    return b"HTTP/1.1 %d %s\r\n" % (status, page.reason_phrase.encode()) + page.serialize()
