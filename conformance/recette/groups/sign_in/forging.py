"""Tokens that an editor must not believe (OpenID Connect Core §3.1.3.7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jwt

from conformance.recette.groups.sign_in.state import SIGN_IN, TOKEN, Check, arrive, known_regulator, says_why, stays_out
from conformance.recette.signing_in import Forge, played_provider
from conformance.recette.verdicts import CheckSkipped
from sandbox.sas.keys import SigningKey

Claims = dict[str, Any]
HOUR = 3600


def another_key(claims: Claims, key: SigningKey) -> str:
    """Signed by a stranger who names the provider's key."""
    return SigningKey(SigningKey.generate().private, key.kid).sign(claims)


def unsigned(claims: Claims, key: SigningKey) -> str:
    return jwt.encode(claims, "", algorithm="none", headers={"kid": key.kid})


def altered(claims: Claims, key: SigningKey) -> str:
    """A good token whose content was changed afterwards."""
    head, _, signature = key.sign(claims).split(".")
    other = key.sign({**claims, "auth_time": 0}).split(".")[1]
    return f"{head}.{other}.{signature}"


def _with(change: Callable[[Claims], Claims]) -> Forge:
    return lambda claims, key: key.sign(claims | change(claims))


FORGERIES: tuple[tuple[int, str, Forge], ...] = (
    (40, "signé par une autre clé que celle du fournisseur", another_key),
    (41, "sans signature (alg none)", unsigned),
    (42, "modifié après sa signature", altered),
    (43, "destiné à un autre client (aud)", _with(lambda claims: {"aud": "un-autre-client"})),
    (44, "expiré (exp)", _with(lambda claims: {
        "iat": claims["iat"] - 2 * HOUR, "auth_time": claims["iat"] - 2 * HOUR, "exp": claims["iat"] - HOUR})),
    (45, "d’un autre émetteur (iss)", _with(lambda claims: {"iss": f"{claims['iss']}-autre"})),
    (46, "au nonce d’une autre connexion", _with(lambda claims: {"nonce": "le-nonce-de-quelqu-un-d-autre"})),
)  # fmt: skip
NONCE = 46


def _refuses(number: int, what: str, forge: Forge) -> None:
    """Declare the check of one forgery."""

    def is_refused(context: Check) -> None:
        regulator = known_regulator(context)
        arrival = arrive(context)
        if number == NONCE and not arrival.asked.get("nonce"):
            raise CheckSkipped("Le logiciel ne demande pas de nonce : voir SSO-14.")
        provider = played_provider(context)
        provider.forge = forge
        try:
            page = arrival.come_back(arrival.callback(regulator))
        finally:
            provider.forge = None
        stays_out(context, arrival, page)
        says_why(context, page)

    SIGN_IN.check(f"SSO-{number}", f"Un jeton {what} n’ouvre pas de session", TOKEN)(is_refused)


for _forgery in FORGERIES:
    _refuses(*_forgery)
