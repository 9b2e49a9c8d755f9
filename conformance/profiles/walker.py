"""One check of one resource: which profiles apply to it and to what it holds, and what is already known of each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .elements import Element, Structure
from .findings import Finding, Severity, quoted
from .library import Library
from .references import RESOURCE_TYPES, Scope, index_bundle
from .slicing import declared_profiles
from .visit import Visit

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFORMATION: 2}


class Walker:
    """Holds what one check shares: results already known, resources of the Bundle, remarks to be made once."""

    def __init__(self, definitions: Library) -> None:
        self.definitions = definitions
        self._results: dict[tuple[int, str], list[Finding]] = {}
        self._scopes: dict[int, Scope] = {}
        self._notes: dict[tuple[str, str], Finding] = {}

    def check(self, resource: Any, profile_url: str | None) -> list[Finding]:
        if not isinstance(resource, dict):
            return [Finding("Resource", "json.type", "Une ressource FHIR est un objet JSON.", Severity.ERROR)]
        path = str(resource.get("resourceType", "Resource"))
        try:
            found = self._check_root(Scope(resource, path, resource), profile_url)
        except RecursionError:
            # What we are given comes from the network: absurdly deep JSON is refused, it doesn't stop the caller.
            return [Finding(path, "json.depth", "La ressource est trop profonde pour être lue.", Severity.ERROR)]
        unique = dict.fromkeys([*found, *self._notes.values()])
        return sorted(unique, key=lambda finding: _RANK[finding.severity])

    def _check_root(self, scope: Scope, profile_url: str | None) -> list[Finding]:
        structure = self.definitions.structure(profile_url) if profile_url else None
        if structure is None:
            return self.nested(scope, ())
        wrong = self._wrong_type(scope, structure.type)
        return [wrong] if wrong else self.findings_of(scope, structure)

    def scope_of(self, resource: dict[str, Any]) -> Scope | None:
        """Where a resource of the Bundle at hand stands."""
        return self._scopes.get(id(resource))

    def note(self, rule: str, subject: str, path: str, message: str) -> None:
        """Says once in a check, at the first place met, that `subject` could not be checked."""
        self._notes.setdefault((rule, subject), Finding(path, rule, message, Severity.INFORMATION))

    def nested(self, scope: Scope, profiles: Iterable[str]) -> list[Finding]:
        """Checks a resource against its declared profiles and `profiles`; against its base when none is known."""
        kind = str(scope.resource.get("resourceType"))
        if kind not in RESOURCE_TYPES:
            message = "L’élément « resourceType » est absent ou ne nomme pas un type de ressource R4."
            return [Finding(scope.path, "resource.type", message, Severity.ERROR)]
        structures: dict[str, Structure] = {}
        for url in (*declared_profiles(scope.resource), *profiles):
            structure = self.definitions.structure(url)
            if structure is not None:
                structures[structure.url] = structure
            else:
                self.note("profile.unknown", url, scope.path, f"Profil inconnu du dossier, non vérifié\u00a0: {url}")
        base = self.definitions.base(kind)
        if not structures and base is not None:
            structures[base.url] = base
        found: list[Finding] = []
        for structure in structures.values():
            wrong = self._wrong_type(scope, structure.type)
            found.extend([wrong] if wrong else self.findings_of(scope, structure))
        if not structures:
            self.note("resource.unknown", kind, scope.path, f"Aucune définition pour {quoted(kind)}, non vérifié.")
            nothing = Structure("", kind, "", Element(kind))
            Visit(self, scope, nothing, found).shape(scope.resource, scope.path)
        return found

    def findings_of(self, scope: Scope, structure: Structure) -> list[Finding]:
        """What one profile has to say of one resource, computed once. A resource met again while it is being checked
        (references in a circle) is taken as good: what is wrong in it is found by the check under way."""
        key = (id(scope.resource), structure.url)
        if key not in self._results:
            self._results[key] = []
            if structure.type == "Bundle":
                self._scopes.update({id(entry.resource): entry for entry in index_bundle(scope.resource, scope.path)})
            found: list[Finding] = []
            Visit(self, scope, structure, found).resource()
            self._results[key] = list(dict.fromkeys(found))
        return self._results[key]

    def _wrong_type(self, scope: Scope, expected: str) -> Finding | None:
        if scope.resource.get("resourceType") == expected:
            return None
        message = f"Ressource de type {quoted(expected)} attendue."
        return Finding(scope.path, "resource.type", message, Severity.ERROR)
