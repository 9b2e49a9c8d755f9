"""How the resources of a slot search hold together. Source: INT_R01."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from conformance.recette.findings import Problem
from conformance.recette.judging.searchset import Placed, SearchSet, items, mapping, mappings


def judge_references(found: SearchSet) -> Iterator[Problem]:
    """Every literal reference leads to a resource of the Bundle, or to one contained where it stands."""
    for one in found.placed:
        contained = {str(item.get("id")) for item in mappings(one.resource.get("contained"))}
        for reference, where in _references(one.resource, one.where):
            if reference.startswith("#"):
                if reference[1:] not in contained:
                    yield Problem("Une référence interne (#…) ne mène à aucune ressource contenue.", where)
            elif found.find(reference) is None:
                yield Problem("Une référence ne mène à aucune ressource du Bundle.", where)


def judge_unreferenced(found: SearchSet) -> Iterator[Problem]:
    """What is included is there because something leads to it."""
    reached = {
        target.key
        for one in found.placed
        for reference, _ in _references(one.resource, "")
        if (target := found.find(reference)) is not None
    }
    for one in found.placed:
        if one.kind not in ("Slot", "OperationOutcome") and one.key not in reached:
            yield Problem(f"Une ressource {one.kind} est incluse sans que rien n’y mène.", one.where, warning=True)


def judge_slots_schedule(found: SearchSet) -> Iterator[Problem]:
    for one in found.of_type("Slot"):
        target = found.find(mapping(one.resource.get("schedule")).get("reference"))
        if target is None or target.kind != "Schedule":
            yield Problem("Un Slot ne mène pas à un Schedule du Bundle.", f"{one.where}.schedule")


def judge_schedules(found: SearchSet) -> Iterator[Problem]:
    """Schedule.actor is one Practitioner and one PractitionerRole, and no two Schedules share a PractitionerRole."""
    used: Counter[int] = Counter()
    for one in found.of_type("Schedule"):
        where = f"{one.where}.actor"
        people, roles = found.actors(one.resource, "Practitioner"), found.actors(one.resource, "PractitionerRole")
        if len(people) != 1:
            yield Problem(f"Un Schedule a {len(people)} acteurs Practitioner : un seul attendu.", where)
        if len(roles) != 1:
            yield Problem(f"Un Schedule a {len(roles)} acteurs PractitionerRole : un seul attendu.", where)
        if len(items(one.resource.get("actor"))) > len(people) + len(roles):
            yield Problem("Un Schedule a d’autres acteurs qu’un Practitioner et un PractitionerRole.", where)
        for role in roles:
            used[id(role.resource)] += 1
            if used[id(role.resource)] == 2:
                yield Problem("Deux Schedules ont le même PractitionerRole : un lieu d’exercice, un agenda.", where)
            person = found.find(mapping(role.resource.get("practitioner")).get("reference"))
            if people and (person is None or person.resource is not people[0].resource):
                yield Problem(
                    "Le PractitionerRole d’un Schedule n’est pas celui de son Practitioner.",
                    f"{role.where}.practitioner",
                )


def judge_locations(found: SearchSet) -> Iterator[Problem]:
    """The Location is contained in its PractitionerRole, one for one place."""
    for one in found.of_type("PractitionerRole"):
        contained = {f"#{item.get('id')}" for item in mappings(one.resource.get("contained")) if _is_location(item)}
        references = [str(item.get("reference")) for item in mappings(one.resource.get("location"))]
        where = f"{one.where}.location"
        if not references:
            yield Problem("Un PractitionerRole ne dit pas où il s’exerce.", where)
        for reference in references:
            if not reference.startswith("#"):
                yield Problem("La Location d’un PractitionerRole n’y est pas contenue (#…).", where)
            elif reference not in contained:
                yield Problem("La Location que nomme un PractitionerRole n’y est pas.", where)
        if len(references) > 1:
            yield Problem("Un PractitionerRole a plusieurs lieux : un lieu, un PractitionerRole.", where)
        if contained - set(references):
            yield Problem("Une Location contenue n’est nommée par rien.", f"{one.where}.contained", warning=True)


def judge_two_places(found: SearchSet, value: str) -> Iterator[Problem]:
    """One practitioner at two places: one Practitioner, two Schedules, two PractitionerRoles, two addresses."""
    people = [one for one in found.of_type("Practitioner") if value in identifier_values(one)]
    if len(people) != 1:
        yield Problem(f"Le praticien est donné {len(people)} fois : une fois attendue.", "Bundle.entry")
        return
    schedules = [
        one
        for one in found.of_type("Schedule")
        if any(actor.resource is people[0].resource for actor in found.actors(one.resource, "Practitioner"))
    ]
    if len(schedules) < 2:
        yield Problem(f"{len(schedules)} Schedule pour deux lieux : un par lieu attendu.", "Bundle.entry")
    roles = {id(role.resource): role for one in schedules for role in found.actors(one.resource, "PractitionerRole")}
    if len(roles) < len(schedules):
        yield Problem("Les Schedules des deux lieux partagent un PractitionerRole.", "Bundle.entry")
    places = {str(location.get("address")) for role in roles.values() for location in contained_locations(role)}
    if len(places) < 2:
        yield Problem("Les deux lieux n’ont pas deux adresses.", "PractitionerRole.contained")


def identifier_values(one: Placed) -> set[str]:
    return {str(item.get("value")) for item in mappings(one.resource.get("identifier"))}


def contained_locations(one: Placed) -> list[dict[str, Any]]:
    return [item for item in mappings(one.resource.get("contained")) if _is_location(item)]


def judge_emptiness(bundle: object) -> Iterator[Problem]:
    """FHIR R4 « JSON »: no null, no empty text, object or array; what is not known is left out."""
    yield from _empty(bundle, "Bundle")


def _empty(node: object, where: str) -> Iterator[Problem]:
    if node is None or node in ({}, []) or (isinstance(node, str) and not node.strip()):
        yield Problem("Un élément est vide : ce qui n’est pas connu ne s’écrit pas.", where)
    elif isinstance(node, dict):
        for name, value in node.items():
            yield from _empty(value, f"{where}.{name}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _empty(value, f"{where}[{number}]")


def _references(node: object, where: str) -> Iterator[tuple[str, str]]:
    """(reference, FHIRPath) of every literal reference at or below a node."""
    if isinstance(node, dict):
        reference = node.get("reference")
        if isinstance(reference, str):
            yield reference, f"{where}.reference"
        for name, value in node.items():
            yield from _references(value, f"{where}.{name}")
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _references(value, f"{where}[{number}]")


def _is_location(resource: dict[str, Any]) -> bool:
    return resource.get("resourceType") == "Location"
