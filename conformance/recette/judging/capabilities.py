"""What a CapabilityStatement must announce."""

from __future__ import annotations

from typing import Any

from conformance.recette.findings import Problem

Interactions = dict[str, dict[str, Any]]


def declared_interactions(statement: dict[str, Any]) -> Interactions:
    """By resource type, the `rest.resource` entries of server mode, however badly formed the statement."""
    found: Interactions = {}
    for rest in _dicts(statement.get("rest")):
        if rest.get("mode") in (None, "server"):
            found.update({str(item.get("type")): item for item in _dicts(rest.get("resource"))})
    return found


def missing_interactions(declared: Interactions, *, sos: bool = False) -> list[Problem]:
    """What the platform's calls need and the statement does not list."""
    problems = [*_needs(declared, "Slot", "search-type"), *_needs(declared, "Practitioner", "create", "update")]
    if sos:
        problems += _needs(declared, "Schedule", "search-type")
    entry = declared.get("Practitioner", {})
    if "Practitioner" in declared and entry.get("conditionalUpdate") is not True:
        where = "CapabilityStatement.rest.resource.conditionalUpdate"
        problems.append(Problem("La mise à jour conditionnelle de Practitioner n’est pas annoncée.", where))
    names = {str(item.get("name")) for item in _dicts(declared.get("Slot", {}).get("searchParam"))}
    where = "CapabilityStatement.rest.resource.searchParam"
    for name in ("start", "status"):
        if "Slot" in declared and name not in names:
            problems.append(
                Problem(f"Le paramètre de recherche « {name} » de Slot n’est pas annoncé.", where, warning=True)
            )
    return problems


def _needs(declared: Interactions, kind: str, *codes: str) -> list[Problem]:
    where = "CapabilityStatement.rest.resource"
    if kind not in declared:
        return [Problem(f"La ressource {kind} n’est pas annoncée.", where)]
    known = {str(item.get("code")) for item in _dicts(declared[kind].get("interaction"))}
    return [
        Problem(f"L’interaction {code} de {kind} n’est pas annoncée.", f"{where}.interaction")
        for code in codes
        if code not in known
    ]


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
