"""Celery tasks of the practice's pages: thin callers of services."""

import logging
import time

from celery import shared_task

from appointments.agenda.services.reminders import (
    due_reminders,
    end_forsaken_reminders,
    plan_reminders,
    send_reminder,
)
from outbox.ledger import database_clock
from outbox.mail import LAST_START, TIME_LIMIT

logger = logging.getLogger(__name__)


@shared_task(time_limit=TIME_LIMIT)
def remind_to_close() -> None:
    """Whatever is due, for as long as a mail may be begun; the next run goes on. One that can't be written stops no other."""
    until = time.monotonic() + LAST_START
    end_forsaken_reminders(now=database_clock())
    plan_reminders(now=database_clock())
    for reminder_id in due_reminders(now=database_clock()):
        if time.monotonic() > until:
            return
        try:
            send_reminder(reminder_id=reminder_id, now=database_clock())
        except Exception:
            logger.exception("sweep: reminder %s", reminder_id)
