"""The authorization request by which an editor sends a browser to the identity provider (OpenID Connect Core §3.1.2)."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from conformance.recette.findings import Problem
from sandbox.sas.identity import AuthorizationRequest

# Random values shorter than this are guessed (RFC 6749 §10.10 asks for 128 bits).
RANDOM_LENGTH = 16
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Asked:
    """The request: its endpoint, without a query, and its parameters (the first of each name)."""

    url: str
    endpoint: str
    parameters: dict[str, str]

    def get(self, name: str) -> str:
        return self.parameters.get(name, "")

    def lenient(self) -> AuthorizationRequest:
        """What the provider must answer to, whatever is wrong with it: other checks tell that."""
        challenge = self.get("code_challenge") or None
        if challenge and self.get("code_challenge_method") != "S256":
            digest = hashlib.sha256(challenge.encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return AuthorizationRequest(
            self.get("client_id"), self.get("redirect_uri"), self.parameters.get("state"),
            self.parameters.get("nonce"), self.get("scope"), challenge, frozenset(), "",
        )  # fmt: skip


def read_asked(url: str) -> Asked | None:
    """The request that an address makes; None when it makes none."""
    parts = urlsplit(url)
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        parameters.setdefault(name, value)
    if not {"client_id", "redirect_uri", "response_type"} & set(parameters) or "client_id" not in parameters:
        return None
    return Asked(url, f"{parts.scheme}://{parts.netloc}{parts.path}", parameters)


def response_type_problems(asked: Asked) -> list[Problem]:
    """The authorization code flow, and no other."""
    given = asked.get("response_type")
    if given == "code":
        return []
    return [Problem(f"response_type vaut « {given} » au lieu de « code ».", "response_type")]


def client_problems(asked: Asked, client_id: str) -> list[Problem]:
    """client_id: "" when the platform's side is not declared."""
    if not asked.get("client_id") or (client_id and asked.get("client_id") != client_id):
        return [Problem("client_id n’est pas celui que la plateforme a donné.", "client_id")]
    return []


def scope_problems(asked: Asked) -> list[Problem]:
    if "openid" in asked.get("scope").split():
        return []
    return [Problem("La portée openid n’est pas demandée : aucun jeton d’identité ne viendrait.", "scope")]


def random_problems(first: Asked, second: Asked, name: str) -> list[Problem]:
    """`state` or `nonce`: there, long enough, and new at each request."""
    one, other = first.get(name), second.get(name)
    if not one or not other:
        return [Problem(f"{name} est absent de la demande.", name)]
    if one == other:
        return [Problem(f"{name} est le même dans deux demandes : il ne protège de rien.", name)]
    if len(one) < RANDOM_LENGTH:
        return [Problem(f"{name} n’a que {len(one)} caractères : il peut se deviner.", name, warning=True)]
    return []


def pkce_problems(first: Asked, second: Asked) -> list[Problem]:
    """PKCE (RFC 7636): absent, it is a reservation; badly done, a fault."""
    challenge, method = first.get("code_challenge"), first.get("code_challenge_method")
    if not challenge:
        return [Problem("PKCE n’est pas demandé (code_challenge absent) : il est recommandé.", "code_challenge", True)]
    if method != "S256":
        return [Problem("code_challenge_method n’est pas S256.", "code_challenge_method")]
    if not CHALLENGE.fullmatch(challenge):
        return [Problem("code_challenge n’est pas l’empreinte SHA-256 en base64url.", "code_challenge")]
    if challenge == second.get("code_challenge"):
        return [Problem("code_challenge est le même dans deux demandes.", "code_challenge")]
    return []


def redirect_problems(asked: Asked, registered: str) -> list[Problem]:
    """registered: the address given to the ANS, "" when it was not declared."""
    given = asked.get("redirect_uri")
    parts = urlsplit(given)
    if not parts.scheme or not parts.netloc or parts.fragment:
        return [Problem("redirect_uri n’est pas une adresse absolue sans fragment.", "redirect_uri")]
    if registered and given != registered:
        return [Problem("redirect_uri n’est pas l’adresse de retour enregistrée (platform.callback).", "redirect_uri")]
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        return [Problem("redirect_uri n’est pas en https.", "redirect_uri")]
    return []
