"""The SAS's identity provider as its discovery document describes it (OpenID Connect Discovery 1.0), and its keys."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests
from django.conf import settings
from django.core.cache import cache

from accounts.sas_sign_in.refusal import Reason, SignInRefused

# One hour: a rotated key is found at once anyway, a moved endpoint within the hour.
KEPT_SECONDS = 3600
AGAIN_SECONDS = 10
ALGORITHM = "RS256"


@dataclass(frozen=True, slots=True)
class Provider:
    """Addresses of one provider. The optional ones are empty when it has none."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str
    end_session_endpoint: str


def discover() -> Provider:
    """The configured provider, from the cache or the network. Raises `SignInRefused` (unavailable)."""
    issuer = settings.SAS_OIDC_ISSUER
    if not issuer:
        raise SignInRefused(Reason.UNAVAILABLE, "SAS_OIDC_ISSUER is not set")
    key = f"sas-oidc-provider:{issuer}"
    provider: Provider | None = cache.get(key)
    if provider is None:
        provider = _read_discovery(_fetch(f"{issuer}/.well-known/openid-configuration"), issuer)
        cache.set(key, provider, KEPT_SECONDS)
    return provider


def signing_keys(provider: Provider, kid: str | None) -> Iterator[jwt.PyJWK]:
    """The public keys that this header may mean, to be tried in turn: those kept, then, once nobody has found theirs among them,
    those read again. Without a name, all there are. Raises `SignInRefused` when they can't be read.
    """
    cache_key = f"sas-oidc-keys:{provider.jwks_uri}"
    kept: list[dict[str, Any]] | None = cache.get(cache_key)
    if kept is not None:
        yield from _usable(kept, kid)
        # A key may change under its name. Whoever makes bad tokens must not make us ask at their pace.
        if not cache.add(f"{cache_key}:again", True, AGAIN_SECONDS):
            return
    found = _read_keys(_fetch(provider.jwks_uri))
    cache.set(cache_key, found, KEPT_SECONDS)
    yield from _usable([key for key in found if key not in (kept or [])], kid)


def _fetch(url: str) -> dict[str, Any]:
    try:
        response = requests.get(url, timeout=settings.SAS_OIDC_TIMEOUT, allow_redirects=False)
        document = response.json() if response.status_code == requests.codes.ok else None
    except (requests.RequestException, ValueError) as error:
        raise SignInRefused(Reason.UNAVAILABLE, f"provider: {type(error).__name__}") from error
    if not isinstance(document, dict):
        raise SignInRefused(Reason.UNAVAILABLE, f"provider: HTTP {response.status_code} or no JSON object")
    return document


def _read_discovery(document: dict[str, Any], issuer: str) -> Provider:
    if document.get("issuer") != issuer:
        raise SignInRefused(Reason.UNAVAILABLE, "the discovery document is another issuer's")

    def address(name: str, *, required: bool = False) -> str:
        value = document.get(name, "")
        if value == "" and not required:
            return ""
        scheme = urlsplit(value).scheme if isinstance(value, str) else ""
        if scheme != "https" and not (scheme == "http" and settings.LOCAL):
            raise SignInRefused(Reason.UNAVAILABLE, f"the discovery document has no usable {name}")
        return str(value)

    return Provider(
        issuer=issuer,
        authorization_endpoint=address("authorization_endpoint", required=True),
        token_endpoint=address("token_endpoint", required=True),
        jwks_uri=address("jwks_uri", required=True),
        userinfo_endpoint=address("userinfo_endpoint"),
        end_session_endpoint=address("end_session_endpoint"),
    )


def _read_keys(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Those that can sign with our algorithm: a Keycloak also publishes one for encryption, which PyJWT can't read."""
    keys = document.get("keys")
    return [
        key
        for key in (keys if isinstance(keys, list) else [])
        if isinstance(key, dict)
        and key.get("kty") == "RSA"
        and key.get("use", "sig") == "sig"
        and key.get("alg", ALGORITHM) == ALGORITHM
    ]


def _usable(keys: list[dict[str, Any]], kid: str | None) -> Iterator[jwt.PyJWK]:
    for key in keys:
        if kid is None or key.get("kid") == kid:
            with suppress(jwt.PyJWTError, ValueError, TypeError, KeyError):
                yield jwt.PyJWK(key, algorithm=ALGORITHM)
