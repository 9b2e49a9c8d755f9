"""gunicorn's threaded worker, which answers everybody who came in before it was told to end."""

from typing import Any

from gunicorn.workers.gthread import ThreadWorker


class DrainingWorker(ThreadWorker):
    """Told to end, gunicorn 27 closes its socket over those who connected and were not taken in yet: nginx has sent their
    requests, sees a reset, and may not send a booking twice. Here they are taken in first.

    They are few: on TERM the master removes the socket's name before it tells its workers, so that nobody new comes.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        """Called when more may come in, when there is no room for more, and when the worker ends."""
        ends = self._accepting and not enabled and self.nr_conns < self.worker_connections
        if ends:
            for listener in self.sockets:
                self._take_in_all(listener)
        super().set_accept_enabled(enabled)

    def _take_in_all(self, listener: Any) -> None:
        before = -1
        while before < self.nr_conns:
            before = self.nr_conns
            self.accept(listener)
