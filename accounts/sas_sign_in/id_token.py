"""Checking an ID token (OpenID Connect Core 1.0, §3.1.3.7). mozilla-django-oidc checks the signature and the nonce only."""

import time
from typing import Any

import jwt
from django.utils.crypto import constant_time_compare

from accounts.sas_sign_in.provider import ALGORITHM, Provider, signing_keys
from accounts.sas_sign_in.refusal import Reason, SignInRefused

LEEWAY = 30  # seconds: clocks of two well-kept servers
MAX_AGE = 600  # seconds: ours was issued for the code we have just exchanged


def read_id_token(token: str, *, provider: Provider, client_id: str, nonce: str | None) -> dict[str, Any]:
    """The claims of a token this provider issued to us, just now, for the sign-in that bears this nonce.

    Raises `SignInRefused`. `sub` is a string that is not empty.
    """
    claims = _verified(token, provider, client_id, required=["iss", "sub", "aud", "exp", "iat"])
    _check_party(claims, client_id)
    if int(claims["iat"]) < time.time() - MAX_AGE:
        raise SignInRefused(Reason.NOT_VERIFIED, "ID token: issued long ago")
    if not nonce or not constant_time_compare(str(claims.get("nonce", "")), nonce):
        raise SignInRefused(Reason.NOT_VERIFIED, "ID token: another sign-in's nonce")
    if not claims["sub"]:
        raise SignInRefused(Reason.NOT_VERIFIED, "ID token: empty sub")
    return claims


def read_signed_userinfo(token: str, *, provider: Provider, client_id: str) -> dict[str, Any]:
    """The claims of a signed answer of userinfo (OpenID Connect Core 1.0, §5.3.2): it has neither age nor nonce."""
    return _verified(token, provider, client_id, required=["iss", "sub", "aud"])


def _verified(token: str, provider: Provider, client_id: str, *, required: list[str]) -> dict[str, Any]:
    failure = "no key of the provider has this kid"
    try:
        for key in signing_keys(provider, jwt.get_unverified_header(token).get("kid")):
            try:
                claims: dict[str, Any] = jwt.decode(
                    token,
                    key,
                    # One only: neither « none » nor an HMAC keyed with the public key.
                    algorithms=[ALGORITHM],
                    issuer=provider.issuer,
                    audience=client_id,
                    leeway=LEEWAY,
                    options={"require": required},
                )
            except jwt.InvalidSignatureError as error:
                failure = type(error).__name__
            else:
                return claims
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise SignInRefused(Reason.NOT_VERIFIED, f"ID token: {type(error).__name__}") from error
    raise SignInRefused(Reason.NOT_VERIFIED, f"ID token: {failure}")


def _check_party(claims: dict[str, Any], client_id: str) -> None:
    """A token for several clients says which of them asked for it, and one for us alone never says another."""
    party = claims.get("azp")
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (party is None and several) or (party is not None and party != client_id):
        raise SignInRefused(Reason.NOT_VERIFIED, "ID token: asked for by another client")
