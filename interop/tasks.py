"""Celery tasks of the border: thin callers of services."""

import logging
import time
import uuid

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from interop.services.deliveries import deliver_next, due_appointments
from interop.waking import delivery_planned
from sas_agenda.celery import ring

logger = logging.getLogger(__name__)


@shared_task
def deliver(appointment_id: str) -> None:
    """Send what is owed about this appointment, one after the other, as far as it goes now."""
    _deliver_all(uuid.UUID(appointment_id))


@shared_task
def sweep_deliveries() -> None:
    """Whatever is due, for as long as until the next sweep: nothing piles up while the SAS is slow.

    One appointment that can't even be described does not stop the others.
    """
    until = time.monotonic() + settings.SWEEP_SECONDS
    for appointment_id in due_appointments(now=timezone.now()):
        if time.monotonic() > until:
            return
        try:
            _deliver_all(appointment_id)
        except Exception:
            logger.exception("sweep: appointment %s", appointment_id)


def _deliver_all(appointment_id: uuid.UUID) -> None:
    while deliver_next(appointment_id=appointment_id, now=timezone.now()):
        pass


def wake(sender: object, appointment_id: uuid.UUID, **_: object) -> None:
    ring(deliver, str(appointment_id))


delivery_planned.connect(wake, dispatch_uid="interop.tasks.wake")
