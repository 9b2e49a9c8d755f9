"""Why a sign-in through the SAS ends without a session."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from accounts.enums import SignInOutcome


class Reason(Enum):
    """Value: the name that the log, the page, the metrics and the outcome use. Each has the HTTP status of its page."""

    NO_ACCOUNT = "no_account"
    WITHDRAWN = "withdrawn"
    ACCOUNTS_DIFFER = "accounts_differ"
    IDP_REFUSED = "idp_refused"
    GIVEN_UP = "given_up"
    NOT_VERIFIED = "not_verified"
    UNAVAILABLE = "unavailable"

    @property
    def status(self) -> int:
        return 503 if self is Reason.UNAVAILABLE else 403

    @property
    def outcome(self) -> SignInOutcome | None:
        """What to record; None when the person changed their mind."""
        return None if self is Reason.GIVEN_UP else SignInOutcome(self.value)


@dataclass(frozen=True, slots=True)
class SasIdentity:
    """What a checked token says of the person. `email` and `idp_connect` may be empty."""

    subject: str
    email: str
    idp_connect: str
    idp_connect_known: bool


class SignInRefused(Exception):
    """`detail` goes to the log: words of ours or names of exception classes, never a value of the token.

    `identity` is there once the token was found good. `ask_again`: another try, without a word, is likely to succeed.
    """

    def __init__(
        self,
        reason: Reason,
        detail: str = "",
        *,
        identity: SasIdentity | None = None,
        withdrawn_at: datetime | None = None,
        ask_again: bool = False,
    ) -> None:
        super().__init__(f"{reason.value} {detail}".strip())
        self.reason = reason
        self.detail = detail
        self.identity = identity
        self.withdrawn_at = withdrawn_at
        self.ask_again = ask_again


# RFC 6749, 4.1.2.1 and 5.2, and OpenID Connect Core 1.0, 3.1.2.6: what a provider may say. Anything else is somebody's own words.
_ERRORS = {
    "invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope", "invalid_client", "invalid_grant",
    "unsupported_grant_type", "interaction_required", "login_required", "account_selection_required", "consent_required",
    "invalid_request_uri", "invalid_request_object", "request_not_supported", "request_uri_not_supported",
    "registration_not_supported",
}  # fmt: skip


# The person has to do something at the provider, who was not allowed to show them anything, or waited too long.
_ASK_AGAIN = {"interaction_required", "login_required", "account_selection_required", "consent_required"}
# Keycloak's, to a second tab whose sign-in page was still open when the first one signed in.
_OTHER_TAB = ("temporarily_unavailable", "authentication_expired")


def refusal_of(error: str, description: str) -> SignInRefused:
    """What a provider's answer to the browser means (`error`, `error_description`)."""
    if error == "access_denied":
        return SignInRefused(Reason.GIVEN_UP)
    if error in _ASK_AGAIN or (error, description) == _OTHER_TAB:
        return SignInRefused(Reason.NOT_VERIFIED, f"the provider: {error_word(error)}", ask_again=True)
    if error in {"server_error", "temporarily_unavailable"}:
        return SignInRefused(Reason.UNAVAILABLE, "the provider says so")
    return SignInRefused(Reason.NOT_VERIFIED, f"the provider: {error_word(error)}")


def error_word(error: object) -> str:
    """A provider's error as the log may tell it."""
    return error if isinstance(error, str) and error in _ERRORS else "unknown error"
