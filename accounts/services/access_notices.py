"""Telling practitioners who was given what in their agenda. The plan is written with the change; the broker only wakes."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.enums import NoticeState
from accounts.models import AccessEvent, AccessNotice, Practitioner
from accounts.waking import notice_planned
from outbox import ledger

logger = logging.getLogger(__name__)

# As those of patients' messages (appointments.messages.services).
LEASE = timedelta(minutes=2)
FIRST_DELAY = timedelta(seconds=30)
LONGEST_DELAY = timedelta(hours=6)
MAX_ATTEMPTS = 12
_INTERRUPTED = "L’envoi a été interrompu."
_SUBJECT = "Accès à votre agenda dans SAS Agenda"


def plan_notice(*, event: AccessEvent, practitioner: Practitioner) -> AccessNotice | None:
    """In the transaction of the change. None when they have no account, or did it themself."""
    if practitioner.user_id is None or practitioner.user_id == event.by_user_id:
        return None
    notice = AccessNotice.objects.create(event=event, practitioner=practitioner, next_attempt_at=event.at)
    transaction.on_commit(lambda: notice_planned.send(sender=AccessNotice, notice_id=notice.pk), robust=True)
    return notice


def send_notice(*, notice_id: int, now: datetime) -> bool:
    """Claim, send, record. False when it was not ours to send, or did not leave."""
    if not ledger.claim(AccessNotice, notice_id, now=now, lease=LEASE):
        return False
    notice = AccessNotice.objects.select_related(
        "practitioner__user", "event__organization", "event__practitioner", "event__subject"
    ).get(pk=notice_id)
    try:
        _compose(notice).send()
    except (OSError, ValueError) as error:
        # The class only: the server's words may quote the address.
        logger.warning("notice %s could not be sent: %s", notice.pk, type(error).__name__)
        _record_failure(notice, type(error).__name__, _retry_delay(notice), now)
        return False
    ledger.settle(notice, state=NoticeState.SENT, sent_at=now, cause="")
    return True


def end_forsaken_notices(*, now: datetime) -> None:
    """After the claims of workers that never came back have ended, as any try that failed does."""
    for notice in AccessNotice.objects.forsaken(now):
        _record_failure(notice, _INTERRUPTED, max(_retry_delay(notice) - LEASE, timedelta()), now)


def due_notices(*, now: datetime, limit: int = 200) -> list[int]:
    return list(AccessNotice.objects.due(now).order_by("next_attempt_at").values_list("pk", flat=True)[:limit])


def _compose(notice: AccessNotice) -> EmailMessage:
    user = notice.practitioner.user
    if user is None:
        raise ValueError("no account any more")
    address = f"{settings.BASE_URL}{reverse('access', args=[notice.event.organization_id])}"
    text = render_to_string("accounts/access_mail.txt", {"event": notice.event, "address": address})
    return EmailMessage(_SUBJECT, text, to=[user.email])


def _record_failure(notice: AccessNotice, cause: str, delay: timedelta, now: datetime) -> None:
    state = NoticeState.ABANDONED if notice.attempts >= MAX_ATTEMPTS else NoticeState.PLANNED
    ledger.try_again(notice, at=now + delay, cause=cause, state=state)


def _retry_delay(notice: AccessNotice) -> timedelta:
    return ledger.retry_delay(notice.attempts, first=FIRST_DELAY, longest=LONGEST_DELAY)
