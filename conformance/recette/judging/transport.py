"""Is a refusal clean, is a connection good? Source: « mTLS »."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.recette.findings import Problem
from sandbox.sas.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of a probe. `opened`: the handshake was completed as far as the client sees; `alert`: OpenSSL's name of
    what went wrong; `cut`: the connection was closed without a TLS alert; `status`: of HTTP, if it came to that."""

    opened: bool = False
    version: str = ""
    alert: str = ""
    distrusted: str = ""
    cut: bool = False
    status: int | None = None
    exchange: Exchange | None = None


def judge_accepted(attempt: Attempt) -> Iterator[Problem]:
    """The connection opens, the server's certificate is trusted, and HTTP answers without a server's error."""
    if attempt.distrusted:
        yield Problem(f"Le certificat du serveur n’est pas reconnu ({attempt.distrusted}).", "TLS")
    elif attempt.alert:
        yield Problem(f"La poignée de main TLS a échoué ({attempt.alert}).", "TLS")
    elif attempt.cut:
        yield Problem("Le serveur a coupé la connexion.", "TLS")
    elif attempt.status is None:
        yield Problem(attempt.exchange.failure if attempt.exchange else "Aucune réponse.", "TLS")
    elif attempt.status >= 400:
        yield Problem(f"Réponse {attempt.status} à un appel fait avec le certificat du SAS.", "HTTP")


def judge_refused(attempt: Attempt) -> Iterator[Problem]:
    """A TLS alert or a 4xx; never a 5xx, never an answer."""
    if attempt.status is not None:
        if attempt.status >= 500:
            yield Problem(
                f"Réponse {attempt.status} : un refus est un échec TLS ou un 4xx, jamais une erreur du serveur.", "HTTP"
            )
        elif attempt.status < 400:
            yield Problem(f"Réponse {attempt.status} : l’appel est accepté.", "HTTP")
    elif attempt.distrusted:
        yield Problem(f"Le certificat du serveur n’est pas reconnu ({attempt.distrusted}).", "TLS")
    elif attempt.cut:
        yield Problem("La connexion est coupée sans alerte TLS ni réponse.", "TLS", warning=True)
    elif not attempt.alert:
        yield Problem(attempt.exchange.failure if attempt.exchange else "Aucune réponse.", "TLS")
