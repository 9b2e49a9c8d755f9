"""SOS Médecins: Schedules of fixed places. Source: « SOS Médecins »."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from conformance.recette.findings import Problem
from conformance.recette.judging.people import judge_structure_identifier
from conformance.recette.judging.searchset import SearchSet, first_identifier, items, mapping, mappings, text
from sandbox.sas.vocabulary import Identifier

SIRET_VALUE = re.compile(r"3\d{14}")


def judge_places(found: SearchSet) -> Iterator[Problem]:
    """One Schedule for one Location of one Organization."""
    used: set[int] = set()
    for one in found.of_type("Schedule"):
        places = found.actors(one.resource, "Location")
        if len(places) != 1 or len(items(one.resource.get("actor"))) != 1:
            yield Problem("Un Schedule n’a pas pour seul acteur une Location du Bundle.", f"{one.where}.actor")
        for place in places:
            if id(place.resource) in used:
                yield Problem("Deux Schedules ont la même Location : un point fixe, un agenda.", f"{one.where}.actor")
            used.add(id(place.resource))
    for one in found.of_type("Location"):
        target = found.find(mapping(one.resource.get("managingOrganization")).get("reference"))
        if target is None or target.kind != "Organization":
            yield Problem(
                "Une Location ne mène pas à l’Organization de son association.", f"{one.where}.managingOrganization"
            )


def judge_place_details(found: SearchSet) -> Iterator[Problem]:
    for one in found.of_type("Location"):
        if not str(one.resource.get("name") or "").strip():
            yield Problem("Un point fixe n’a pas de nom.", f"{one.where}.name")
        if not mappings(one.resource.get("hoursOfOperation")):
            yield Problem("Un point fixe ne dit pas ses horaires.", f"{one.where}.hoursOfOperation")
        if not any(item.get("system") == "phone" for item in mappings(one.resource.get("telecom"))):
            yield Problem("Un point fixe n’a pas de téléphone.", f"{one.where}.telecom")


def judge_associations(found: SearchSet, asked: Iterable[Identifier]) -> Iterator[Problem]:
    """`3` + SIRET, only of associations that were asked for, with a name."""
    wanted = {identifier.value for identifier in asked}
    for one in found.of_type("Organization"):
        identifier = first_identifier(one.resource)
        yield from judge_structure_identifier(identifier, f"{one.where}.identifier")
        if not SIRET_VALUE.fullmatch(str(identifier.get("value"))):
            yield Problem("L’identifiant d’une association n’est pas 3 + SIRET.", f"{one.where}.identifier.value")
        elif text(identifier.get("value")) not in wanted:
            yield Problem("Une association qui n’était pas demandée est rendue.", f"{one.where}.identifier.value")
        if not str(one.resource.get("name") or "").strip():
            yield Problem("Une association n’a pas de nom.", f"{one.where}.name")


def judge_modes(found: SearchSet) -> Iterator[Problem]:
    """The guide's own example has no search.mode: its absence is a reservation."""
    for one in found.placed:
        mode = mapping(one.entry.get("search")).get("mode")
        where = one.where.removesuffix(".resource") + ".search.mode"
        if mode is None:
            yield Problem("Une entrée ne dit pas search.mode.", where, warning=True)
        elif (mode == "match") != (one.kind == "Schedule"):
            yield Problem(f"search.mode vaut {mode} pour {one.kind} : match attendu pour Schedule seul.", where)
