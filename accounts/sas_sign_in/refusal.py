"""Why a sign-in through the SAS ends without a session."""

from dataclasses import dataclass
from enum import Enum

from accounts.enums import SignInOutcome


class Reason(Enum):
    """Value: the name the log and the page use. Each has the HTTP status of its page."""

    NO_ACCOUNT = "no_account"
    ACCOUNTS_DIFFER = "accounts_differ"
    IDP_REFUSED = "idp_refused"
    GIVEN_UP = "given_up"
    NOT_VERIFIED = "not_verified"
    UNAVAILABLE = "unavailable"

    @property
    def status(self) -> int:
        return 503 if self is Reason.UNAVAILABLE else 403


@dataclass(frozen=True, slots=True)
class SasIdentity:
    """What a checked token says of the person. `email` and `idp_connect` may be empty."""

    subject: str
    email: str
    idp_connect: str
    idp_connect_known: bool


class SignInRefused(Exception):
    """`detail` goes to the log: words of ours or names of exception classes, never a value of the token.

    `identity` is there once the token was found good, with the outcome to record.
    """

    def __init__(
        self,
        reason: Reason,
        detail: str = "",
        *,
        identity: SasIdentity | None = None,
        outcome: SignInOutcome | None = None,
    ) -> None:
        super().__init__(f"{reason.value} {detail}".strip())
        self.reason = reason
        self.detail = detail
        self.identity = identity
        self.outcome = outcome
