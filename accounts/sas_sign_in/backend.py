"""From the provider's code to one of our regulators. Hooks of mozilla-django-oidc only; every failure is a `SignInRefused`."""

from dataclasses import dataclass
from typing import Any

import requests
from django.conf import settings
from django.http import HttpRequest
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from accounts.models import Regulator, User
from accounts.sas_sign_in.id_token import read_id_token
from accounts.sas_sign_in.provider import discover
from accounts.sas_sign_in.refusal import Reason, SasIdentity, SignInRefused, error_word
from accounts.selectors.regulators import AccountsDiffer, regulator_signing_in


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
            detail = f"token endpoint: HTTP {status}, {_error_of(error.response)}"
            raise SignInRefused(Reason.NOT_VERIFIED, detail) from error
        except (requests.RequestException, ValueError) as error:
            raise SignInRefused(Reason.UNAVAILABLE, f"token endpoint: {type(error).__name__}") from error
        if not isinstance(tokens, dict) or not all(
            isinstance(tokens.get(name), str) for name in ("id_token", "access_token")
        ):
            raise SignInRefused(Reason.NOT_VERIFIED, "token endpoint: no tokens in its answer")
        return tokens

    def verify_token(self, token: str, **kwargs: Any) -> dict[str, Any]:
        return read_id_token(token, provider=self.provider, client_id=self.OIDC_RP_CLIENT_ID, nonce=kwargs.get("nonce"))

    def get_userinfo(self, access_token: str, id_token: str, payload: dict[str, Any]) -> dict[str, Any]:
        """What userinfo adds to the ID token, whose own claims win: they are signed, and say `idp_connect`."""
        if not self.OIDC_OP_USER_ENDPOINT:
            return payload
        try:
            claims = super().get_userinfo(access_token, id_token, payload)
        except (requests.RequestException, ValueError) as error:
            raise SignInRefused(Reason.UNAVAILABLE, f"userinfo: {type(error).__name__}") from error
        if not isinstance(claims, dict) or claims.get("sub") != payload["sub"]:
            raise SignInRefused(Reason.NOT_VERIFIED, "userinfo: another person's sub")
        return claims | payload

    def verify_claims(self, claims: dict[str, Any]) -> bool:
        identity = _identity(claims)
        if settings.SAS_OIDC_REFUSE_UNKNOWN_IDP_CONNECT and not identity.idp_connect_known:
            raise SignInRefused(Reason.IDP_REFUSED, identity=identity)
        return True

    def filter_users_by_claims(self, claims: dict[str, Any]) -> list[User]:
        identity = _identity(claims)
        try:
            regulator = regulator_signing_in(subject=identity.subject, email=identity.email)
        except AccountsDiffer as error:
            raise SignInRefused(Reason.ACCOUNTS_DIFFER, identity=identity) from error
        if regulator is None or regulator.user is None or not regulator.user.is_active:
            raise SignInRefused(Reason.NO_ACCOUNT, identity=identity)
        self.request.sas_recognised = Recognised(regulator, identity)
        return [regulator.user]

    def get_user(self, user_id: int) -> User | None:
        """With their regulator, in one query: every request reads both (accounts/rights.py)."""
        found = User.objects.select_related("regulator").filter(pk=user_id).first()
        # The library would keep the sessions of a deactivated user alive.
        return found if found is not None and self.user_can_authenticate(found) else None


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
