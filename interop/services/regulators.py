"""INT_R02: from a read record to the accounts' services, and from their refusals to FHIR's."""

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db import IntegrityError

from accounts.models import Regulator
from accounts.services.regulators import (
    RegulatorConflict,
    RegulatorIdentity,
    SeveralRegulators,
    change_regulator,
    create_regulator,
)
from interop.fhir.values import FhirRefusal, Issue, RegulatorRecord

logger = logging.getLogger(__name__)

Done = TypeVar("Done")

_CONFLICTS = {
    "identifier": Issue(
        "duplicate",
        "Un autre compte de régulateur a déjà cet identifiant.",
        expression=("Practitioner.identifier[0].value",),
    ),
    "email": Issue(
        "duplicate",
        "Un autre compte de régulateur a déjà cette adresse e-mail.",
        expression=("Practitioner.telecom.value",),
    ),
}
_BUSY = Issue("conflict", "Un autre changement de ce compte est en cours : renouvelez la demande.")


def create_account(*, record: RegulatorRecord) -> Regulator:
    """Raises FhirRefusal(409) when an account has the identifier or the e-mail."""
    regulator = _translated(lambda: create_regulator(identity=_identity(record)))
    logger.info("regulator %s created, active=%s", regulator.id, regulator.active)
    return regulator


def update_account(*, system: str | None, value: str, record: RegulatorRecord) -> tuple[Regulator, bool]:
    """The conditional update: (account, whether it was created). Raises FhirRefusal, 409 or 412."""
    regulator, created = _translated(lambda: change_regulator(system=system, value=value, identity=_identity(record)))
    logger.info("regulator %s %s, active=%s", regulator.id, "created" if created else "updated", regulator.active)
    return regulator, created


def known_account(*, system: str | None, value: str, record: RegulatorRecord) -> Regulator | None:
    """The account that an update is about, as it is now; for the ledger only, the update itself looks under its lock."""
    found = list(Regulator.objects.identified_by(system, value)[:2])
    if not found:
        found = list(Regulator.objects.identified_by(record.system, record.value).active()[:2])
    return found[0] if len(found) == 1 else None


def _translated(change: Callable[[], Done]) -> Done:
    try:
        return _twice(change)
    except RegulatorConflict as conflict:
        raise FhirRefusal(409, [_CONFLICTS[conflict.field]]) from conflict
    except SeveralRegulators as error:
        told = "Cet identifiant désigne plusieurs comptes : précisez son système."
        raise FhirRefusal(412, [Issue("multiple-matches", told, location=("http.identifier",))]) from error
    except IntegrityError as error:
        raise FhirRefusal(409, [_BUSY]) from error


def _twice(change: Callable[[], Done]) -> Done:
    """Once more when a constraint was faster than our lock (an account made in the administration meanwhile)."""
    try:
        return change()
    except IntegrityError:
        return change()


def _identity(record: RegulatorRecord) -> RegulatorIdentity:
    return RegulatorIdentity(
        system=record.system,
        value=record.value,
        active=record.active,
        family_name=record.family,
        given_name=record.given_name,
        email=record.email,
    )
