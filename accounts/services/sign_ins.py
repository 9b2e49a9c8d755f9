"""Arrivals from the SAS: who they are from then on, and their record."""

import hashlib
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.enums import SignInOutcome
from accounts.models import Regulator, SignIn

# Failures of nobody known that are written down per hour: anybody can make them.
_STRANGERS_PER_HOUR = 60


def pin_subject(*, regulator: Regulator, subject: str) -> bool:
    """What the SAS calls somebody who came by their e-mail: from now on they come by that. False: another was noted meanwhile."""
    free = Regulator.objects.active().filter(pk=regulator.pk, sas_subject__in=["", subject])
    return bool(free.update(sas_subject=subject))


def record_sign_in(
    *,
    regulator: Regulator | None,
    subject: str,
    idp_connect: str,
    idp_connect_known: bool,
    outcome: SignInOutcome,
    nonce: str | None = None,
) -> bool:
    """Values come from outside: what PostgreSQL refuses or the columns can't hold is cut. False, and nothing is written: a
    sign-in that left with this nonce has come back before.
    """
    departure = hashlib.sha256(nonce.encode()).hexdigest() if nonce is not None else None
    one = SignIn(
        regulator=regulator,
        subject=_fit(subject, 255),
        idp_connect=_fit(idp_connect, 60),
        idp_connect_known=idp_connect_known,
        outcome=outcome,
        departure=departure,
    )
    try:
        with transaction.atomic():
            one.save(force_insert=True)
    except IntegrityError:
        if departure is None or not SignIn.objects.filter(departure=departure).exists():
            raise
        return False
    return True


def record_failed_sign_in(outcome: SignInOutcome) -> None:
    """One that ended before anybody was known."""
    since = timezone.now() - timedelta(hours=1)
    if SignIn.objects.filter(subject="", at__gt=since).count() < _STRANGERS_PER_HOUR:
        record_sign_in(regulator=None, subject="", idp_connect="", idp_connect_known=False, outcome=outcome)


def _fit(value: str, length: int) -> str:
    return value.replace("\0", "")[:length]
