"""What the platform that the book plays was sent about appointments, in the order of its arrival."""

from __future__ import annotations

from typing import Any

from conformance.recette.booking.driver import Booking
from conformance.recette.context import Context
from sandbox.sas.exchange import Exchange
from sandbox.sas.receiver import Received, Receiver

NO_ANSWER = "Le cahier n’a pas répondu : panne jouée."
MOST = 10_000


class Inbox:
    """A view of the receiver. A mark is the number of the last request at some moment."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def mark(self) -> int:
        return max((request.id for request in self._all()), default=0)

    def since(self, mark: int) -> list[Received]:
        """Every request that came after the mark, oldest first."""
        return [request for request in self._all() if request.id > mark]

    def of(self, booking: Booking, mark: int = 0) -> list[Received]:
        """Those of one appointment, by the identifier in the address or in the body."""
        return [request for request in self.since(mark) if request.identifier == booking.identifier]

    def _all(self) -> list[Received]:
        return sorted(self._receiver.received(limit=MOST), key=lambda request: request.id)


def record(context: Context[Any], requests: list[Received], label: str = "") -> None:
    """Shows received requests in the report, as exchanges of this check."""
    base = context.run.listener.platform.settings.base_url
    for request in requests:
        failure = "" if request.answered is not None else NO_ANSWER
        context.record(
            Exchange(
                request.method, f"{base}{request.target}", {"Content-Type": request.content_type}, request.body,
                request.answered, {}, request.answer, 0, failure,
            ),
            label or "Reçu par le cahier",
        )  # fmt: skip
