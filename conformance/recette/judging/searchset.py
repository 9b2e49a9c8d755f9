"""A searchset Bundle opened: its resources by type, where each stands, what each reference leads to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit


@dataclass(frozen=True, slots=True)
class Placed:
    """A resource of the Bundle and its FHIRPath (`Bundle.entry[3].resource`)."""

    resource: dict[str, Any]
    where: str
    entry: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.resource.get("resourceType"))

    @property
    def key(self) -> str:
        """`Slot/1`, as a relative reference names it."""
        return f"{self.kind}/{self.resource.get('id')}"


@dataclass(frozen=True, slots=True)
class SearchSet:
    """Never raises, however badly formed the Bundle: what can't be read is left out."""

    bundle: dict[str, Any]
    placed: tuple[Placed, ...]
    _index: dict[str, Placed] = field(repr=False)

    @classmethod
    def of(cls, bundle: object) -> SearchSet:
        opened = mapping(bundle)
        placed = tuple(
            Placed(entry["resource"], f"Bundle.entry[{number}].resource", entry)
            for number, entry in enumerate(items(opened.get("entry")))
            if isinstance(entry, dict) and isinstance(entry.get("resource"), dict)
        )
        index: dict[str, Placed] = {}
        for one in placed:
            index.setdefault(one.key, one)
            if isinstance(one.entry.get("fullUrl"), str):
                index.setdefault(one.entry["fullUrl"], one)
        return cls(opened, placed, index)

    def of_type(self, kind: str) -> list[Placed]:
        return [one for one in self.placed if one.kind == kind]

    def find(self, reference: object) -> Placed | None:
        """What a reference (`Schedule/1`, an absolute URL) leads to in this Bundle."""
        return self._index.get(reference.partition("/_history/")[0]) if isinstance(reference, str) else None

    def actors(self, schedule: dict[str, Any], kind: str) -> list[Placed]:
        """The actors of a Schedule of that type that are in the Bundle."""
        found = (self.find(mapping(actor).get("reference")) for actor in items(schedule.get("actor")))
        return [one for one in found if one is not None and one.kind == kind]


def text(value: object) -> str:
    """The value when it is a text, else an empty one: JSON may put anything anywhere."""
    return value if isinstance(value, str) else ""


def address(value: object) -> SplitResult:
    """The parts of a URL; empty ones for what can't be one (`http://[`, a number)."""
    try:
        return urlsplit(text(value))
    except ValueError:
        return urlsplit("")


def mapping(value: object) -> dict[str, Any]:
    """The value when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Any]:
    """The value when it is a JSON array, else an empty one."""
    return value if isinstance(value, list) else []


def mappings(value: object) -> list[dict[str, Any]]:
    """The objects of an array."""
    return [item for item in items(value) if isinstance(item, dict)]


def codings(concepts: object) -> Iterator[dict[str, Any]]:
    """Every coding of an array of CodeableConcepts, or of one."""
    for concept in concepts if isinstance(concepts, list) else [concepts]:
        yield from mappings(mapping(concept).get("coding"))


def first_identifier(resource: dict[str, Any]) -> dict[str, Any]:
    """The first Identifier, or an empty one."""
    return next(iter(mappings(resource.get("identifier"))), {})


def profiles_of(resource: dict[str, Any]) -> list[str]:
    return [str(url) for url in items(mapping(resource.get("meta")).get("profile"))]
