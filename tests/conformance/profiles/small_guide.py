"""Tiny definitions written in the test, for rules that the guide itself doesn't use; no folder is needed."""

from __future__ import annotations

from typing import Any

from conformance.profiles import Definitions, Finding, Severity
from conformance.profiles.elements import parse_structure

URL = "http://example.org/StructureDefinition/"
PROFILE = f"{URL}Petit"


def element(
    id_: str, types: str = "string", low: int = 0, high: str = "*", base: str = "", **more: Any
) -> dict[str, Any]:
    """One element of a snapshot; `base` is the maximum in the base type, the element's own unless told."""
    row = {
        "id": id_,
        "path": id_,
        "min": low,
        "max": high,
        "base": {"path": id_, "min": 0, "max": base or high},
        **more,
    }
    if "." in id_ and "type" not in more:
        row["type"] = [{"code": code} for code in types.split("|")]
    if ":" in id_.rpartition(".")[2]:
        row["sliceName"] = id_.rpartition(":")[2]
    return row


def by(*discriminators: tuple[str, str], rules: str = "open", ordered: bool = False) -> dict[str, Any]:
    """A slicing: `by(("value", "system"))`."""
    entries = [{"type": kind, "path": path} for kind, path in discriminators]
    return {"slicing": {"discriminator": entries, "rules": rules, "ordered": ordered}}


def profile(*elements: dict[str, Any], type_: str = "Basic", url: str = PROFILE) -> dict[str, Any]:
    """A StructureDefinition with those elements below its root."""
    root = element(type_)
    return {
        "resourceType": "StructureDefinition",
        "url": url,
        "type": type_,
        "snapshot": {"element": [root, *elements]},
    }


def definitions(*profiles: dict[str, Any]) -> Definitions:
    """The definitions of a guide that only holds those profiles."""
    structures = [parse_structure(one) for one in profiles]
    return Definitions({one.url: one for one in structures}, {})


def errors(findings: list[Finding]) -> list[tuple[str, str]]:
    """(rule, path) of each error."""
    return [(finding.rule, finding.path) for finding in findings if finding.severity is Severity.ERROR]
