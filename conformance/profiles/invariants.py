"""The FHIRPath invariants of these profiles, each written by hand in Python.

An invariant is checked when its key is in the table below **and** its expression is the one written here: a later
guide that keeps a key and changes the rule gets it listed as not checked, never checked wrongly.
`ele-1` (nothing empty) is the walker's own work; `dom-6` (a narrative is good practice) is left out on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .elements import Constraint
from .references import Scope

Test = Callable[[dict[str, Any], Scope], bool]
STRUCTURAL = frozenset({"ele-1"})
LEFT_OUT = frozenset({"dom-6"})


@dataclass(frozen=True, slots=True)
class Invariant:
    """`test(node, scope)`: node is the element that carries the rule, scope the resource it stands in."""

    key: str
    expression: str
    message: str
    test: Test


INVARIANTS: dict[str, Invariant] = {}


def find(constraint: Constraint) -> Invariant | None:
    """The hand-written form of a constraint; None when there is none, or for another expression."""
    known = INVARIANTS.get(constraint.key)
    return known if known and known.expression == constraint.expression else None


def is_settled(constraint: Constraint) -> bool:
    """True when the constraint is checked, by this module or by the walker, or left out on purpose."""
    return constraint.key in STRUCTURAL | LEFT_OUT or find(constraint) is not None


def _invariant(key: str, expression: str, message: str) -> Callable[[Test], Test]:
    def register(test: Test) -> Test:
        INVARIANTS[key] = Invariant(key, expression, message, test)
        return test

    return register


def _has(node: Any, name: str) -> bool:
    return isinstance(node, dict) and (name in node or f"_{name}" in node)


def _items(node: dict[str, Any], name: str) -> list[dict[str, Any]]:
    value = node.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for below in value.values():
            yield from _strings(below)
    elif isinstance(value, list):
        for below in value:
            yield from _strings(below)


# Datatypes ---------------------------------------------------------------------------------------------------------


@_invariant(
    "ext-1", "extension.exists() != value.exists()", "Une extension porte une valeur ou des extensions, pas les deux."
)
def _ext_1(node: dict[str, Any], scope: Scope) -> bool:
    return _has(node, "extension") != any(name.lstrip("_").startswith("value") for name in node)


@_invariant(
    "per-1",
    "start.hasValue().not() or end.hasValue().not() or (start <= end)",
    "Le début d’une période précède sa fin.",
)
def _per_1(node: dict[str, Any], scope: Scope) -> bool:
    start, end = node.get("start"), node.get("end")
    return not isinstance(start, str) or not isinstance(end, str) or _in_order(start, end)


def _in_order(start: str, end: str) -> bool:
    """Partial dates compare on the precision they share, as FHIRPath does; a doubt is no refusal."""
    if "T" in start and "T" in end:
        try:
            return datetime.fromisoformat(start) <= datetime.fromisoformat(end)
        except (ValueError, TypeError):
            return True
    shared = min(len(start.partition("T")[0]), len(end.partition("T")[0]))
    return start[:shared] <= end[:shared]


@_invariant(
    "ref-1",
    "reference.startsWith('#').not() or (reference.substring(1).trace('url') in "
    "%rootResource.contained.id.trace('ids'))",
    "Une référence locale « #… » mène à une ressource contenue.",
)
def _ref_1(node: dict[str, Any], scope: Scope) -> bool:
    url = node.get("reference")
    if not isinstance(url, str) or not url.startswith("#"):
        return True
    # "#" alone names the container, from within a contained resource.
    return (url == "#" and scope.is_contained) or scope.resolve(node) is not None


@_invariant("cpt-2", "value.empty() or system.exists()", "Un contact qui a une valeur a aussi un système.")
def _cpt_2(node: dict[str, Any], scope: Scope) -> bool:
    return not _has(node, "value") or _has(node, "system")


@_invariant("att-1", "data.empty() or contentType.exists()", "Une pièce jointe qui a un contenu dit son type.")
def _att_1(node: dict[str, Any], scope: Scope) -> bool:
    return not _has(node, "data") or _has(node, "contentType")


# Every resource ----------------------------------------------------------------------------------------------------


@_invariant("dom-2", "contained.contained.empty()", "Une ressource contenue n’en contient pas d’autre.")
def _dom_2(node: dict[str, Any], scope: Scope) -> bool:
    return not any("contained" in held for held in _items(node, "contained"))


@_invariant(
    "dom-3",
    "contained.where((('#'+id in (%resource.descendants().reference | %resource.descendants().as(canonical) "
    "| %resource.descendants().as(uri) | %resource.descendants().as(url))) or descendants().where(reference = "
    "'#').exists() or descendants().where(as(canonical) = '#').exists() or descendants().where(as(canonical) = "
    "'#').exists()).not()).trace('unmatched', id).empty()",
    "Une ressource contenue est désignée par une référence « #id ».",
)
def _dom_3(node: dict[str, Any], scope: Scope) -> bool:
    local = {text for text in _strings(node) if text.startswith("#")}
    return all(f"#{held.get('id')}" in local or "#" in set(_strings(held)) for held in _items(node, "contained"))


@_invariant(
    "dom-4",
    "contained.meta.versionId.empty() and contained.meta.lastUpdated.empty()",
    "Une ressource contenue n’a ni version ni date de mise à jour.",
)
def _dom_4(node: dict[str, Any], scope: Scope) -> bool:
    return not any(
        _has(held.get("meta"), name) for held in _items(node, "contained") for name in ("versionId", "lastUpdated")
    )


@_invariant("dom-5", "contained.meta.security.empty()", "Une ressource contenue n’a pas d’étiquette de sécurité.")
def _dom_5(node: dict[str, Any], scope: Scope) -> bool:
    return not any(_has(held.get("meta"), "security") for held in _items(node, "contained"))


# Bundle ------------------------------------------------------------------------------------------------------------


@_invariant(
    "bdl-1",
    "total.empty() or (type = 'searchset') or (type = 'history')",
    "« total » ne va qu’avec une recherche ou un historique.",
)
def _bdl_1(node: dict[str, Any], scope: Scope) -> bool:
    return not _has(node, "total") or node.get("type") in ("searchset", "history")


@_invariant("bdl-2", "entry.search.empty() or (type = 'searchset')", "« entry.search » ne va qu’avec une recherche.")
def _bdl_2(node: dict[str, Any], scope: Scope) -> bool:
    return node.get("type") == "searchset" or not any("search" in entry for entry in _items(node, "entry"))


@_invariant(
    "bdl-3",
    "entry.all(request.exists() = (%resource.type = 'batch' or %resource.type = 'transaction' or %resource.type = "
    "'history'))",
    "« entry.request » est obligatoire pour batch, transaction et history, interdit ailleurs.",
)
def _bdl_3(node: dict[str, Any], scope: Scope) -> bool:
    wanted = node.get("type") in ("batch", "transaction", "history")
    return all(("request" in entry) == wanted for entry in _items(node, "entry"))


@_invariant(
    "bdl-4",
    "entry.all(response.exists() = (%resource.type = 'batch-response' or %resource.type = 'transaction-response' or "
    "%resource.type = 'history'))",
    "« entry.response » est obligatoire pour batch-response, transaction-response et history, interdit ailleurs.",
)
def _bdl_4(node: dict[str, Any], scope: Scope) -> bool:
    wanted = node.get("type") in ("batch-response", "transaction-response", "history")
    return all(("response" in entry) == wanted for entry in _items(node, "entry"))


@_invariant(
    "bdl-5",
    "resource.exists() or request.exists() or response.exists()",
    "Une entrée porte une ressource, une requête ou une réponse.",
)
def _bdl_5(node: dict[str, Any], scope: Scope) -> bool:
    return any(name in node for name in ("resource", "request", "response"))


@_invariant(
    "bdl-7",
    "(type = 'history') or entry.where(fullUrl.exists()).select(fullUrl&resource.meta.versionId).isDistinct()",
    "Deux entrées n’ont pas le même « fullUrl ».",
)
def _bdl_7(node: dict[str, Any], scope: Scope) -> bool:
    seen = [_versioned_url(entry) for entry in _items(node, "entry") if _has(entry, "fullUrl")]
    return node.get("type") == "history" or len(seen) == len(set(seen))


def _versioned_url(entry: dict[str, Any]) -> str:
    resource = entry.get("resource")
    meta = resource.get("meta") if isinstance(resource, dict) else None
    version = meta.get("versionId", "") if isinstance(meta, dict) else ""
    return f"{entry.get('fullUrl')}{version}"


@_invariant("bdl-8", "fullUrl.contains('/_history/').not()", "« fullUrl » ne désigne pas une version.")
def _bdl_8(node: dict[str, Any], scope: Scope) -> bool:
    return "/_history/" not in str(node.get("fullUrl", ""))


@_invariant(
    "bdl-9",
    "type = 'document' implies (identifier.system.exists() and identifier.value.exists())",
    "Un document a un identifiant, avec système et valeur.",
)
def _bdl_9(node: dict[str, Any], scope: Scope) -> bool:
    return node.get("type") != "document" or all(_has(node.get("identifier"), name) for name in ("system", "value"))


@_invariant("bdl-10", "type = 'document' implies (timestamp.hasValue())", "Un document est daté.")
def _bdl_10(node: dict[str, Any], scope: Scope) -> bool:
    return node.get("type") != "document" or "timestamp" in node


@_invariant(
    "bdl-11",
    "type = 'document' implies entry.first().resource.is(Composition)",
    "Un document commence par une Composition.",
)
def _bdl_11(node: dict[str, Any], scope: Scope) -> bool:
    return node.get("type") != "document" or _first_type(node) == "Composition"


@_invariant(
    "bdl-12",
    "type = 'message' implies entry.first().resource.is(MessageHeader)",
    "Un message commence par un MessageHeader.",
)
def _bdl_12(node: dict[str, Any], scope: Scope) -> bool:
    return node.get("type") != "message" or _first_type(node) == "MessageHeader"


def _first_type(bundle: dict[str, Any]) -> str:
    entries = _items(bundle, "entry")
    resource = entries[0].get("resource") if entries else None
    return str(resource.get("resourceType", "")) if isinstance(resource, dict) else ""


# Appointment -------------------------------------------------------------------------------------------------------


@_invariant("app-1", "type.exists() or actor.exists()", "Un participant a un type ou un acteur.")
def _app_1(node: dict[str, Any], scope: Scope) -> bool:
    return _has(node, "type") or _has(node, "actor")


@_invariant("app-2", "start.exists() = end.exists()", "Le début et la fin vont ensemble.")
def _app_2(node: dict[str, Any], scope: Scope) -> bool:
    return _has(node, "start") == _has(node, "end")


@_invariant(
    "app-3",
    "(start.exists() and end.exists()) or (status in ('proposed' | 'cancelled' | 'waitlist'))",
    "Un rendez-vous a un début et une fin, sauf s’il est proposé, annulé ou en attente.",
)
def _app_3(node: dict[str, Any], scope: Scope) -> bool:
    return (_has(node, "start") and _has(node, "end")) or node.get("status") in ("proposed", "cancelled", "waitlist")


@_invariant(
    "app-4",
    "Appointment.cancelationReason.exists() implies (Appointment.status='no-show' or Appointment.status='cancelled')",
    "Un motif d’annulation ne va qu’avec un rendez-vous annulé ou non honoré.",
)
def _app_4(node: dict[str, Any], scope: Scope) -> bool:
    # The published expression says "no-show", which is no code of the value set: R4 means "noshow".
    return not _has(node, "cancelationReason") or node.get("status") in ("no-show", "noshow", "cancelled")


# Organization ------------------------------------------------------------------------------------------------------


@_invariant("org-1", "(identifier.count() + name.count()) > 0", "Une organisation a un identifiant ou un nom.")
def _org_1(node: dict[str, Any], scope: Scope) -> bool:
    return _has(node, "identifier") or _has(node, "name")


def _is_not_of_home(node: dict[str, Any], scope: Scope) -> bool:
    return node.get("use") != "home"


for _key, _what in (("org-2", "L’adresse"), ("org-3", "Le contact")):
    _message = f"{_what} d’une organisation n’est pas d’un domicile (« home »)."
    _invariant(_key, "where(use = 'home').empty()", _message)(_is_not_of_home)


@_invariant("FINESS-invariant", "value.matches('^1[0-9]{9}$')", "Un numéro FINESS s’écrit 1 suivi de neuf chiffres.")
def _finess(node: dict[str, Any], scope: Scope) -> bool:
    return re.fullmatch(r"1[0-9]{9}", str(node.get("value", ""))) is not None


@_invariant("SIRET-invariant", "value.matches('^3[0-9]{14}$')", "Un numéro SIRET s’écrit 3 suivi de quatorze chiffres.")
def _siret(node: dict[str, Any], scope: Scope) -> bool:
    return re.fullmatch(r"3[0-9]{14}", str(node.get("value", ""))) is not None
