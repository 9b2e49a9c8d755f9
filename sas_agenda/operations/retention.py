"""What is kept no longer than needed. docs/operations.md gives the durations and where they come from."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from accounts.services.retention import forget_failed_sign_ins, forget_invitations, forget_sign_ins
from appointments.imports.services.runs import forget_lines
from appointments.online.services.booking import forget_online
from appointments.patients.services.erasing import erase_patients, erase_unvisited
from appointments.waiting.services.entries import forget_waiting
from interop.services.inbound import forget_calls
from sas_agenda.operations.models import Alert

_BATCH = 5000
_ALERTS_KEPT = timedelta(days=365)


def keep_no_longer(*, now: datetime, until: float) -> dict[str, int]:
    """Erase and delete what is past its time, as far as it goes before `until` (monotonic clock); what was done, by kind.

    Patients first. What is left is for the next run: each step starts again where it stopped.
    """
    steps: dict[str, Callable[..., int]] = {
        "patients": partial(erase_patients, default_days=settings.RETENTION_PATIENT_DAYS, now=now),
        "unvisited": partial(erase_unvisited, default_days=settings.RETENTION_PATIENT_DAYS, now=now),
        "imported_lines": forget_lines,
        "online": partial(forget_online, now=now),
        "waiting": partial(forget_waiting, now=now),
        "sign_ins": partial(forget_sign_ins, before=now - timedelta(days=settings.RETENTION_SIGN_IN_DAYS)),
        "failed_sign_ins": partial(forget_failed_sign_ins, before=now - timedelta(days=settings.RETENTION_LOG_DAYS)),
        "invitations": partial(forget_invitations, before=now - timedelta(days=settings.RETENTION_SIGN_IN_DAYS)),
        "calls": partial(forget_calls, now=now),
        "alerts": partial(_forget_alerts, before=now - _ALERTS_KEPT),
    }
    done = dict.fromkeys(steps, 0)
    for name, step in steps.items():
        while time.monotonic() < until:
            count = step(limit=_BATCH)
            done[name] += count
            if count < _BATCH:
                break
    SessionStore.clear_expired()
    return done


def _forget_alerts(*, before: datetime, limit: int) -> int:
    past = list(Alert.objects.filter(raised_at__lt=before).values_list("pk", flat=True)[:limit])
    Alert.objects.filter(pk__in=past).delete()
    return len(past)
