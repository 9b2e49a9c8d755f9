"""Forgetting who signed in, or tried to, once it serves no investigation any more."""

from datetime import datetime
from typing import Any

from axes.models import AccessAttempt, AccessLog
from django.db.models import QuerySet

from accounts.models import Invitation, SignIn


def forget_sign_ins(*, before: datetime, limit: int) -> int:
    """At most `limit` arrivals by the SAS before that moment; how many."""
    return _forget(SignIn.objects.filter(at__lt=before), limit)


def forget_failed_sign_ins(*, before: datetime, limit: int) -> int:
    """At most `limit` of django-axes's rows before that moment: addresses typed and clients' addresses; how many.

    Anybody makes them, as many as they like: one night's are not to fit into a worker's memory.
    """
    count = _forget(AccessAttempt.objects.filter(attempt_time__lt=before), limit)
    return count + _forget(AccessLog.objects.filter(attempt_time__lt=before), limit - count)


def forget_invitations(*, before: datetime, limit: int) -> int:
    """At most `limit` of those whose link expired before that moment, accepted or not; how many."""
    return _forget(Invitation.objects.filter(expires_at__lt=before), limit)


def _forget(past: QuerySet[Any], limit: int) -> int:
    chosen = list(past.order_by("pk").values_list("pk", flat=True)[:limit])
    past.model._default_manager.filter(pk__in=chosen).delete()
    return len(chosen)
