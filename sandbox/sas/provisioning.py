"""INT_R02: the platform creates and updates regulator accounts at the editor's (FHIR Practitioner)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sandbox.sas.exchange import Exchange, FhirCaller
from sandbox.sas.vocabulary import IDENTIFIER_TYPES, PROFILE_REGULATOR, SAS_TECHNICAL, Identifier


def build_practitioner(
    *, identifier: Identifier, family: str, given: str, email: str, active: bool = True
) -> dict[str, Any]:
    """A regulator as profile FrPractitionerRegul wants it: exactly the eight elements of the exchange's table."""
    return {
        "resourceType": "Practitioner",
        "meta": {"source": SAS_TECHNICAL, "profile": [PROFILE_REGULATOR]},
        "identifier": [identifier.as_fhir()],
        "active": active,
        "name": [{"family": family, "given": [given]}],
        "telecom": [{"system": "email", "value": email}],
    }


@dataclass(frozen=True, slots=True)
class ProvisioningClient:
    """Sends Practitioner resources; each call returns the whole exchange."""

    caller: FhirCaller

    def create(self, practitioner: dict[str, Any]) -> Exchange:
        return self.caller.call("POST", "Practitioner", body=practitioner)

    def update(self, identifier: Identifier, practitioner: dict[str, Any]) -> Exchange:
        """Conditional update: `identifier` is the one that the editor holds, the body may carry a new one."""
        query = quote(identifier.token, safe="")
        return self.caller.call("PUT", f"Practitioner?identifier={query}", body=practitioner)


def _without(*keys: str) -> Callable[[dict[str, Any]], None]:
    def spoil(practitioner: dict[str, Any]) -> None:
        for key in keys:
            practitioner.pop(key, None)

    return spoil


def _bad_email(practitioner: dict[str, Any]) -> None:
    practitioner["telecom"][0]["value"] = "adresse sans arobase"


def _blank_family(practitioner: dict[str, Any]) -> None:
    practitioner["name"][0]["family"] = "   "


def _wrong_type(practitioner: dict[str, Any]) -> None:
    code = practitioner["identifier"][0]["type"]["coding"][0]["code"]
    wrong = "INTRN" if code == "IDNPS" else "IDNPS"
    practitioner["identifier"][0]["type"] = {"coding": [{"system": IDENTIFIER_TYPES, "code": wrong}]}


def _no_source(practitioner: dict[str, Any]) -> None:
    practitioner["meta"].pop("source", None)


@dataclass(frozen=True, slots=True)
class Spoiling:
    """One way of breaking a Practitioner on purpose."""

    label: str
    apply: Callable[[dict[str, Any]], None]


SPOILINGS = {
    "sans-identifiant": Spoiling("Sans identifiant", _without("identifier")),
    "type-incoherent": Spoiling("Type et système d’identifiant en désaccord", _wrong_type),
    "nom-blanc": Spoiling("Nom fait de blancs", _blank_family),
    "email-absent": Spoiling("E-mail absent", _without("telecom")),
    "email-mal-ecrit": Spoiling("E-mail mal écrit", _bad_email),
    "sans-droit": Spoiling("Droit (active) absent", _without("active")),
    "sans-source": Spoiling("Source (meta.source) absente", _no_source),
}


def spoiled(practitioner: dict[str, Any], names: list[str]) -> dict[str, Any]:
    """A copy with each named spoiling applied, in the table's order; unknown names are ignored."""
    copied = copy.deepcopy(practitioner)
    # What removes a whole element goes last, so that combined spoilings find the element they falsify.
    for name, spoiling in sorted(SPOILINGS.items(), key=lambda item: item[0].startswith(("sans", "email-absent"))):
        if name in names:
            spoiling.apply(copied)
    return copied
