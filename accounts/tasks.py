"""Celery tasks of the accounts: thin callers of services."""

from celery import shared_task

from accounts.services.passwords import send_password_reset as send_password_reset_now
from accounts.waking import password_reset_asked
from outbox.wake_up import wake_up


@shared_task(autoretry_for=(OSError,), retry_backoff=10, max_retries=4)
def send_password_reset(user_id: int | None) -> None:
    send_password_reset_now(user_id=user_id)


def wake(sender: object, user_id: int | None, **_: object) -> None:
    wake_up(send_password_reset, user_id)


password_reset_asked.connect(wake, dispatch_uid="accounts.tasks.wake")
