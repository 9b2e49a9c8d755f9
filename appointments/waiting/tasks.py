"""Celery tasks of the waiting list: thin callers of services."""

import logging
import time
import uuid

from celery import shared_task

from appointments.waiting.services.offering import agendas_waited_at, look
from appointments.waiting.waking import agenda_to_look_at
from outbox.ledger import database_clock
from outbox.wake_up import WAKE_UP_SECONDS, wake_up

logger = logging.getLogger(__name__)

# Seconds: a sweep ends before the next one begins.
_WORK, _TIME_LIMIT = 50, 120


@shared_task(time_limit=_TIME_LIMIT, expires=WAKE_UP_SECONDS)
def look_at_agenda(schedule_id: str) -> None:
    look(schedule_id=uuid.UUID(schedule_id), now=database_clock())


@shared_task(time_limit=_TIME_LIMIT)
def sweep_waiting() -> None:
    """Every agenda at which somebody waits: what came free without a word, and answers that did not come. One that fails does not
    stop the others.
    """
    until = time.monotonic() + _WORK
    for schedule_id in agendas_waited_at():
        if time.monotonic() > until:
            return
        try:
            look(schedule_id=schedule_id, now=database_clock())
        except Exception:
            logger.exception("sweep: waiting list of agenda %s", schedule_id)


def wake(sender: object, schedule_id: uuid.UUID, **_: object) -> None:
    wake_up(look_at_agenda, str(schedule_id))


agenda_to_look_at.connect(wake, dispatch_uid="appointments.waiting.tasks.wake")
