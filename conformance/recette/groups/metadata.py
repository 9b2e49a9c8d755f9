"""Group 2: the CapabilityStatement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from conformance.recette.book import Group
from conformance.recette.context import Context
from conformance.recette.judging.capabilities import declared_interactions, missing_interactions
from conformance.recette.sources import cadrage, fhir, guide

ENDPOINT = fhir("RESTful API, capabilities")
CONTENT = guide("CapabilityStatement du gestionnaire d’agenda")


@dataclass(slots=True)
class State:
    """The statement, once read."""

    statement: dict[str, Any] = field(default_factory=dict)


METADATA: Group[State] = Group(2, "metadata", "Déclaration de capacités", State)


@METADATA.check("META-01", "GET [base]/metadata répond 200 par un CapabilityStatement", ENDPOINT)
def is_served(context: Context[State]) -> None:
    exchange = context.answered(context.call("GET", "metadata"), 200)
    decoded = exchange.json()
    context.expect(isinstance(decoded, dict), "Le corps n’est pas un objet JSON.")
    context.expect(
        decoded.get("resourceType") == "CapabilityStatement",
        "La ressource rendue n’est pas un CapabilityStatement.", "resourceType",
    )  # fmt: skip
    context.state.statement = decoded


@METADATA.check("META-02", "Le type du contenu est application/fhir+json", ENDPOINT, requires=("META-01",))
def is_fhir_json(context: Context[State]) -> None:
    exchange = context.answered(context.call("GET", "metadata"), 200)
    headers = {name.lower(): value for name, value in exchange.response_headers.items()}
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    context.expect(kind == "application/fhir+json", f"Content-Type annoncé : {kind or 'aucun'}.", "Content-Type")


@METADATA.check("META-03", "La version de FHIR annoncée est 4.0.1", CONTENT, requires=("META-01",))
def is_r4(context: Context[State]) -> None:
    version = context.state.statement.get("fhirVersion")
    context.expect(version == "4.0.1", "fhirVersion n’est pas 4.0.1.", "CapabilityStatement.fhirVersion")


@METADATA.check(
    "META-04", "Statut, date, genre et formats, obligatoires dans un CapabilityStatement, sont là",
    fhir("CapabilityStatement"), requires=("META-01",),
)  # fmt: skip
def has_what_is_required(context: Context[State]) -> None:
    statement = context.state.statement
    for name in ("status", "date", "kind", "format", "rest"):
        if not statement.get(name):
            context.fault(f"L’élément {name} est absent.", f"CapabilityStatement.{name}")
    formats = statement.get("format")
    if isinstance(formats, list) and not {"json", "application/fhir+json"} & set(map(str, formats)):
        context.fault("Le JSON n’est pas parmi les formats annoncés.", "CapabilityStatement.format")


@METADATA.check(
    "META-05", "Ce que le SAS appelle y est annoncé : recherche de Slot, création et mise à jour de Practitioner",
    CONTENT, cadrage("INT_R01 et INT_R02"), requires=("META-01",),
)  # fmt: skip
def lists_what_is_used(context: Context[State]) -> None:
    context.judge(
        missing_interactions(declared_interactions(context.state.statement), sos=bool(context.environment.sos))
    )
