"""Celery tasks of the agenda: thin callers of services."""

import logging
import time

from celery import shared_task
from django.conf import settings

from appointments.messages.services.receipts import end_silent
from appointments.messages.services.reminders import plan_reminders as plan_reminders_now
from appointments.messages.services.sending import due_messages, end_forsaken
from appointments.messages.services.sending import send_message as send_message_now
from appointments.messages.waking import message_planned
from outbox.ledger import database_clock
from outbox.mail import LAST_START, TIME_LIMIT
from outbox.wake_up import WAKE_UP_SECONDS, wake_up

logger = logging.getLogger(__name__)


@shared_task(time_limit=TIME_LIMIT, expires=WAKE_UP_SECONDS)
def send_message(message_id: int) -> None:
    send_message_now(message_id=message_id, now=database_clock())


@shared_task(time_limit=TIME_LIMIT)
def sweep_messages() -> None:
    """Whatever is due, for as long as until the next sweep: a slow mail server piles nothing up.

    One message that can't even be written does not stop the others.
    """
    until = time.monotonic() + min(settings.SWEEP_SECONDS, LAST_START)
    end_forsaken(now=database_clock())
    end_silent(now=database_clock())
    for message_id in due_messages(now=database_clock()):
        if time.monotonic() > until:
            return
        try:
            send_message_now(message_id=message_id, now=database_clock())
        except Exception:
            logger.exception("sweep: message %s", message_id)


@shared_task
def plan_reminders() -> None:
    """What is planned is sent by the next sweep."""
    plan_reminders_now(now=database_clock())


def wake(sender: object, message_id: int, **_: object) -> None:
    wake_up(send_message, message_id)


message_planned.connect(wake, dispatch_uid="appointments.messages.tasks.wake")
