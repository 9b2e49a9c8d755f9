"""Ways to break a resource that conforms, read in the definitions themselves: what each must be told, and where.

It reads the raw snapshots and shares no line with the walker. It breaks elements that no slice describes; the slices, the
invariants and the references are in written tables.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .mutations import Mutation, listed, mutated, removed, to, twice, unlisted

# Types of R4 that are one JSON value, with a value of another JSON type.
_OTHER_TYPE: dict[str, Any] = {
    "boolean": "true", "integer": "1", "positiveInt": "1", "unsignedInt": "1", "decimal": "1.5",
    **dict.fromkeys(("string", "code", "uri", "url", "canonical", "id", "markdown", "instant", "dateTime", "date"), 20240101),
}  # fmt: skip
_OBJECTS = {
    "Identifier",
    "CodeableConcept",
    "Coding",
    "Reference",
    "Address",
    "HumanName",
    "ContactPoint",
    "Period",
    "Meta",
}
# Elements that say which definition is to be used: broken, another one is.
_CHOOSES_THE_DEFINITION = ("meta", "meta.profile", "contained", "entry", "entry.resource")
NOT_IN_ANY_VALUE_SET = "not-in-any-value-set"


@dataclass(frozen=True)
class Breaking:
    """One way to break one place. element: of which profile it breaks a rule; rule, where: what must be told."""

    element: str
    source: str
    path: str
    how: str
    mutation: Mutation
    rule: str
    where: str

    def __str__(self) -> str:
        return f"{self.source}: {self.path} {self.how} ({self.element})"

    def broken_copy(self, resource: Any) -> Any:
        return mutated(copy.deepcopy(resource), self.path, self.mutation)


class Guide:
    """The raw definitions of a folder."""

    def __init__(self, folder: Path) -> None:
        documents = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
        self.profiles = {one["url"]: one for one in documents if one.get("resourceType") == "StructureDefinition"}
        self._value_sets = {
            one["url"] for one in documents if one.get("resourceType") == "ValueSet" and _lists_its_codes(one)
        }

    def breakings(self, source: str, resource: dict[str, Any]) -> Iterator[Breaking]:
        """Every way to break a resource, and those in it that declare a profile of the folder."""
        for prefix, node in _resources(resource):
            urls = node.get("meta", {}).get("profile", [])
            for profile in (self.profiles[url] for url in urls if url in self.profiles):
                for element in profile["snapshot"]["element"]:
                    yield from self._of_element(element, profile, source, resource["resourceType"], prefix, node)

    def _of_element(
        self,
        element: dict[str, Any],
        profile: dict[str, Any],
        source: str,
        root: str,
        prefix: str,
        node: dict[str, Any],
    ) -> Iterator[Breaking]:
        name = element["id"].partition(".")[2]
        if not name or ":" in name or "[x]" in name or name in _CHOOSES_THE_DEFINITION:
            return
        for parent, key, value in _places(node, name.split(".")):
            path = f"{prefix}{parent}{key}"
            for how, below, mutation, rule in self._ways(element, value):
                where = f"{root}.{path}{'' if rule in _OF_THE_WHOLE else below}"
                yield Breaking(f"{profile['name']}.{name}", source, f"{path}{below}", how, mutation, rule, where)

    def _ways(self, element: dict[str, Any], value: Any) -> Iterator[tuple[str, str, Mutation, str]]:
        """(how, below the element's path, mutation, the rule that it breaks)."""
        one, below = (value[0], "[0]") if isinstance(value, list) else (value, "")
        code = element["type"][0]["code"].rpartition("/")[2] if "type" in element else ""
        if element["min"] >= 1:
            yield "removed", "", removed, "cardinality.min"
        if isinstance(value, list):
            yield "out of its array", "", unlisted, "json.array"
            if element["max"] != "*" and len(value) == int(element["max"]):
                yield "once too often", "", twice, "cardinality.max"
        else:
            yield "in an array", "", listed, "json.array"
        yield "null", below, to(None), "json.null"
        if code in _OTHER_TYPE and len(element["type"]) == 1:
            yield "of another type", below, to(_OTHER_TYPE[code]), "type.format"
            if isinstance(one, str):
                yield "blank", below, to(" "), "type.format"
        if code in _OBJECTS:
            yield "a text", below, to("texte"), "json.type"
            yield "empty", below, to({}), "json.empty"
            yield "with a strange element", f"{below}.creneau", to("x"), "element.unknown"
        for rule in ("fixed", "pattern"):
            wanted = next((wish for key, wish in element.items() if key.startswith(rule)), None)
            if isinstance(wanted, str):
                yield "another value", below, to(f"{wanted}9"), rule
            elif isinstance(wanted, dict):
                yield "without what is imposed", below, to({"text": "autre"}), rule
        binding = element.get("binding", {})
        if binding.get("strength") == "required" and self._lists(binding["valueSet"].partition("|")[0], code):
            yield "of no code of the value set", below, to(_coded(code)), "binding"
        if "maxLength" in element and isinstance(one, str):
            yield "too long", below, to("9" * (element["maxLength"] + 1)), "max-length"
        if code == "Reference" and isinstance(one, dict) and "reference" in one and _is_choosy(element):
            yield "to another type", below, to({"reference": "Substance/1"}), "reference.type"

    def _lists(self, value_set: str, code: str) -> bool:
        """Whether its codes are known: those of the folder and, of elements of type `code`, those of R4 itself."""
        return value_set in self._value_sets or (
            code == "code" and value_set.startswith("http://hl7.org/fhir/ValueSet/")
        )


# Told at the element, whichever of its values is changed.
_OF_THE_WHOLE = {"cardinality.min", "cardinality.max", "json.array"}


def _resources(node: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    yield prefix, node
    for index, held in enumerate(node.get("contained", [])):
        yield from _resources(held, f"{prefix}contained[{index}].")
    for index, entry in enumerate(node.get("entry", [])):
        yield from _resources(entry["resource"], f"{prefix}entry[{index}].resource.")


def _places(node: Any, steps: list[str], path: str = "") -> Iterator[tuple[str, str, Any]]:
    """(path of the parent with its stop, key, value) of every element of that name that is there."""
    if not isinstance(node, dict) or steps[0] not in node:
        return
    value = node[steps[0]]
    if len(steps) == 1:
        yield path, steps[0], value
        return
    for index, one in enumerate(value) if isinstance(value, list) else ((None, value),):
        below = f"{path}{steps[0]}." if index is None else f"{path}{steps[0]}[{index}]."
        yield from _places(one, steps[1:], below)


def _lists_its_codes(value_set: dict[str, Any]) -> bool:
    includes = value_set.get("compose", {}).get("include", [])
    return bool(includes) and all("concept" in one for one in includes)


def _coded(code: str) -> Any:
    coding = {"system": "urn:oid:1.2.3", "code": NOT_IN_ANY_VALUE_SET}
    return {"code": NOT_IN_ANY_VALUE_SET, "Coding": coding, "CodeableConcept": {"coding": [coding]}}[code]


def _is_choosy(element: dict[str, Any]) -> bool:
    targets = element["type"][0].get("targetProfile", [])
    return bool(targets) and not any(url.endswith(("/Resource", "/DomainResource")) for url in targets)
