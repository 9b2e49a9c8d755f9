"""Walks one resource with one definition, element by element."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import zip_longest
from typing import Any, Protocol

from . import slicing
from .bindings import ValueSet, is_member, shown
from .datatypes import PRIMITIVES, TYPE_INVARIANTS, children_of, is_absolute, primitive_problem
from .elements import FHIR_CORE, Element, Structure
from .findings import Finding, Severity, has_errors, quoted
from .invariants import INVARIANTS, Invariant, find, is_settled
from .library import Library
from .references import ANY_RESOURCE, RESOURCE_TYPES, Scope
from .slicing import Item
from .targets import check_reference

_ABSENT: Any = object()


class Check(Protocol):
    """What a visit needs to know of the check that it is part of (`walker.Walker`)."""

    definitions: Library

    def scope_of(self, resource: dict[str, Any]) -> Scope | None: ...

    def note(self, rule: str, subject: str, path: str, message: str) -> None: ...

    def nested(self, scope: Scope, profiles: Iterable[str]) -> list[Finding]: ...

    def findings_of(self, scope: Scope, structure: Structure) -> list[Finding]: ...


class Visit:
    """One resource against one profile. Findings go to `sink`."""

    def __init__(self, check: Check, scope: Scope, structure: Structure, sink: list[Finding]) -> None:
        self.check = check
        self.scope = scope
        self.root = structure
        self.profile = structure.url
        self._sink = sink

    # What slicing and references ask (slicing.Lookup, targets.Visit) -------------------------------------------------

    def structure(self, url: str) -> Structure | None:
        return self.check.definitions.structure(url)

    def canonical(self, url: str) -> str:
        return self.check.definitions.canonical(url)

    def type_of(self, url: str) -> str:
        return self.check.definitions.type_of(url)

    def value_set(self, url: str) -> ValueSet | None:
        return self.check.definitions.value_set(url)

    def resolve(self, reference: Any) -> Scope | None:
        return self.scope.resolve(reference)

    def conforms(self, resource: dict[str, Any], url: str) -> bool:
        held = (scope for scope in self.scope.contained() if scope.resource is resource)
        structure, scope = self.structure(url), self.check.scope_of(resource) or next(held, None)
        return structure is not None and scope is not None and not self.errors_of(scope, structure)

    def errors_of(self, target: Scope, structure: Structure) -> list[Finding]:
        return [one for one in self.check.findings_of(target, structure) if one.severity is Severity.ERROR]

    # Reporting --------------------------------------------------------------------------------------------------

    def error(self, path: str, rule: str, message: str) -> None:
        """A rule of the profile is broken."""
        self._sink.append(Finding(path, rule, message, Severity.ERROR, self.profile))

    def flaw(self, path: str, rule: str, message: str) -> None:
        """A rule of FHIR itself is broken, whatever the profile."""
        self._sink.append(Finding(path, rule, message, Severity.ERROR))

    def note(self, rule: str, subject: str, path: str, message: str) -> None:
        """`subject` could not be checked."""
        self.check.note(rule, subject, path, message)

    # Walking ----------------------------------------------------------------------------------------------------

    def resource(self) -> None:
        root, node = self.root.root, self.scope.resource
        self.shape(node, self.scope.path)
        self._object(node, root.children, self.scope.path, is_resource=True)
        self._constraints(node, root, "", self.scope.path)

    def shape(self, value: Any, path: str) -> None:
        """Nothing null nor empty, anywhere. A null is good only in an array of primitives, beside its extension."""
        if value is None:
            self.flaw(path, "json.null", "Une valeur nulle n’est pas permise\u00a0: ce qui n’est pas connu s’omet.")
        elif isinstance(value, dict | list) and not value:
            self.flaw(path, "json.empty", "Un objet ou un tableau vide n’est pas permis.")
        elif isinstance(value, dict):
            for key, below in value.items():
                twin = value.get(key.removeprefix("_") if key.startswith("_") else f"_{key}")
                if isinstance(below, list) and isinstance(twin, list) and below:
                    pairs = enumerate(zip_longest(below, twin))
                    for index, (one, other) in pairs:
                        if index < len(below) and not (one is None and other is not None):
                            self.shape(one, f"{path}.{key}[{index}]")
                else:
                    self.shape(below, f"{path}.{key}")
        elif isinstance(value, list):
            for index, below in enumerate(value):
                self.shape(below, f"{path}[{index}]")

    def _object(self, node: dict[str, Any], children: dict[str, Element], path: str, is_resource: bool = False) -> None:
        allowed: dict[str, str] = {}
        for element in children.values():
            allowed.update(_properties(element))
        for key in node:
            name = key.removeprefix("_")
            if name in allowed and (name == key or allowed[name] in PRIMITIVES):
                continue
            if key == "resourceType" and is_resource:
                continue
            self._unknown(key, children, path)
        for element in children.values():
            self._child(node, element, path)

    def _unknown(self, key: str, children: dict[str, Element], path: str) -> None:
        choices = (child.name[:-3] for child in children.values() if child.is_choice)
        if any(slicing.is_choice_of(key, name) for name in choices):
            self.error(f"{path}.{key}", "type.choice", f"{quoted(key)} n’est pas d’un type permis ici.")
        else:
            self.flaw(f"{path}.{key}", "element.unknown", f"L’élément {quoted(key)} n’existe pas ici.")

    def _child(self, node: dict[str, Any], element: Element, path: str) -> None:
        items = self._collect(node, element, path)
        where = f"{path}.{element.name.removesuffix('[x]')}"
        self._cardinality(len(items), element, where)
        if not items:
            if element.slices and element.max != 0:
                self._slices(items, element, where)
            return
        for item in items:
            self._value(item, element)
        unmatched = self._slices(items, element, where) if element.slices else items
        for item in unmatched:
            if item.code == "Extension" and isinstance(item.value, dict):
                self._extension(item, element)

    def _collect(self, node: dict[str, Any], element: Element, path: str) -> list[Item]:
        items: list[Item] = []
        for name, code in _properties(element).items():
            raw, extra = node.get(name, _ABSENT), node.get(f"_{name}", _ABSENT)
            if raw is _ABSENT and extra is _ABSENT:
                continue
            where = f"{path}.{name}"
            for shown_value in (raw, extra):
                if shown_value is not _ABSENT and isinstance(shown_value, list) != element.is_list:
                    kind = "un tableau" if element.is_list else "une seule valeur et non un tableau"
                    self.flaw(where, "json.array", f"{quoted(name)} doit être, en JSON, {kind}.")
            values = raw if isinstance(raw, list) else ([] if raw is _ABSENT else [raw])
            extras = extra if isinstance(extra, list) else ([] if extra is _ABSENT else [extra])
            for index, (value, twin) in enumerate(zip_longest(values, extras)):
                if value is not None or twin is not None:
                    items.append(Item(value, f"{where}[{index}]" if element.is_list else where, code, twin))
        return items

    def _cardinality(self, count: int, element: Element, path: str, what: str = "") -> None:
        subject = what or quoted(path.rpartition(".")[2])
        rule = "slice" if what else "cardinality"
        if element.max == 0 and count:
            self.error(path, f"{rule}.max", f"{subject} n’est pas permis par ce profil.")
        elif element.max is not None and count > element.max:
            self.error(path, f"{rule}.max", f"{subject}\u00a0: {element.max} au plus, mais {count} ici.")
        if count < element.min:
            missing = " est obligatoire" if element.min == 1 else f"\u00a0: {element.min} au moins, mais {count} ici"
            self.error(path, f"{rule}.min", f"{subject}{missing}.")

    def _value(self, item: Item, element: Element) -> None:
        if item.code in PRIMITIVES:
            if not self._primitive(item, element):
                return
        elif item.code in ANY_RESOURCE or item.code in RESOURCE_TYPES:
            self._resource(item, element)
            return
        elif not self._complex(item, element):
            return
        if element.fixed is not None and not slicing.agrees(item.value, element):
            self.error(item.path, "fixed", f"Valeur imposée par le profil\u00a0: {_json(element.fixed)}.")
        elif element.pattern is not None and not slicing.agrees(item.value, element):
            wanted = "attend" if isinstance(element.pattern, str) else "attend au moins"
            self.error(item.path, "pattern", f"Le profil {wanted}\u00a0: {_json(element.pattern)}.")
        if element.value_set:
            self._binding(item, element)
        if element.max_length is not None and isinstance(item.value, str) and len(item.value) > element.max_length:
            self.error(item.path, "max-length", f"{element.max_length} caractères au plus.")

    def _primitive(self, item: Item, element: Element) -> bool:
        if item.extra is not None:
            if isinstance(item.extra, dict):
                about = children_of("Extension") or {}
                self._object(item.extra, {name: about[name] for name in ("id", "extension")}, item.path)
            else:
                self.flaw(item.path, "json.type", "Ce qui accompagne une valeur simple (« _ ») est un objet.")
        if item.value is None:
            return element.fixed is not None or element.pattern is not None
        problem = primitive_problem(item.code, item.value)
        if not problem and element.name == "fullUrl" and not is_absolute(item.value):
            problem = "une URL absolue"
        if problem:
            self.flaw(item.path, "type.format", f"Doit être {problem}.")
        return not problem

    def _complex(self, item: Item, element: Element) -> bool:
        if not isinstance(item.value, dict):
            self.flaw(item.path, "json.type", f"Doit être un objet JSON (type {item.code or 'composite'}).")
            return False
        target = self.root.at(element.content_reference) if element.content_reference else element
        children = (target.children if target else {}) or children_of(item.code)
        if children is None:
            self.note("type.unknown", item.code, item.path, f"Type {quoted(item.code)} non vérifié.")
            return True
        self._object(item.value, children, item.path)
        system = item.value.get("system")
        names_a_system = item.code in {"Identifier", "Coding"} and isinstance(system, str) and system.strip()
        if names_a_system and not is_absolute(system):
            self.flaw(f"{item.path}.system", "type.format", "Doit être une URI absolue.")
        self._constraints(item.value, target or element, item.code, item.path)
        if item.code == "Reference":
            targets = next((entry for entry in element.types if entry.code == "Reference"), None)
            check_reference(self, item.value, item.path, targets)
        self._type_profiles(item, element)
        return True

    def _type_profiles(self, item: Item, element: Element) -> None:
        """The profiles that an element's type names (FrAddress, an extension's definition): one of them must agree."""
        urls = [url for entry in element.types if entry.code == item.code for url in entry.profiles]
        trials: list[list[Finding]] = []
        for url in urls:
            structure = self.structure(url)
            if structure is None:
                message = f"Profil inconnu du dossier, non vérifié\u00a0: {url}"
                self.note("profile.unknown", url, item.path, message)
                return
            trials.append([])
            Visit(self.check, self.scope, structure, trials[-1])._complex(item, structure.root)
        if trials and all(has_errors(trial) for trial in trials):
            self._sink.extend(trials[0])

    def _extension(self, item: Item, element: Element) -> None:
        """An extension that no slice of the profile describes: by its own definition, when there is one."""
        url = item.value.get("url")
        structure = self.structure(url) if isinstance(url, str) else None
        if structure is not None and structure.type == "Extension":
            Visit(self.check, self.scope, structure, self._sink)._complex(item, structure.root)
        elif element.name == "modifierExtension":
            message = "Une extension modificatrice inconnue interdit de se servir de l’élément."
            self.flaw(item.path, "extension.modifier", message)
        elif isinstance(url, str):
            message = f"Extension inconnue du dossier, non vérifiée\u00a0: {url}"
            self.note("extension.unknown", url, item.path, message)

    def _resource(self, item: Item, element: Element) -> None:
        if not isinstance(item.value, dict):
            self.flaw(item.path, "json.type", "Une ressource FHIR est un objet JSON.")
            return
        codes = {entry.code for entry in element.types}
        if not codes & ANY_RESOURCE and str(item.value.get("resourceType")) not in codes:
            expected = quoted(", ".join(sorted(codes)))
            self.error(item.path, "resource.type", f"Ressource de type {expected} attendue.")
            return
        scope = self.check.scope_of(item.value)
        if element.name == "contained" or scope is None:
            container = self.scope.container if element.name == "contained" else item.value
            around = self.scope
            scope = Scope(item.value, item.path, container, around.full_url, around.entries, around.in_bundle)
        profiles = [url for entry in element.types for url in entry.profiles]
        self._sink.extend(self.check.nested(scope, profiles))

    def _binding(self, item: Item, element: Element) -> None:
        known = self.value_set(element.value_set)
        if known is None:
            message = f"Jeu de valeurs inconnu du dossier, non vérifié\u00a0: {element.value_set}"
            self.note("binding.unknown", element.value_set, item.path, message)
        elif item.value is not None and not is_member(known, item.code, item.value):
            message = (
                f"{quoted(shown(item.code, item.value))} n’est pas du jeu de valeurs imposé\u00a0: {known.listing()}."
            )
            self.error(item.path, "binding", message)

    def _constraints(self, node: dict[str, Any], element: Element, code: str, path: str) -> None:
        broken: dict[str, tuple[Invariant, Severity, str]] = {}
        for constraint in element.constraints:
            invariant = find(constraint)
            if invariant is not None and not invariant.test(node, self.scope):
                source = "" if constraint.source.startswith(FHIR_CORE) else self.profile
                broken[invariant.key] = (invariant, Severity(constraint.severity), source)
            elif not is_settled(constraint):
                message = f"Règle {quoted(constraint.key)} non vérifiée\u00a0: {constraint.human}"
                self.note("invariant.unknown", f"{constraint.key}{constraint.expression}", path, message)
        for key in TYPE_INVARIANTS.get(code, ()):
            if not INVARIANTS[key].test(node, self.scope):
                broken.setdefault(key, (INVARIANTS[key], Severity.ERROR, ""))
        for key, (invariant, severity, source) in broken.items():
            self._sink.append(Finding(path, f"invariant.{key}", invariant.message, severity, source))

    def _slices(self, items: list[Item], element: Element, path: str) -> list[Item]:
        """Checks the slices of an element; returns the items that none of them describes."""
        if element.slicing is None:
            return items
        sorting = slicing.sort(items, element, element.slicing, self)
        for candidate in sorting.undecidable:
            message = f"Tranche {quoted(candidate.slice_name)} non vérifiée\u00a0: son critère n’est pas connu."
            self.note("slice.undecidable", f"{self.profile}{path}:{candidate.slice_name}", path, message)
        for candidate, members in sorting.members:
            self._cardinality(len(members), candidate, path, f"La tranche {quoted(candidate.slice_name)}")
            for item in members:
                self._value(item, candidate)
        rules = element.slicing.rules
        if sorting.unmatched and rules == "closed" and not sorting.undecidable:
            for item in sorting.unmatched:
                self.error(item.path, "slice.closed", "Le profil ne permet ici que les valeurs qu’il décrit.")
        if (element.slicing.ordered and not sorting.is_ordered()) or (
            rules == "openAtEnd" and not sorting.is_open_only_at_end()
        ):
            self.error(path, "slice.order", "Les valeurs ne sont pas dans l’ordre imposé par le profil.")
        if any(entry.kind == "profile" for entry in element.slicing.discriminators):
            self._stray(sorting)
        return sorting.unmatched

    def _stray(self, sorting: slicing.Sorting) -> None:
        """A resource of a type that a slice is for, and that meets the profile of none: allowed, most often a slip."""
        codes = {
            entry.code
            for candidate, _ in sorting.members
            if (resource := candidate.children.get("resource"))
            for entry in resource.types
        }
        for item in sorting.unmatched:
            resource = item.value.get("resource") if isinstance(item.value, dict) else None
            if isinstance(resource, dict) and str(resource.get("resourceType")) in codes:
                message = "Cette ressource ne suit aucun des profils que le Bundle prévoit pour son type."
                self._sink.append(Finding(item.path, "slice.unmatched", message, Severity.WARNING, self.profile))


def _properties(element: Element) -> dict[str, str]:
    """The JSON names an element may take, with their types: `value[x]` takes one name per type."""
    if not element.is_choice:
        return {element.name: element.types[0].code if element.types else ""}
    stem = element.name.removesuffix("[x]")
    return {f"{stem}{entry.code[0].upper()}{entry.code[1:]}": entry.code for entry in element.types}


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
