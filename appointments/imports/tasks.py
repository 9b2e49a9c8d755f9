"""Celery tasks of imports and of other calendars: thin callers of services."""

import logging
import time
import uuid

from celery import shared_task

from appointments.imports.services.carrying import carry_on
from appointments.imports.services.other_calendars import due_calendars, read_calendar
from appointments.imports.services.runs import forget_left_files, runs_in_hand
from appointments.imports.waking import import_in_hand, other_calendar_due
from outbox.ledger import database_clock
from outbox.wake_up import WAKE_UP_SECONDS, wake_up

logger = logging.getLogger(__name__)

# Seconds of work, well within the limit of a task; what is left is another task's.
WORK, TIME_LIMIT = 60, 120


@shared_task(time_limit=TIME_LIMIT, expires=WAKE_UP_SECONDS)
def carry_import(run_id: str) -> None:
    if carry_on(uuid.UUID(run_id), until=time.monotonic() + WORK):
        wake_up(carry_import, run_id)


@shared_task(time_limit=TIME_LIMIT)
def sweep_imports() -> None:
    """Those whose wake-up signal was lost. One that fails does not stop the others. And files that are kept long enough."""
    until = time.monotonic() + WORK
    forget_left_files(now=database_clock())
    for run_id in runs_in_hand():
        if time.monotonic() > until:
            return
        try:
            carry_on(run_id, until=until)
        except Exception:
            logger.exception("sweep: import %s", run_id)


@shared_task(time_limit=TIME_LIMIT, expires=WAKE_UP_SECONDS)
def read_other_calendar(other_id: str) -> None:
    read_calendar(uuid.UUID(other_id), now=database_clock())


@shared_task(time_limit=TIME_LIMIT)
def sweep_other_calendars() -> None:
    until = time.monotonic() + WORK
    for other_id in due_calendars(now=database_clock()):
        if time.monotonic() > until:
            return
        try:
            read_calendar(other_id, now=database_clock())
        except Exception:
            logger.exception("sweep: other calendar %s", other_id)


def wake_import(sender: object, run_id: uuid.UUID, **_: object) -> None:
    wake_up(carry_import, str(run_id))


def wake_other_calendar(sender: object, other_id: uuid.UUID, **_: object) -> None:
    wake_up(read_other_calendar, str(other_id))


import_in_hand.connect(wake_import, dispatch_uid="appointments.imports.tasks.wake_import")
other_calendar_due.connect(wake_other_calendar, dispatch_uid="appointments.imports.tasks.wake_other_calendar")
