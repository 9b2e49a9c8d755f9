"""INT_R04: slots of communities (CPTS). Source: « INT_R04 »."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from conformance.recette.environment import NATIONAL_STRUCTURE
from conformance.recette.findings import Problem
from conformance.recette.judging.people import judge_structure_identifier
from conformance.recette.judging.searchset import SearchSet, first_identifier, mapping, mappings, text
from conformance.recette.judging.slots import ESTABLISHMENTS
from sandbox.sas.vocabulary import SLOT_TYPES

SERVICE_EXTENSION = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Slot.serviceType"
COMMUNITY = "604"
FINESS_VALUE = re.compile(r"1\d[0-9AB]\d{7}")


def slot_types(slot: dict[str, Any]) -> set[str]:
    entries = mappings(mapping(slot.get("meta")).get("security"))
    return {str(entry.get("code")) for entry in entries if entry.get("system") == SLOT_TYPES}


def judge_some_community(found: SearchSet) -> Iterator[Problem]:
    if not any("CPTS" in slot_types(one.resource) for one in found.of_type("Slot")):
        yield Problem("Aucun créneau ne porte le type CPTS pour les praticiens déclarés.", "Slot.meta.security")


def judge_community_slots(found: SearchSet) -> Iterator[Problem]:
    """CPTS among the types ⇔ one serviceType 604 per community, whose extension leads to a HealthcareService."""
    for one in found.of_type("Slot"):
        where = f"{one.where}.serviceType"
        services = [item for item in mappings(one.resource.get("serviceType")) if _is_community(item)]
        shown = "CPTS" in slot_types(one.resource)
        if shown and not services:
            yield Problem("Un créneau de CPTS ne nomme aucune communauté (serviceType 604).", where)
        if services and not shown:
            yield Problem("Un créneau nomme une communauté sans porter le type CPTS.", f"{one.where}.meta.security")
        for service in services:
            links = [item for item in mappings(service.get("extension")) if item.get("url") == SERVICE_EXTENSION]
            target = found.find(mapping(links[0].get("valueReference")).get("reference")) if links else None
            if len(links) != 1:
                yield Problem("Un serviceType 604 n’a pas l’extension Slot.serviceType.", f"{where}.extension")
            elif target is None or target.kind != "HealthcareService":
                yield Problem(
                    "L’extension d’un serviceType 604 ne mène pas à un HealthcareService du Bundle.",
                    f"{where}.extension",
                )


def judge_services(found: SearchSet) -> Iterator[Problem]:
    for one in found.of_type("HealthcareService"):
        target = found.find(mapping(one.resource.get("providedBy")).get("reference"))
        if target is None or target.kind != "Organization":
            yield Problem("Un HealthcareService ne mène pas à l’Organization de sa CPTS.", f"{one.where}.providedBy")


def judge_organizations(found: SearchSet, declared: Iterable[str]) -> Iterator[Problem]:
    """`1` + FINESS, name, phone; `declared`: the communities that the environment expects."""
    values = set()
    for one in found.of_type("Organization"):
        identifier = first_identifier(one.resource)
        values.add(str(identifier.get("value")))
        yield from judge_structure_identifier(identifier, f"{one.where}.identifier")
        if identifier.get("system") == NATIONAL_STRUCTURE and not FINESS_VALUE.fullmatch(str(identifier.get("value"))):
            yield Problem("L’identifiant d’une CPTS n’est pas 1 + FINESS.", f"{one.where}.identifier.value")
        if not str(one.resource.get("name") or "").strip():
            yield Problem("L’Organization d’une CPTS n’a pas de nom.", f"{one.where}.name")
        if not any(item.get("system") == "phone" for item in mappings(one.resource.get("telecom"))):
            yield Problem("L’Organization d’une CPTS n’a pas de téléphone.", f"{one.where}.telecom")
    missing = len(set(declared) - values)
    if missing:
        yield Problem(f"{missing} des CPTS déclarées n’apparaissent pas.", "Organization.identifier")


def judge_plain(plain: SearchSet, community: SearchSet) -> Iterator[Problem]:
    """What a plain INT_R01 request gets: no community, no slot that is for communities alone."""
    only = {
        (text(one.resource.get("start")), text(one.resource.get("comment")))
        for one in community.of_type("Slot")
        if slot_types(one.resource) == {"CPTS"}
    }
    for one in plain.placed:
        if one.kind in ("HealthcareService", "Organization"):
            yield Problem(f"Une recherche simple rend une ressource {one.kind}.", one.where)
        if one.kind != "Slot":
            continue
        if "CPTS" in slot_types(one.resource):
            yield Problem("Une recherche simple rend le type CPTS.", f"{one.where}.meta.security")
        if any(_is_community(item) for item in mappings(one.resource.get("serviceType"))):
            yield Problem("Une recherche simple rend un serviceType 604.", f"{one.where}.serviceType")
        if (text(one.resource.get("start")), text(one.resource.get("comment"))) in only:
            yield Problem("Une recherche simple rend un créneau réservé aux CPTS.", one.where)


def _is_community(concept: dict[str, Any]) -> bool:
    return any(
        item.get("system") == ESTABLISHMENTS and item.get("code") == COMMUNITY
        for item in mappings(concept.get("coding"))
    )
