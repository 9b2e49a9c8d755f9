"""The record of arrivals from the SAS."""

from accounts.enums import SignInOutcome
from accounts.models import Regulator, SignIn


def record_sign_in(
    *, regulator: Regulator | None, subject: str, idp_connect: str, idp_connect_known: bool, outcome: SignInOutcome
) -> SignIn:
    """Values come from outside: what PostgreSQL refuses or the columns can't hold is cut."""
    return SignIn.objects.create(
        regulator=regulator,
        subject=_fit(subject, 255),
        idp_connect=_fit(idp_connect, 60),
        idp_connect_known=idp_connect_known,
        outcome=outcome,
    )


def _fit(value: str, length: int) -> str:
    return value.replace("\0", "")[:length]
