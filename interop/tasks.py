"""Celery tasks of the border: thin callers of services."""

import logging
import time
import uuid
from collections.abc import Iterable

from celery import shared_task
from django.conf import settings

from interop.services.circuit import current_circuit, is_refusing
from interop.services.deliveries import deliver_next, due_appointments
from interop.waking import circuit_closed, delivery_planned
from outbox.ledger import database_clock
from outbox.wake_up import WAKE_UP_SECONDS, wake_up

logger = logging.getLogger(__name__)

# Seconds. A task that lives longer is killed (prefork), before the lease of whatever it was sending ends.
TIME_LIMIT = int(settings.SAS_LEASE.total_seconds()) - 5
# No new call after this, so that the last one has time to end by itself.
LAST_START = int(settings.SAS_LEASE.total_seconds()) // 4
_SWEEP_SHARE = min(settings.SWEEP_SECONDS, LAST_START)


@shared_task(time_limit=TIME_LIMIT, expires=WAKE_UP_SECONDS)
def deliver(appointment_id: str) -> None:
    """Send what is owed about this appointment, one after the other, as far as it goes now."""
    _deliver_all(uuid.UUID(appointment_id), until=time.monotonic() + LAST_START)


@shared_task(time_limit=TIME_LIMIT, expires=WAKE_UP_SECONDS)
def sweep_deliveries() -> None:
    """Whatever is due, for as long as until the next sweep: nothing piles up while the SAS is slow.

    A backlog goes in as many shares as the SAS takes calls at once, one of them here. While the circuit is open it costs two
    queries, and a probe needs no second worker.
    """
    until = time.monotonic() + _SWEEP_SHARE
    now, circuit = database_clock(), current_circuit()
    if circuit.refuses(now):
        return
    due = due_appointments(now=now)
    shares = settings.SAS_MAX_CALLS if len(due) > settings.SAS_MAX_CALLS and not circuit.is_open else 1
    for number in range(1, shares):
        # The longest waiting are the first of each share.
        wake_up(deliver_share, [str(appointment_id) for appointment_id in due[number::shares]])
    _deliver_share(due[::shares], until=until)


@shared_task(time_limit=TIME_LIMIT, expires=_SWEEP_SHARE)
def deliver_share(appointment_ids: list[str]) -> None:
    """A part of what a sweep found. What is not begun before the next sweep is found again by that one."""
    _deliver_share(map(uuid.UUID, appointment_ids), until=time.monotonic() + _SWEEP_SHARE)


def _deliver_share(appointment_ids: Iterable[uuid.UUID], *, until: float) -> None:
    """One that breaks in a way nobody foresaw does not stop the others."""
    for appointment_id in appointment_ids:
        if time.monotonic() > until or is_refusing(now=database_clock()):
            return
        try:
            _deliver_all(appointment_id, until=until)
        except Exception:
            logger.exception("sweep: appointment %s", appointment_id)


def _deliver_all(appointment_id: uuid.UUID, *, until: float) -> None:
    """What is left at `until` (on the monotonic clock) is the next sweep's."""
    while deliver_next(appointment_id=appointment_id) and time.monotonic() < until:
        pass


def wake(sender: object, appointment_id: uuid.UUID, **_: object) -> None:
    wake_up(deliver, str(appointment_id))


def wake_sweep(sender: object, **_: object) -> None:
    """The backlog of an outage need not wait for beat; each later sweep takes its share of it."""
    wake_up(sweep_deliveries)


delivery_planned.connect(wake, dispatch_uid="interop.tasks.wake")
circuit_closed.connect(wake_sweep, dispatch_uid="interop.tasks.wake_sweep")
