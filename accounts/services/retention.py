"""Forgetting who signed in, or tried to, once it serves no investigation any more."""

from datetime import datetime

from axes.models import AccessAttempt, AccessLog

from accounts.models import SignIn


def forget_sign_ins(*, before: datetime) -> int:
    """Arrivals by the SAS before that moment; how many."""
    return SignIn.objects.filter(at__lt=before).delete()[0]


def forget_failed_sign_ins(*, before: datetime) -> int:
    """django-axes's rows before that moment: addresses typed and clients' addresses; how many."""
    return sum(model.objects.filter(attempt_time__lt=before).delete()[0] for model in (AccessAttempt, AccessLog))
