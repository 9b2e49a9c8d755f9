"""Celery tasks of the agenda: thin callers of services."""

import logging

from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from appointments.services.messages import due_messages
from appointments.services.messages import send_message as send_message_now
from appointments.waking import message_planned

logger = logging.getLogger(__name__)


@shared_task
def send_message(message_id: int) -> None:
    send_message_now(message_id=message_id, now=timezone.now())


@shared_task
def sweep_messages() -> None:
    for message_id in due_messages(now=timezone.now()):
        send_message_now(message_id=message_id, now=timezone.now())


def ring(sender: object, message_id: int, **_: object) -> None:
    try:
        send_message.delay(message_id)
    except OperationalError:
        # The booking is committed and the row is there: the sweep will find it.
        logger.warning("broker out of reach: message %s waits for the sweep", message_id)


message_planned.connect(ring, dispatch_uid="appointments.tasks.ring")
