"""Celery tasks of operations: thin callers."""

import logging
import time

from celery import shared_task
from django.utils import timezone

from outbox.mail import TIME_LIMIT
from sas_agenda.operations import alerts, conditions
from sas_agenda.operations.retention import keep_no_longer

logger = logging.getLogger(__name__)

# Seconds; well within the limit of a task.
_RETENTION_SECONDS = 60


@shared_task
def heartbeat() -> None:
    """Nothing to do: that it ran is the sign of life of the queue it came through (`processes.worker_works`)."""


@shared_task(time_limit=TIME_LIMIT)
def watch() -> None:
    now = timezone.now()
    raised = conditions.raised(now)
    alerts.settle(raised, now=now)
    alerts.tell(raised, now=now)


@shared_task
def retain() -> None:
    done = keep_no_longer(now=timezone.now(), until=time.monotonic() + _RETENTION_SECONDS)
    logger.info("retention: %s", ", ".join(f"{name} {count}" for name, count in done.items()))
