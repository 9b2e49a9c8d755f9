"""Who and where: identifiers, names, phones, addresses. Source: « Identifiers » and the table of INT_R01."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from conformance.recette.environment import NATIONAL_STRUCTURE
from conformance.recette.findings import Problem
from conformance.recette.judging.graph import contained_locations
from conformance.recette.judging.searchset import SearchSet, codings, items, mapping, mappings
from sandbox.sas.vocabulary import IDENTIFIER_TYPES, NATIONAL_PERSON, Identifier

LOCATION_TYPES = "http://interopsante.org/fhir/CodeSystem/fr-location-identifier-type"
PERSON_VALUE = re.compile(r"8\d{11}|0\d[0-9AB]\d{7}")
# FINESS, SIRET, RPPS rang (seen with 10 to 14 digits), ADELI rang; Corsican letters.
STRUCTURE_VALUE = re.compile(r"1\d[0-9AB]\d{7}|3\d{14}|4\d{10,14}|0\d[0-9AB]\d{7,9}")
PHONE = re.compile(r"\+(33|262|590|594|596)[1-9]\d{8}")
POSTAL_CODE = re.compile(r"\d{5}")


def judge_practitioners(found: SearchSet) -> Iterator[Problem]:
    """Type IDNPS, national system, prefixed value."""
    for one in found.of_type("Practitioner"):
        entries = mappings(one.resource.get("identifier"))
        national = [entry for entry in entries if entry.get("system") == NATIONAL_PERSON]
        if not entries:
            yield Problem("Un Practitioner n’a pas d’identifiant.", f"{one.where}.identifier")
        elif not national:
            yield Problem(
                "Un Practitioner n’a pas d’identifiant national (1.2.250.1.71.4.2.1).", f"{one.where}.identifier.system"
            )
        for entry in national:
            yield from _typed(entry, "IDNPS", IDENTIFIER_TYPES, f"{one.where}.identifier")
            if not PERSON_VALUE.fullmatch(str(entry.get("value"))):
                yield Problem(
                    "L’identifiant d’un Practitioner n’est pas 8 + RPPS ni 0 + ADELI.", f"{one.where}.identifier.value"
                )


def judge_names(found: SearchSet) -> Iterator[Problem]:
    for one in found.of_type("Practitioner"):
        names = mappings(one.resource.get("name"))
        if not any(str(name.get("family") or "").strip() for name in names):
            yield Problem("Un Practitioner n’a pas de nom de famille.", f"{one.where}.name.family")
        if not any(str(given).strip() for name in names for given in items(name.get("given"))):
            yield Problem("Un Practitioner n’a pas de prénom.", f"{one.where}.name.given")


def judge_asked(found: SearchSet, asked: Iterable[Identifier]) -> Iterator[Problem]:
    """Only practitioners who were asked for, under the identifier that was asked for."""
    wanted = {identifier.value for identifier in asked}
    for one in found.of_type("Practitioner"):
        values = {str(entry.get("value")) for entry in mappings(one.resource.get("identifier"))}
        if not values & wanted:
            yield Problem("Un praticien qui n’était pas demandé est rendu.", f"{one.where}.identifier.value")


def judge_structures(found: SearchSet) -> Iterator[Problem]:
    """PractitionerRole.organization.identifier: IDNST, national system, prefixed value."""
    for one in found.of_type("PractitionerRole"):
        where = f"{one.where}.organization.identifier"
        identifier = mapping(mapping(one.resource.get("organization")).get("identifier"))
        if not identifier.get("value"):
            # The platform then shows a second card for the same structure.
            yield Problem("Un PractitionerRole n’a pas l’identifiant de sa structure.", where)
            continue
        yield from judge_structure_identifier(identifier, where)


def judge_structure_identifier(identifier: dict[str, Any], where: str) -> Iterator[Problem]:
    if identifier.get("system") != NATIONAL_STRUCTURE:
        yield Problem("Le système de l’identifiant d’une structure n’est pas 1.2.250.1.71.4.2.2.", f"{where}.system")
    if not any(item.get("code") == "IDNST" for item in codings(identifier.get("type"))):
        yield Problem("Le type de l’identifiant d’une structure n’est pas IDNST.", f"{where}.type")
    if not STRUCTURE_VALUE.fullmatch(str(identifier.get("value"))):
        yield Problem(
            "L’identifiant d’une structure n’est pas 1 + FINESS, 3 + SIRET, 4 + RPPS rang ni 0 + ADELI rang.",
            f"{where}.value",
        )


def judge_location_identifiers(found: SearchSet) -> Iterator[Problem]:
    for location, where in _locations(found):
        entries = mappings(location.get("identifier"))
        if not entries:
            yield Problem("Une Location n’a pas d’identifiant.", f"{where}.identifier")
        for entry in entries:
            yield from _typed(entry, "INTRN", LOCATION_TYPES, f"{where}.identifier")
            for name in ("system", "value"):
                if not entry.get(name):
                    yield Problem(f"L’identifiant d’une Location n’a pas de {name}.", f"{where}.identifier.{name}")


def judge_phones(found: SearchSet) -> Iterator[Problem]:
    """Phones, where there are some, in international form; overseas departments keep their own prefix."""
    for one in found.placed:
        yield from _phones(one.resource, one.where)
        for number, contained in enumerate(mappings(one.resource.get("contained"))):
            yield from _phones(contained, f"{one.where}.contained[{number}]")
    for one in found.of_type("PractitionerRole"):
        if not any(item.get("system") == "phone" for item in mappings(one.resource.get("telecom"))):
            yield Problem("Un PractitionerRole n’a pas de téléphone.", f"{one.where}.telecom", warning=True)


def judge_addresses(found: SearchSet) -> Iterator[Problem]:
    for location, where in _locations(found):
        address = mapping(location.get("address"))
        lines = [line for line in items(address.get("line")) if str(line).strip()]
        if len(lines) != 1:
            yield Problem(f"L’adresse d’une Location a {len(lines)} lignes : une attendue.", f"{where}.address.line")
        if not str(address.get("city") or "").strip():
            yield Problem("L’adresse d’une Location n’a pas de ville.", f"{where}.address.city")
        if not POSTAL_CODE.fullmatch(str(address.get("postalCode"))):
            yield Problem("Le code postal d’une Location n’a pas cinq chiffres.", f"{where}.address.postalCode")


def _phones(resource: dict[str, Any], where: str) -> Iterator[Problem]:
    for number, item in enumerate(mappings(resource.get("telecom"))):
        place = f"{where}.telecom[{number}].value"
        if item.get("system") == "phone" and not PHONE.fullmatch(str(item.get("value"))):
            yield Problem("Un téléphone n’est pas écrit +33 (ou +262, +590, +594, +596) et neuf chiffres.", place)


def _typed(entry: dict[str, Any], code: str, system: str, where: str) -> Iterator[Problem]:
    found = list(codings(entry.get("type")))
    if not any(item.get("code") == code and item.get("system") == system for item in found):
        yield Problem(f"Le type d’un identifiant n’est pas {code} ({system.rpartition('/')[2]}).", f"{where}.type")


def _locations(found: SearchSet) -> Iterator[tuple[dict[str, Any], str]]:
    for one in (*found.of_type("PractitionerRole"), *found.of_type("Location")):
        if one.kind == "Location":
            yield one.resource, one.where
        else:
            yield from ((location, f"{one.where}.contained") for location in contained_locations(one))
