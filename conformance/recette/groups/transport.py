"""Group 1: TLS versions and client certificates."""

from __future__ import annotations

import ssl

from conformance.recette.book import Group, Source
from conformance.recette.context import Context, Run
from conformance.recette.environment import REFUSED_KINDS, ClientCertificate
from conformance.recette.judging.transport import Attempt, judge_accepted, judge_refused
from conformance.recette.slot_queries import encoded, parameters, whole_window, written
from conformance.recette.sources import TLS, guide, kit
from conformance.recette.tls import OLD_VERSIONS, accepts_old, probe
from conformance.recette.verdicts import CheckFailed, CheckSkipped

MUTUAL = guide("Sécurité, authentification mutuelle TLS")
KIT = kit("Transport")
VERSIONS = Source(TLS, "versions du protocole")


def _why_not(run: Run) -> str:
    if run.environment.secure:
        return ""
    return "L’adresse est en http : il n’y a pas de transport chiffré à contrôler. Le SAS n’appelle qu’en https."


TRANSPORT: Group[None] = Group(1, "transport", "Transport", lambda: None, why_not=_why_not)


@TRANSPORT.check("TLS-01", "Le certificat du SAS ouvre la connexion, et la recherche répond", MUTUAL)
def good_certificate(context: Context[None]) -> str:
    attempt = _probe(context, context.environment.transport.good)
    context.judge(judge_accepted(attempt))
    return f"{attempt.version}."


@TRANSPORT.check("TLS-02", "Le certificat du serveur est reconnu : chaîne, nom, dates", MUTUAL)
def server_certificate(context: Context[None]) -> None:
    attempt = _probe(context, context.environment.transport.good)
    context.expect(not attempt.distrusted, f"Le certificat du serveur n’est pas reconnu ({attempt.distrusted}).", "TLS")


@TRANSPORT.check("TLS-03", "TLS 1.2 est accepté", MUTUAL, VERSIONS)
def tls_1_2(context: Context[None]) -> None:
    context.judge(judge_accepted(_probe(context, context.environment.transport.good, version=ssl.TLSVersion.TLSv1_2)))


@TRANSPORT.check("TLS-04", "TLS 1.3 est accepté", VERSIONS)
def tls_1_3(context: Context[None]) -> None:
    attempt = _probe(context, context.environment.transport.good, version=ssl.TLSVersion.TLSv1_3)
    if any(judge_accepted(attempt)):
        context.warn("TLS 1.3 n’est pas accepté : TLS 1.2 suffit aujourd’hui.", "TLS")


def _old(identifier: str, name: str) -> None:
    @TRANSPORT.check(identifier, f"{name} est refusé", MUTUAL, VERSIONS)
    def refused(context: Context[None]) -> None:
        accepted = accepts_old(context.environment.base_url, OLD_VERSIONS[name])
        context.expect(accepted is not None, "Le serveur ne répond pas.")
        context.expect(not accepted, f"Le serveur accepte {name} : TLS 1.2 au moins est demandé.", "TLS")


_old("TLS-05", "TLS 1.1")
_old("TLS-06", "TLS 1.0")
_old("TLS-07", "SSL 3.0")


@TRANSPORT.check("TLS-10", "Sans certificat client : refus propre (échec TLS ou 4xx)", MUTUAL, KIT)
def no_certificate(context: Context[None]) -> None:
    context.judge(judge_refused(_probe(context, None)))


def _refused(identifier: str, kind: str) -> None:
    called = REFUSED_KINDS[kind]

    @TRANSPORT.check(identifier, f"Certificat client {called} : refus propre (échec TLS ou 4xx)", MUTUAL, KIT)
    def refused(context: Context[None]) -> None:
        certificate = context.environment.transport.refused.get(kind)
        if certificate is None:
            raise CheckSkipped(f"L’environnement ne déclare pas de certificat {called} ([transport.{kind}]).")
        context.judge(judge_refused(_probe(context, certificate)))


for _number, _kind in enumerate(REFUSED_KINDS, start=11):
    _refused(f"TLS-{_number}", _kind)


def _probe(
    context: Context[None], certificate: ClientCertificate | None, *, version: ssl.TLSVersion | None = None
) -> Attempt:
    """A real search, so that a refusal is one of the exchange and not of an address."""
    start, end = whole_window(context.run.clock())
    query = encoded(parameters([context.environment.practitioners.one], written(start), written(end)))
    environment = context.environment
    try:
        attempt = probe(
            environment.base_url, f"Slot?{query}", certificate=certificate, authority=environment.transport.authority,
            version=version,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        raise CheckFailed(
            f"Le certificat ou l’autorité déclarés sont inutilisables ({type(error).__name__})."
        ) from error
    if attempt.exchange is not None:
        context.record(attempt.exchange)
    return attempt
