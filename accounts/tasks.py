"""Celery tasks of the accounts: thin callers of services."""

import logging

from celery import shared_task
from kombu.exceptions import OperationalError

from accounts.services.passwords import send_password_reset as send_password_reset_now
from accounts.waking import password_reset_asked

logger = logging.getLogger(__name__)


@shared_task(autoretry_for=(OSError,), retry_backoff=10, max_retries=4)
def send_password_reset(user_id: int | None) -> None:
    send_password_reset_now(user_id=user_id)


def ring(sender: object, user_id: int | None, **_: object) -> None:
    try:
        send_password_reset.delay(user_id)
    except OperationalError:
        # The page says the same to everybody: the person who gets no mail asks again.
        logger.error("broker out of reach: a password reset mail is lost")


password_reset_asked.connect(ring, dispatch_uid="accounts.tasks.ring")
