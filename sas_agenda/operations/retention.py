"""What is kept no longer than needed. docs/operations.md gives the durations and where they come from."""

import time
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore

from accounts.services.retention import forget_failed_sign_ins, forget_sign_ins
from appointments.services.retention import erase_patients
from interop.services.inbound import forget_calls
from sas_agenda.operations.models import Alert

_BATCH = 5000
_ALERTS_KEPT = timedelta(days=365)


def keep_no_longer(*, now: datetime, until: float) -> dict[str, int]:
    """Erase and delete what is past its time, as far as it goes before `until` (monotonic clock); what was done, by kind.

    What is left is for the next run: each step starts again where it stopped.
    """
    done = {
        "sign_ins": forget_sign_ins(before=now - timedelta(days=settings.RETENTION_SIGN_IN_DAYS)),
        "failed_sign_ins": forget_failed_sign_ins(before=now - timedelta(days=settings.RETENTION_LOG_DAYS)),
        "alerts": Alert.objects.filter(raised_at__lt=now - _ALERTS_KEPT).delete()[0],
        "calls": forget_calls(now=now),
        "patients": 0,
    }
    SessionStore.clear_expired()
    while time.monotonic() < until:
        erased = erase_patients(default_days=settings.RETENTION_PATIENT_DAYS, now=now, limit=_BATCH)
        done["patients"] += erased
        if erased < _BATCH:
            break
    return done
