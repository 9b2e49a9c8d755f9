"""Celery tasks of the border: thin callers of services."""

import time
import uuid

from celery import shared_task
from django.conf import settings

from interop.services.circuit import current_circuit
from interop.services.deliveries import database_clock, deliver_next, due_appointments
from interop.waking import circuit_closed, delivery_planned
from sas_agenda.celery import ring

# Seconds. A task that lives longer is killed (prefork), before the lease of whatever it was sending ends.
TIME_LIMIT = int(settings.SAS_LEASE.total_seconds()) - 5
# No new call after this, so that the last one has time to end by itself.
LAST_START = int(settings.SAS_LEASE.total_seconds()) // 4
# Appointments that one sweep hands out; the next one comes in SWEEP_SECONDS, and finds what is then still due.
SWEPT_AT_ONCE = 500


@shared_task(time_limit=TIME_LIMIT)
def deliver(appointment_id: str) -> None:
    """Send what is owed about this appointment, one after the other, as far as it goes now. What is left is the sweep's."""
    until = time.monotonic() + LAST_START
    while deliver_next(appointment_id=uuid.UUID(appointment_id)) and time.monotonic() < until:
        pass


@shared_task(time_limit=TIME_LIMIT)
def sweep_deliveries() -> None:
    """Have the workers send whatever is due, each appointment by itself: they share the calls, and one that breaks stops
    only its own. While the circuit is open it costs one query, and one appointment is enough for a probe."""
    now = database_clock()
    circuit = current_circuit()
    if circuit.refuses(now):
        return
    for appointment_id in due_appointments(now=now, limit=1 if circuit.is_open else SWEPT_AT_ONCE):
        ring(deliver, str(appointment_id))


def wake(sender: object, appointment_id: uuid.UUID, **_: object) -> None:
    ring(deliver, str(appointment_id))


def wake_sweep(sender: object, **_: object) -> None:
    """The backlog of an outage need not wait for beat; each later sweep takes its share of it."""
    ring(sweep_deliveries)


delivery_planned.connect(wake, dispatch_uid="interop.tasks.wake")
circuit_closed.connect(wake_sweep, dispatch_uid="interop.tasks.wake_sweep")
