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
    find_regulator,
)
from interop.fhir.conditions import Preconditions
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
    "withdrawal": Issue(
        "not-found",
        "Aucun compte n’a cet identifiant, mais un compte habilité a cette adresse e-mail : personne n’a été retiré.",
        expression=("Practitioner.identifier[0].value", "Practitioner.telecom.value"),
    ),
}
_BUSY = Issue("conflict", "Un autre changement de ce compte est en cours : renouvelez la demande.")


def create_account(*, record: RegulatorRecord) -> Regulator:
    """Raises FhirRefusal(409) when an account has the identifier or the e-mail."""
    regulator = _translated(lambda: create_regulator(identity=_identity(record)))
    logger.info("regulator %s created, active=%s", regulator.id, regulator.active)
    return regulator


def update_account(
    *, system: str | None, value: str, record: RegulatorRecord, preconditions: Preconditions
) -> tuple[Regulator, bool]:
    """The conditional update: (account, whether it was created). Raises FhirRefusal, 409 or 412."""

    def before_writing(found: Regulator | None) -> None:
        preconditions.check(found.updated_at if found is not None else None)

    regulator, created = _translated(
        lambda: change_regulator(system=system, value=value, identity=_identity(record), before_writing=before_writing)
    )
    logger.info("regulator %s %s, active=%s", regulator.id, "created" if created else "updated", regulator.active)
    return regulator, created


def known_account(*, system: str | None, value: str, record: RegulatorRecord) -> Regulator | None:
    """The account that an update is about, as it is now; for the ledger only, the update itself looks under its lock."""
    try:
        return find_regulator(system=system, value=value, identity=_identity(record))
    except SeveralRegulators:
        return None


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
