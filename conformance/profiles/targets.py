"""What a Reference may lead to: its form, its aggregation, the type and the profile of its target."""

from __future__ import annotations

from typing import Any, Protocol

from .elements import Structure, TypeRef
from .findings import Finding, quoted
from .references import ANY_RESOURCE, RESOURCE_TYPES, Scope, is_well_formed, told_type


class Visit(Protocol):
    """What the check of a reference needs to know of the visit that met it, and where it says what it finds."""

    scope: Scope

    def structure(self, url: str) -> Structure | None: ...

    def type_of(self, url: str) -> str: ...

    def resolve(self, reference: Any) -> Scope | None: ...

    def errors_of(self, target: Scope, structure: Structure) -> list[Finding]: ...

    def error(self, path: str, rule: str, message: str) -> None: ...

    def flaw(self, path: str, rule: str, message: str) -> None: ...

    def note(self, rule: str, subject: str, path: str, message: str) -> None: ...


def check_reference(visit: Visit, reference: dict[str, Any], path: str, type_ref: TypeRef | None) -> None:
    """Checks a Reference; `type_ref` holds what the profile wants of its target, None when it wants nothing.

    The target is checked in full when it is at hand (contained, or in the same Bundle); else only by the type that
    the reference tells.
    """
    url = reference.get("reference")
    if isinstance(url, str) and url.strip() and not is_well_formed(url):
        visit.flaw(f"{path}.reference", "reference.format", "Doit être « #id », « Type/id » ou une URL absolue.")
        return
    target = visit.resolve(reference)
    kind = str(target.resource.get("resourceType", "")) if target else told_type(reference)
    _check_told_type(visit, reference, path, kind)
    if type_ref is None:
        return
    _check_aggregation(visit, url, path, type_ref, target)
    if not type_ref.targets or not kind:
        return
    candidates = [one for one in type_ref.targets if visit.type_of(one) in {kind, "", *ANY_RESOURCE}]
    if not candidates:
        types = ", ".join(sorted({visit.type_of(one) for one in type_ref.targets}))
        visit.error(path, "reference.type", f"La référence mène à {quoted(kind)}\u00a0; le profil attend {types}.")
    elif target is not None:
        _check_profile(visit, path, candidates, target)
    elif visit.scope.in_bundle:
        visit.note("reference.unresolved", path, path, "La cible n’est pas dans le Bundle\u00a0: non vérifiée.")


def _check_told_type(visit: Visit, reference: dict[str, Any], path: str, kind: str) -> None:
    told = reference.get("type")
    if not isinstance(told, str) or not told.strip():
        return
    name = told.rpartition("/")[2]
    if name not in RESOURCE_TYPES:
        visit.flaw(f"{path}.type", "reference.type", "N’est pas le nom d’un type de ressource R4.")
    elif kind and name != kind:
        visit.flaw(f"{path}.type", "reference.type", f"La référence mène à {quoted(kind)}, un autre type.")


def _check_aggregation(visit: Visit, url: Any, path: str, type_ref: TypeRef, target: Scope | None) -> None:
    modes = set(type_ref.aggregation)
    if not modes:
        return
    is_local = isinstance(url, str) and url.startswith("#")
    if modes == {"contained"} and not is_local:
        visit.error(path, "reference.aggregation", "La cible doit être contenue dans la ressource (« #id »).")
    elif is_local and "contained" not in modes:
        visit.error(path, "reference.aggregation", "La cible ne doit pas être contenue dans la ressource.")
    elif modes == {"bundled"} and target is None:
        visit.error(path, "reference.aggregation", "La cible doit être dans le Bundle.")


def _check_profile(visit: Visit, path: str, candidates: list[str], target: Scope) -> None:
    structures = [known for one in candidates if (known := visit.structure(one))]
    if len(structures) < len(candidates):
        # One of the profiles isn't at hand: it may be the one that the target follows.
        return
    errors = [visit.errors_of(target, structure) for structure in structures]
    if all(errors):
        where = quoted(errors[0][0].path)
        names = ", ".join(one.rpartition("/")[2] for one in candidates)
        visit.error(path, "reference.profile", f"La cible ne suit pas le profil {names}\u00a0: voir {where}.")
