"""The terms of use (CGU)."""

from accounts.models import Regulator, TermsAcceptance


def accept_terms(*, regulator: Regulator, version: str) -> TermsAcceptance:
    """Once for each version: a second click changes nothing, the first date stays."""
    acceptance, _ = TermsAcceptance.objects.get_or_create(regulator=regulator, version=version)
    return acceptance
