"""Regulators as the platform sends them (INT_R02)."""

import itertools
from typing import Any
from urllib.parse import quote

import orjson
from django.test import Client

NATIONAL = "urn:oid:1.2.250.1.71.4.2.1"
TECHNICAL = "urn:oid:1.2.250.1.213.3.6"
TYPES = {NATIONAL: "IDNPS", TECHNICAL: "INTRN"}
FHIR = "application/fhir+json"

_numbers = itertools.count(1)


def account(
    value: str = "3456780581/11242343",
    system: str = NATIONAL,
    *,
    email: str | None = None,
    active: bool = True,
    family: str = "D’Œillet",
    given: str = "Zoé",
) -> dict[str, Any]:
    coding = {"system": "http://interopsante.org/fhir/CodeSystem/fr-v2-0203", "code": TYPES[system]}
    return {
        "resourceType": "Practitioner",
        "meta": {
            "source": TECHNICAL,
            "profile": ["https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/FrPractitionerRegul"],
        },
        "identifier": [{"type": {"coding": [coding]}, "system": system, "value": value}],
        "active": active,
        "name": [{"family": family, "given": [given]}],
        "telecom": [{"system": "email", "value": email or f"regulateur{next(_numbers)}@regulation.test"}],
    }


def post(
    client: Client, resource: object, *, path: str = "/fhir/Practitioner", content_type: str = FHIR, **headers: str
) -> Any:
    """Headers are named as identifiers: `If_Match="*"`."""
    return client.post(path, _bytes(resource), content_type, headers=_named(headers))


def put(client: Client, resource: object, value: str, system: str = NATIONAL, *, more: str = "", **headers: str) -> Any:
    """`more` are other parameters of the query, each after a `&`."""
    token = quote(f"{system}|{value}", safe="")
    path = f"/fhir/Practitioner?identifier={token}{more}"
    return client.put(path, _bytes(resource), FHIR, headers=_named(headers))


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _bytes(resource: object) -> bytes:
    return resource if isinstance(resource, bytes) else orjson.dumps(resource)


def expressions(answer: Any) -> list[str]:
    return [where for issue in answer.json()["issue"] for where in issue.get("expression", [])]
