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
from outbox import ledger, mail

logger = logging.getLogger(__name__)

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
    if not mail.may_send(AccessNotice, now=now):
        return False
    if not ledger.claim(AccessNotice, notice_id, now=now, lease=mail.LEASE):
        return False
    notice = AccessNotice.objects.select_related(
        "practitioner__user", "event__organization", "event__practitioner", "event__subject"
    ).get(pk=notice_id)
    try:
        _compose(notice).send()
    except (OSError, ValueError) as error:
        logger.warning("notice %s could not be sent: %s", notice.pk, mail.told(error))
        _record_failure(notice, mail.told(error), _retry_delay(notice), now, is_final=mail.is_final(error))
        return False
    ledger.settle(notice, state=NoticeState.SENT, sent_at=now, cause="")
    return True


def end_forsaken_notices(*, now: datetime) -> None:
    """After the claims of workers that never came back have ended, as any try that failed does."""
    for notice in AccessNotice.objects.forsaken(now):
        _record_failure(notice, _INTERRUPTED, max(_retry_delay(notice) - mail.LEASE, timedelta()), now)


def due_notices(*, now: datetime, limit: int = 200) -> list[int]:
    return list(AccessNotice.objects.due(now).order_by("next_attempt_at").values_list("pk", flat=True)[:limit])


def _compose(notice: AccessNotice) -> EmailMessage:
    user = notice.practitioner.user
    if user is None:
        raise ValueError("no account any more")
    address = f"{settings.BASE_URL}{reverse('team', args=[notice.event.organization_id])}"
    text = render_to_string("accounts/access_mail.txt", {"event": notice.event, "address": address})
    name = ("notice", notice.event_id, notice.event.at.isoformat(), user.email)
    return mail.letter(_SUBJECT, text, to=[user.email], name=name)


def _record_failure(
    notice: AccessNotice, cause: str, delay: timedelta, now: datetime, *, is_final: bool = False
) -> None:
    is_over = is_final or notice.attempts >= mail.MAX_ATTEMPTS
    state = NoticeState.ABANDONED if is_over else NoticeState.PLANNED
    ledger.try_again(notice, at=now + delay, cause=cause, state=state)


def _retry_delay(notice: AccessNotice) -> timedelta:
    return ledger.retry_delay(notice.attempts, first=mail.FIRST_DELAY, longest=mail.LONGEST_DELAY)
