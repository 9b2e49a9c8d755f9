"""From the provider's code to one of our regulators. Hooks of mozilla-django-oidc only; every failure is a `SignInRefused`."""

import logging
from dataclasses import dataclass
from functools import cache
from typing import Any

import requests
from django.conf import settings
from django.http import HttpRequest
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from accounts.models import Regulator, User
from accounts.sas_sign_in.id_token import read_id_token, read_signed_userinfo
from accounts.sas_sign_in.provider import discover
from accounts.sas_sign_in.refusal import Reason, SasIdentity, SignInRefused, error_word
from accounts.selectors.regulators import AccountsDiffer, StrangeAddress, regulator_signing_in
from accounts.services.sign_ins import pin_subject
from accounts.written import Written

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recognised:
    """Who came back from the SAS, left on the request for the view that opens the session."""

    regulator: Regulator
    identity: SasIdentity


class SasBackend(OIDCAuthenticationBackend):
    """Django makes one for each password sign-in and each page of a SAS session too: nothing is fetched before `authenticate`."""

    def authenticate(self, request: HttpRequest, *, nonce: str, code_verifier: str) -> User | None:
        # Keyword-only and required: a password sign-in must never end up here with a code in its address.
        self.provider = discover()
        self.OIDC_OP_TOKEN_ENDPOINT = self.provider.token_endpoint
        self.OIDC_OP_USER_ENDPOINT = self.provider.userinfo_endpoint
        user: User | None = super().authenticate(request, nonce=nonce, code_verifier=code_verifier)
        return user

    def get_token(self, payload: dict[str, Any]) -> dict[str, Any]:
        try:
            tokens = super().get_token(payload)
        except requests.HTTPError as error:
            status = error.response.status_code
            if status >= requests.codes.server_error:
                raise SignInRefused(Reason.UNAVAILABLE, f"token endpoint: HTTP {status}") from error
            word = _error_of(error.response)
            # Used already, by a reload of this very page, or too old.
            ask_again = word == "invalid_grant"
            detail = f"token endpoint: HTTP {status}, {word}"
            raise SignInRefused(Reason.NOT_VERIFIED, detail, ask_again=ask_again) from error
        except (requests.RequestException, ValueError) as error:
            raise SignInRefused(Reason.UNAVAILABLE, f"token endpoint: {type(error).__name__}") from error
        if not isinstance(tokens, dict) or not all(
            isinstance(tokens.get(name), str) for name in ("id_token", "access_token")
        ):
            raise SignInRefused(Reason.NOT_VERIFIED, "token endpoint: no tokens in its answer")
        return tokens

    def verify_token(self, token: str, **kwargs: Any) -> dict[str, Any]:
        if "nonce" in kwargs:
            return read_id_token(token, provider=self.provider, client_id=self.OIDC_RP_CLIENT_ID, nonce=kwargs["nonce"])
        # So the library has an answer of userinfo read that is signed.
        return read_signed_userinfo(token, provider=self.provider, client_id=self.OIDC_RP_CLIENT_ID)

    def get_userinfo(self, access_token: str, id_token: str, payload: dict[str, Any]) -> dict[str, Any]:
        """The ID token's claims, and from userinfo, if it answers, what they lack: `_refuse_for_want_of` is who needs it."""
        self.userinfo_failure: SignInRefused | None = None
        named = {name: value for name, value in payload.items() if value not in (None, "")}
        if not self.OIDC_OP_USER_ENDPOINT or {"email", settings.SAS_OIDC_IDP_CONNECT_CLAIM} <= named.keys():
            return payload
        try:
            claims = super().get_userinfo(access_token, id_token, payload)
            if not isinstance(claims, dict) or claims.get("sub") != payload["sub"]:
                raise SignInRefused(Reason.NOT_VERIFIED, "userinfo: another person's sub")
        except SignInRefused as refusal:
            self.userinfo_failure = refusal
        except (requests.RequestException, ValueError) as error:
            self.userinfo_failure = SignInRefused(Reason.UNAVAILABLE, f"userinfo: {type(error).__name__}")
        else:
            return claims | named
        logger.warning("SAS sign-in goes on without userinfo: %s", self.userinfo_failure)
        return payload

    def verify_claims(self, claims: dict[str, Any]) -> bool:
        identity = _identity(claims)
        if settings.SAS_OIDC_REFUSE_UNKNOWN_IDP_CONNECT and not identity.idp_connect_known:
            self._refuse_for_want_of(identity.idp_connect)
            raise SignInRefused(Reason.IDP_REFUSED, identity=identity)
        return True

    def filter_users_by_claims(self, claims: dict[str, Any]) -> list[User]:
        identity = _identity(claims)
        try:
            found, is_named = regulator_signing_in(subject=identity.subject, email=identity.email)
        except AccountsDiffer as error:
            raise SignInRefused(Reason.ACCOUNTS_DIFFER, str(error), identity=identity) from error
        except StrangeAddress as error:
            raise SignInRefused(Reason.NO_ACCOUNT, "e-mail with compatibility characters", identity=identity) from error
        if found is None:
            self._refuse_for_want_of(identity.email)
            raise SignInRefused(Reason.NO_ACCOUNT, identity=identity)
        if not found.active:
            raise SignInRefused(Reason.WITHDRAWN, identity=identity, withdrawn_at=found.withdrawn_at)
        if found.user is None or not found.user.is_active:
            raise SignInRefused(Reason.NO_ACCOUNT, identity=identity)
        if not is_named and not pin_subject(regulator=found, subject=identity.subject):
            raise SignInRefused(Reason.ACCOUNTS_DIFFER, "another sub was faster", identity=identity)
        self.request.sas_recognised = Recognised(found, identity)
        return [found.user]

    def _refuse_for_want_of(self, claim: str) -> None:
        """What is missing was asked for, and did not come."""
        if not claim and self.userinfo_failure is not None:
            raise self.userinfo_failure

    def get_user(self, user_id: int) -> User | None:
        """With their regulator, in one query: every request reads both (accounts/rights.py)."""
        found = next(iter(_with_regulator().read({_SOMEBODY: user_id})), None)
        # The library would keep the sessions of a deactivated user alive.
        return found if found is not None and self.user_can_authenticate(found) else None


# Stands in the statement for the person.
_SOMEBODY = -1


@cache
def _with_regulator() -> Written[User]:
    return Written(User.objects.select_related("regulator").filter(pk=_SOMEBODY).order_by())


def _error_of(response: requests.Response) -> str:
    """Whether it is our secret, the code or something else, as the provider says."""
    try:
        body = response.json()
    except ValueError:
        body = None
    return error_word(body.get("error") if isinstance(body, dict) else None)


def _identity(claims: dict[str, Any]) -> SasIdentity:
    email = claims.get("email")
    idp_connect = claims.get(settings.SAS_OIDC_IDP_CONNECT_CLAIM)
    return SasIdentity(
        subject=claims["sub"],
        email=email if isinstance(email, str) else "",
        idp_connect=idp_connect if isinstance(idp_connect, str) else "",
        idp_connect_known=idp_connect in settings.SAS_OIDC_IDP_CONNECT_VALUES,
    )
