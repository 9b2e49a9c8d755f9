"""Telling the operators by e-mail: each condition once a day, and again when it comes back, whoever notices it.

The worker looks at everything each minute. A dead worker looks at nothing: beat watches over it, and the worker's own loop,
which needs no task, watches over beat (`processes`). With both dead, /health/ready and Prometheus tell, and
`./agenda manage alerts --mail` from a cron of the machine.
"""

import logging
import smtplib
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from outbox import mail
from sas_agenda.operations.conditions import Condition
from sas_agenda.operations.models import Alert

logger = logging.getLogger(__name__)

# After a mail that did not leave; where its process died, after `mail.LEASE`.
_AGAIN = timedelta(minutes=2)
# What comes and goes is not told more often.
_REST = timedelta(hours=1)


def tell(conditions: Collection[Condition], *, now: datetime, patience: float = mail.PATIENCE) -> list[Condition]:
    """Record these conditions for today and mail those that are news; return the ones mailed now.

    Told is what left for one operator at least; for whom it did not is kept (`Alert.refused`), and a condition of its own.
    """
    day = timezone.localdate(now)
    Alert.objects.bulk_create(
        [Alert(condition=one.key, day=day, raised_at=now, next_try_at=now) for one in conditions],
        ignore_conflicts=True,
    )
    told = []
    for one in conditions:
        is_news = Q(mailed_at=None) | Q(ended_at__isnull=False, mailed_at__lte=now - _REST)
        mine = Alert.objects.filter(is_news, condition=one.key, day=day, next_try_at__lte=now)
        if mine.update(next_try_at=now + mail.LEASE) != 1:
            continue
        row = Alert.objects.get(condition=one.key, day=day)
        if _mail(one, row, patience):
            row.mailed_at, row.ended_at = now, None
            row.save(update_fields=["mailed_at", "ended_at", "refused"])
            told.append(one)
        else:
            row.next_try_at = now + _AGAIN
            row.save(update_fields=["next_try_at", "refused"])
    return told


def settle(holding: Collection[Condition], *, now: datetime) -> None:
    """Take note of what was told today and is over: `holding` are all that hold now."""
    told = Alert.objects.filter(day=timezone.localdate(now), mailed_at__isnull=False, ended_at=None)
    told.exclude(condition__in=[one.key for one in holding]).update(ended_at=now)


def _mail(one: Condition, row: Alert, patience: float) -> bool:
    """Whether it left for somebody; notes in the row whom the mail server refused it for."""
    logger.warning("alert: %s", one.key)
    if not settings.OPERATORS_EMAILS:
        return True
    lines = [f"{one.act}\u00a0:\n{settings.BASE_URL}{one.path}\n"] if one.path else []
    lines += [
        f"Vue d’ensemble\u00a0:\n{settings.BASE_URL}{reverse('operations')}\n",
        f"Condition\u00a0: {one.group}, expliquée dans docs/operations.md.",
    ]
    body = "\n".join([f"{one.text}\n", *lines]) + "\n"
    subject = f"[SAS Agenda] {one.subject}"
    # Told again, it is another mail.
    name = ("alert", one.key, row.raised_at.isoformat(), row.mailed_at)
    row.refused = ""
    try:
        mail.letter(subject, body, to=settings.OPERATORS_EMAILS, name=name, patience=patience).send()
    except smtplib.SMTPRecipientsRefused as refusal:
        row.refused = ", ".join(refusal.recipients)
        logger.warning("alert %s: refused for %s operators: %s", one.key, len(refusal.recipients), mail.told(refusal))
        return isinstance(refusal, mail.PartlyRefused)
    except (OSError, ValueError) as error:  # a ValueError: one of the addresses is none
        logger.warning("alert %s could not be mailed: %s", one.key, mail.told(error))
        return False
    return True
