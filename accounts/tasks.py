"""Celery tasks of the accounts: thin callers of services."""

import logging
import time
import uuid

from celery import Task, shared_task
from django.conf import settings

from accounts.services.access_notices import due_notices, end_forsaken_notices
from accounts.services.access_notices import send_notice as send_notice_now
from accounts.services.invitations import due_invitations, end_forsaken_invitations
from accounts.services.invitations import send_invitation as send_invitation_now
from accounts.services.passwords import send_password_reset as send_password_reset_now
from accounts.services.sign_in_warnings import send_sign_in_warning as send_sign_in_warning_now
from accounts.waking import account_tried, invitation_planned, notice_planned, password_reset_asked
from outbox.ledger import database_clock
from outbox.mail import LAST_START, TIME_LIMIT
from outbox.wake_up import WAKE_UP_SECONDS, wake_up

logger = logging.getLogger(__name__)


@shared_task(bind=True, time_limit=TIME_LIMIT, autoretry_for=(OSError,), retry_backoff=10, max_retries=4)
def send_password_reset(self: "Task[[int | None], None]", user_id: int | None) -> None:
    # Its tries are one task, and so one mail.
    send_password_reset_now(user_id=user_id, asked=self.request.id or "")


@shared_task(bind=True, time_limit=TIME_LIMIT, autoretry_for=(OSError,), retry_backoff=10, max_retries=4)
def send_sign_in_warning(self: "Task[[int | None], None]", user_id: int | None) -> None:
    send_sign_in_warning_now(user_id=user_id, noticed=self.request.id or "")


@shared_task(time_limit=TIME_LIMIT, expires=WAKE_UP_SECONDS)
def send_notice(notice_id: int) -> None:
    send_notice_now(notice_id=notice_id, now=database_clock())


@shared_task(time_limit=TIME_LIMIT, expires=WAKE_UP_SECONDS)
def send_invitation(invitation_id: str) -> None:
    send_invitation_now(invitation_id=uuid.UUID(invitation_id), now=database_clock())


@shared_task(time_limit=TIME_LIMIT)
def sweep_notices() -> None:
    """Whatever is due, for as long as until the next sweep. One that can't even be written does not stop the others."""
    until = time.monotonic() + min(settings.SWEEP_SECONDS, LAST_START)
    end_forsaken_invitations(now=database_clock())
    for invitation_id in due_invitations(now=database_clock()):
        if time.monotonic() > until:
            return
        try:
            send_invitation_now(invitation_id=invitation_id, now=database_clock())
        except Exception:
            logger.exception("sweep: invitation %s", invitation_id)
    end_forsaken_notices(now=database_clock())
    for notice_id in due_notices(now=database_clock()):
        if time.monotonic() > until:
            return
        try:
            send_notice_now(notice_id=notice_id, now=database_clock())
        except Exception:
            logger.exception("sweep: notice %s", notice_id)


def wake(sender: object, user_id: int | None, **_: object) -> None:
    wake_up(send_password_reset, user_id)


def wake_warning(sender: object, user_id: int | None, **_: object) -> None:
    wake_up(send_sign_in_warning, user_id)


def wake_notice(sender: object, notice_id: int, **_: object) -> None:
    wake_up(send_notice, notice_id)


def wake_invitation(sender: object, invitation_id: uuid.UUID, **_: object) -> None:
    wake_up(send_invitation, str(invitation_id))


password_reset_asked.connect(wake, dispatch_uid="accounts.tasks.wake")
account_tried.connect(wake_warning, dispatch_uid="accounts.tasks.wake_warning")
notice_planned.connect(wake_notice, dispatch_uid="accounts.tasks.wake_notice")
invitation_planned.connect(wake_invitation, dispatch_uid="accounts.tasks.wake_invitation")
