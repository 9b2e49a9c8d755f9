"""The documents that the rules come from."""

from __future__ import annotations

from conformance.recette.book import Source

CADRAGE = "GT Cadrage « Fluidification de la prise de rendez-vous »"
GUIDE = "Guide d’implémentation ANS ans.fhir.fr.sas 1.1"
KIT = "Kit de test de l’ANS pour les éditeurs"
FHIR = "FHIR R4 (4.0.1)"
OIDC = "OpenID Connect Core 1.0"
PKCE = "RFC 7636 (PKCE)"
OAUTH = "RFC 6749 (OAuth 2.0)"
TLS = "ANSSI, Recommandations de sécurité relatives à TLS"


def cadrage(section: str) -> Source:
    return Source(CADRAGE, section)


def guide(section: str) -> Source:
    return Source(GUIDE, section)


def kit(section: str) -> Source:
    return Source(KIT, section)


def fhir(section: str) -> Source:
    return Source(FHIR, section)


def oidc(section: str) -> Source:
    return Source(OIDC, section)
