"""The identity provider: OpenID Connect authorization code flow with PKCE, at the paths of a Keycloak realm.

OpenID Connect Core 1.0, RFC 6749, RFC 7636 and RP-Initiated Logout 1.0, for one confidential client.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus, urlencode

from sandbox.sas.clock import Clock, utc_now
from sandbox.sas.keys import ALGORITHM, SigningKey
from sandbox.sas.regulators import Regulator, Regulators
from sandbox.sas.sessions import SsoSession, SsoSessions, digest
from sandbox.sas.store import Store

REALM_PATH = "/realms/sas"
PROTOCOL_PATH = f"{REALM_PATH}/protocol/openid-connect"
CODE_LIFETIME = 60
TOKEN_LIFETIME = 300
# RFC 7636: the base64url form of a SHA-256, and the alphabet of a verifier.
CHALLENGE_LENGTH = 43
VERIFIER_LENGTHS = range(43, 129)


class ProtocolError(Exception):
    """A refusal in OAuth's words: `code` (e.g. `invalid_grant`), a French sentence, and the HTTP status to answer."""

    def __init__(self, code: str, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.code = code
        self.status = status

    def as_json(self) -> dict[str, str]:
        return {"error": self.code, "error_description": str(self)}


@dataclass(frozen=True, slots=True)
class Client:
    """The one registered client, and where it may send browsers back to (compared character for character)."""

    client_id: str
    secret: str = field(repr=False)
    redirect_uris: frozenset[str]
    post_logout_redirect_uris: frozenset[str]


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A request that may be answered at its redirect URI, well or badly."""

    client_id: str
    redirect_uri: str
    state: str | None
    nonce: str | None
    scope: str
    code_challenge: str | None
    prompt: frozenset[str]
    login_hint: str

    def answer(self, **parameters: str | None) -> str:
        """The redirect URI with these parameters and the state."""
        query = {key: value for key, value in (*parameters.items(), ("state", self.state)) if value is not None}
        return f"{self.redirect_uri}{'&' if '?' in self.redirect_uri else '?'}{urlencode(query)}"

    def refuse(self, error: ProtocolError) -> str:
        return self.answer(error=error.code, error_description=str(error))


class RefusedAuthorizationError(ProtocolError):
    """A refusal that goes back to the client: `location` is its redirect URI with the error."""

    def __init__(self, request: AuthorizationRequest, code: str, text: str) -> None:
        super().__init__(code, text)
        self.location = request.refuse(self)


class IdentityProvider:
    """The provider's rules. `base_url` is the sandbox's public address, without a final slash."""

    def __init__(
        self, *, base_url: str, client: Client, key: SigningKey, store: Store, regulators: Regulators,
        sessions: SsoSessions, clock: Clock = utc_now,
    ) -> None:  # fmt: skip
        self.base_url = base_url
        self.issuer = f"{base_url}{REALM_PATH}"
        self.client = client
        self.key = key
        self._store = store
        self._regulators = regulators
        self._sessions = sessions
        self._clock = clock

    def discovery(self) -> dict[str, Any]:
        """The document at `{issuer}/.well-known/openid-configuration`."""
        base = f"{self.base_url}{PROTOCOL_PATH}"
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{base}/auth",
            "token_endpoint": f"{base}/token",
            "userinfo_endpoint": f"{base}/userinfo",
            "jwks_uri": f"{base}/certs",
            "end_session_endpoint": f"{base}/logout",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "profile", "email"],
            "claims_supported": [
                "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "azp", "at_hash", "email", "email_verified",
                "name", "given_name", "family_name", "preferred_username", "idp_connect",
            ],
        }  # fmt: skip

    def jwks(self) -> dict[str, Any]:
        return {"keys": [self.key.jwk()]}

    # Authorization endpoint

    def read_authorization(self, parameters: Mapping[str, str]) -> AuthorizationRequest:
        """Check a request. Raises RefusedAuthorizationError; ProtocolError when the browser must not be sent back."""
        if parameters.get("client_id") != self.client.client_id:
            raise ProtocolError("invalid_client", "Ce client n’est pas enregistré auprès de la plateforme.")
        redirect_uri = parameters.get("redirect_uri", "")
        if redirect_uri not in self.client.redirect_uris:
            raise ProtocolError("invalid_request", "L’adresse de retour n’est pas enregistrée auprès de la plateforme.")
        challenge = parameters.get("code_challenge") or None
        request = AuthorizationRequest(
            self.client.client_id, redirect_uri, parameters.get("state"), parameters.get("nonce"),
            parameters.get("scope", ""), challenge, frozenset(parameters.get("prompt", "").split()),
            parameters.get("login_hint", ""),
        )  # fmt: skip
        if parameters.get("response_type") != "code":
            raise RefusedAuthorizationError(
                request, "unsupported_response_type", "Seul response_type=code est accepté."
            )
        if "openid" not in request.scope.split():
            raise RefusedAuthorizationError(request, "invalid_scope", "La portée openid est absente.")
        method = parameters.get("code_challenge_method") or ("plain" if challenge else None)
        if method not in (None, "S256"):
            raise RefusedAuthorizationError(request, "invalid_request", "Seul code_challenge_method=S256 est accepté.")
        if (method is not None) != (challenge is not None) or (challenge and len(challenge) != CHALLENGE_LENGTH):
            raise RefusedAuthorizationError(request, "invalid_request", "Le code_challenge est absent ou mal formé.")
        if "none" in request.prompt and len(request.prompt) > 1:
            raise RefusedAuthorizationError(request, "invalid_request", "prompt=none ne se combine pas.")
        return request

    def needs_sign_in(self, request: AuthorizationRequest, session: SsoSession | None) -> bool:
        """Whether the sign-in page must be shown. Raises RefusedAuthorizationError when the request forbids it."""
        if session is not None and "login" not in request.prompt:
            return False
        if "none" in request.prompt:
            raise RefusedAuthorizationError(request, "login_required", "Personne n’est connecté à la plateforme.")
        return True

    def grant(self, request: AuthorizationRequest, session: SsoSession) -> str:
        """Issue a code; the address to send the browser to."""
        code = secrets.token_urlsafe(32)
        expires_at = self._now() + CODE_LIFETIME
        self._store.run(
            "INSERT INTO authorization_code VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
            digest(code), request.client_id, request.redirect_uri, session.regulator_id, session.digest,
            session.idp_connect, session.auth_time, request.scope, request.nonce, request.code_challenge, expires_at,
        )  # fmt: skip
        return request.answer(code=code, session_state=session.digest[:16], iss=self.issuer)

    # Token endpoint

    def exchange_code(self, form: Mapping[str, str], authorization: str | None) -> dict[str, Any]:
        """The token response. Raises ProtocolError; a code that comes twice takes back its tokens (RFC 6749 §4.1.2)."""
        self._authenticate_client(form, authorization)
        if form.get("grant_type") != "authorization_code":
            raise ProtocolError("unsupported_grant_type", "Seul grant_type=authorization_code est accepté.")
        code_digest = digest(form.get("code", ""))
        now = self._now()
        claimed = self._store.run(
            "UPDATE authorization_code SET used_at = ? WHERE digest = ? AND used_at IS NULL AND expires_at > ?",
            now, code_digest, now,
        )  # fmt: skip
        row = self._store.row("SELECT * FROM authorization_code WHERE digest = ?", code_digest)
        if row is None:
            raise ProtocolError("invalid_grant", "Ce code est inconnu.")
        if not claimed:
            self._store.run("DELETE FROM access_token WHERE code_digest = ?", code_digest)
            raise ProtocolError("invalid_grant", "Ce code a déjà servi." if row["used_at"] else "Ce code a expiré.")
        if row["redirect_uri"] != form.get("redirect_uri"):
            raise ProtocolError("invalid_grant", "L’adresse de retour n’est pas celle de la demande.")
        self._check_verifier(row["code_challenge"], form.get("code_verifier"))
        regulator = self._regulators.get(row["regulator_id"])
        if regulator is None:
            raise ProtocolError("invalid_grant", "Ce compte n’existe plus.")
        access_token = secrets.token_urlsafe(32)
        self._store.run(
            "INSERT INTO access_token VALUES (?, ?, ?, ?, ?, ?, ?)",
            digest(access_token), code_digest, row["session_digest"], regulator.id, row["idp_connect"], row["scope"],
            now + TOKEN_LIFETIME,
        )  # fmt: skip
        claims = {
            **self._person_claims(regulator, row["idp_connect"]),
            "iss": self.issuer, "aud": self.client.client_id, "azp": self.client.client_id, "iat": now,
            "exp": now + TOKEN_LIFETIME, "auth_time": row["auth_time"], "at_hash": _half_hash(access_token),
            "sid": row["session_digest"], "typ": "ID",
        }  # fmt: skip
        if row["nonce"] is not None:
            claims["nonce"] = row["nonce"]
        return {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFETIME,
            "scope": row["scope"],
            "id_token": self.sign_id_token(claims),
        }

    def sign_id_token(self, claims: dict[str, Any]) -> str:
        """The one place where ID tokens are made: a test overrides it to issue expired or forged ones."""
        return self.key.sign(claims)

    # Userinfo and logout

    def userinfo(self, authorization: str | None) -> dict[str, Any]:
        """The claims for a bearer token. Raises ProtocolError (401)."""
        scheme, _, token = (authorization or "").partition(" ")
        row = None
        if scheme.lower() == "bearer" and token:
            row = self._store.row(
                "SELECT * FROM access_token WHERE digest = ? AND expires_at > ?", digest(token.strip()), self._now()
            )
        regulator = self._regulators.get(row["regulator_id"]) if row else None
        if row is None or regulator is None:
            raise ProtocolError("invalid_token", "Ce jeton est inconnu, expiré ou retiré.", 401)
        return self._person_claims(regulator, row["idp_connect"])

    def read_logout(self, parameters: Mapping[str, str]) -> tuple[str | None, str | None]:
        """(session digest that the hint names, where to go after). Raises ProtocolError for an address not allowed."""
        hint = parameters.get("id_token_hint", "")
        claims = self.key.verify(hint, issuer=self.issuer) if hint else None
        if hint and claims is None:
            raise ProtocolError("invalid_request", "Le jeton fourni (id_token_hint) n’est pas de cette plateforme.")
        target = parameters.get("post_logout_redirect_uri") or None
        if target is not None:
            known = claims is not None or parameters.get("client_id") == self.client.client_id
            if not known or target not in self.client.post_logout_redirect_uris:
                raise ProtocolError("invalid_request", "L’adresse de retour après déconnexion n’est pas enregistrée.")
            if parameters.get("state"):
                target += f"{'&' if '?' in target else '?'}{urlencode({'state': parameters['state']})}"
        return (str(claims["sid"]) if claims and "sid" in claims else None), target

    # Inside

    def _now(self) -> int:
        return int(self._clock().timestamp())

    def _person_claims(self, regulator: Regulator, idp_connect: str) -> dict[str, Any]:
        return {
            "sub": regulator.id,
            "email": regulator.email,
            "email_verified": True,
            "name": regulator.name,
            "given_name": regulator.given,
            "family_name": regulator.family,
            "preferred_username": regulator.email,
            "idp_connect": idp_connect,
        }

    def _authenticate_client(self, form: Mapping[str, str], authorization: str | None) -> None:
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        if authorization:
            if secret:
                raise ProtocolError("invalid_request", "Le client s’est authentifié de deux façons à la fois.")
            client_id, secret = _read_basic(authorization)
        right_id = hmac.compare_digest(client_id.encode(), self.client.client_id.encode())
        right_secret = hmac.compare_digest(secret.encode(), self.client.secret.encode())
        if not (right_id and right_secret and self.client.secret):
            raise ProtocolError("invalid_client", "Le client est inconnu ou son secret est faux.", 401)

    @staticmethod
    def _check_verifier(challenge: str | None, verifier: str | None) -> None:
        if challenge is None:
            if verifier:
                raise ProtocolError("invalid_grant", "Un code_verifier est envoyé sans code_challenge à la demande.")
            return
        if not verifier or len(verifier) not in VERIFIER_LENGTHS:
            raise ProtocolError("invalid_grant", "Le code_verifier est absent ou de mauvaise longueur.")
        computed = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        if not hmac.compare_digest(computed.encode(), challenge.encode()):
            raise ProtocolError("invalid_grant", "Le code_verifier ne répond pas au code_challenge.")


def _read_basic(authorization: str) -> tuple[str, str]:
    """RFC 6749 §2.3.1: identifier and secret are form-encoded, then joined and base64-encoded."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        decoded = base64.b64decode(encoded, validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        decoded = ""
    client_id, _, secret = decoded.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)


def _half_hash(token: str) -> str:
    """`at_hash`: the left half of the SHA-256 (OpenID Connect Core §3.1.3.6)."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()[:16]).rstrip(b"=").decode()
