"""A SAS that is down, and what that does to the circuit."""

from datetime import datetime, timedelta

from interop.models import SasCircuit
from interop.services.circuit import FAILURES_TO_OPEN
from tests.interop.deliveries import booked, deliver
from tests.interop.sas_stub import Reply, SasStub

SECOND = timedelta(seconds=1)


def down(sas: SasStub, count: int = 10_000) -> None:
    sas.reply(*(Reply(503) for _ in range(count)))


def opened(sas: SasStub, now: datetime) -> SasCircuit:
    """The circuit of a SAS that has just failed often enough; what failed stays owed."""
    down(sas, FAILURES_TO_OPEN)
    for appointment in [booked() for _ in range(FAILURES_TO_OPEN)]:
        deliver(appointment, now=now)
    made = SasCircuit.objects.get()
    assert made.is_open
    sas.asked.clear()
    return made
