"""StructureDefinition snapshots as trees of :class:`Element`, as the walker reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

FHIR_CORE = "http://hl7.org/fhir/StructureDefinition/"
SYSTEM_STRING = "http://hl7.org/fhirpath/System.String"
FHIR_TYPE_EXTENSION = FHIR_CORE + "structuredefinition-fhir-type"


@dataclass(frozen=True, slots=True)
class TypeRef:
    """One type an element may have, with the profiles its value or its reference's target must meet."""

    code: str
    profiles: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    aggregation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Discriminator:
    """How a slice recognises its members: `kind` is value, pattern, type, profile or exists."""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Slicing:
    """rules: open, closed or openAtEnd."""

    discriminators: tuple[Discriminator, ...]
    rules: str
    ordered: bool


@dataclass(frozen=True, slots=True)
class Constraint:
    """A FHIRPath rule of an element; `severity` is error or warning."""

    key: str
    severity: str
    expression: str
    human: str
    source: str


@dataclass(slots=True, eq=False)
class Element:
    """One element of a definition.

    `max` is None for unbounded. `base_max` is the maximum in the base type: it alone decides whether JSON shows an
    array, whatever a profile makes of `max`. `fixed` and `pattern` are None when there is none (FHIR has no null).
    `children` are keyed by name, `value[x]` included; they are empty for a type that the definition doesn't unfold.
    """

    name: str
    min: int = 0
    max: int | None = 1
    base_min: int = 0
    base_max: int | None = 1
    slice_name: str = ""
    types: tuple[TypeRef, ...] = ()
    fixed: Any = None
    pattern: Any = None
    value_set: str = ""
    max_length: int | None = None
    constraints: tuple[Constraint, ...] = ()
    slicing: Slicing | None = None
    content_reference: str = ""
    children: dict[str, Element] = field(default_factory=dict)
    slices: list[Element] = field(default_factory=list)

    @property
    def is_choice(self) -> bool:
        return self.name.endswith("[x]")

    @property
    def is_list(self) -> bool:
        return self.base_max != 1

    def child(self, name: str) -> Element | None:
        """The child called `name`, or the choice `name[x]`."""
        return self.children.get(name) or self.children.get(f"{name}[x]")

    def descendants(self, prefix: str = "") -> Iterator[tuple[str, Element]]:
        """Every unfolded element below this one with its dotted path; slices are left out."""
        for child in self.children.values():
            path = f"{prefix}{child.name.removesuffix('[x]')}"
            yield path, child
            yield from child.descendants(f"{path}.")

    def everything(self) -> Iterator[Element]:
        """This element, everything below it and every slice."""
        yield self
        for below in (*self.children.values(), *self.slices):
            yield from below.everything()


@dataclass(frozen=True, slots=True)
class Structure:
    """A definition: `url` is its canonical, `type` the type it constrains, `base` what it derives from."""

    url: str
    type: str
    base: str
    root: Element

    def at(self, path: str) -> Element | None:
        """The element at a dotted path that starts with the type's name, as content references give it."""
        element: Element | None = self.root
        for name in path.split(".")[1:]:
            if element is None:
                return None
            element = element.children.get(name)
        return element


class MalformedDefinitionError(ValueError):
    """A StructureDefinition that can't be read: no snapshot, or an element without its parent."""


def parse_structure(definition: Mapping[str, Any]) -> Structure:
    """Reads the snapshot of a StructureDefinition; raises MalformedDefinitionError."""
    url = str(definition.get("url", ""))
    rows = definition.get("snapshot", {}).get("element", [])
    if not rows:
        raise MalformedDefinitionError(f"{url}: no snapshot")
    by_id: dict[str, Element] = {}
    for row in rows:
        element = _parse_element(row, url)
        by_id[row["id"]] = element
        parent_id, _, segment = row["id"].rpartition(".")
        if not parent_id and ":" not in segment:
            continue
        owner_id = row["id"].rpartition(":")[0] if element.slice_name else parent_id
        owner = by_id.get(owner_id)
        if owner is None:
            raise MalformedDefinitionError(f"{url}: {row['id']} has no parent")
        if element.slice_name:
            owner.slices.append(element)
        else:
            owner.children[element.name] = element
    return Structure(
        url=url,
        type=str(definition.get("type", "")),
        base=str(definition.get("baseDefinition", "")),
        root=by_id[rows[0]["id"]],
    )


def _parse_element(row: Mapping[str, Any], url: str) -> Element:
    name, _, slice_name = row["id"].rpartition(".")[2].partition(":")
    base = row.get("base", {})
    binding = row.get("binding", {})
    types = tuple(_parse_type(entry) for entry in row.get("type", ()))
    if any(entry.code == SYSTEM_STRING for entry in types):
        # R4 publishes Resource.id as a plain string; the datatype page gives it the id syntax.
        types = (TypeRef("id" if base.get("path") == "Resource.id" else _fhir_type(row)),)
    return Element(
        name=name,
        min=int(row.get("min", 0)),
        max=_bound(row.get("max", "*")),
        base_min=int(base.get("min", row.get("min", 0))),
        base_max=_bound(base.get("max", row.get("max", "*"))),
        slice_name=slice_name,
        types=types,
        fixed=_valued(row, "fixed"),
        pattern=_valued(row, "pattern"),
        value_set=binding.get("valueSet", "") if binding.get("strength") == "required" else "",
        max_length=row.get("maxLength"),
        constraints=tuple(
            Constraint(
                key=entry["key"],
                severity=entry["severity"],
                expression=entry.get("expression", ""),
                human=entry.get("human", ""),
                source=entry.get("source", url),
            )
            for entry in row.get("constraint", ())
        ),
        slicing=_parse_slicing(row.get("slicing")),
        content_reference=row.get("contentReference", "").rpartition("#")[2],
    )


def _parse_type(entry: Mapping[str, Any]) -> TypeRef:
    return TypeRef(
        code=entry["code"],
        profiles=tuple(entry.get("profile", ())),
        targets=tuple(entry.get("targetProfile", ())),
        aggregation=tuple(entry.get("aggregation", ())),
    )


def _fhir_type(row: Mapping[str, Any]) -> str:
    for entry in row["type"]:
        for extension in entry.get("extension", ()):
            if extension.get("url") == FHIR_TYPE_EXTENSION:
                return str(extension.get("valueUrl") or extension.get("valueUri") or "string")
    return "string"


def _parse_slicing(entry: Mapping[str, Any] | None) -> Slicing | None:
    if entry is None:
        return None
    return Slicing(
        discriminators=tuple(Discriminator(item["type"], item["path"]) for item in entry.get("discriminator", ())),
        rules=entry.get("rules", "open"),
        ordered=bool(entry.get("ordered", False)),
    )


def _bound(text: str) -> int | None:
    return None if text == "*" else int(text)


def _valued(row: Mapping[str, Any], prefix: str) -> Any:
    """`fixedCode`, `patternCoding`… : the value, whatever its type; None when there is none."""
    return next(
        (value for key, value in row.items() if key.startswith(prefix) and key[len(prefix) :][:1].isupper()), None
    )


def base_of(structure: Structure, datatypes: frozenset[str]) -> Structure:
    """What the base R4 resource says, read back from a profile of it.

    A snapshot repeats every element of its base with the base's own cardinality, so names, types and cardinalities
    come back whole. Slices, fixed values, patterns and target profiles are the profile's and go; bindings and
    constraints stay when HL7 published them.
    """
    return Structure(FHIR_CORE + structure.type, structure.type, "", _strip(structure.root, datatypes))


def _strip(element: Element, datatypes: frozenset[str]) -> Element:
    unfolded_by_profile = any(entry.code in datatypes for entry in element.types)
    children = {} if unfolded_by_profile else element.children
    return replace(
        element,
        min=element.base_min,
        max=element.base_max,
        types=tuple(TypeRef(entry.code) for entry in element.types),
        fixed=None,
        pattern=None,
        value_set=element.value_set if element.value_set.startswith("http://hl7.org/fhir/ValueSet/") else "",
        max_length=None,
        constraints=tuple(entry for entry in element.constraints if entry.source.startswith(FHIR_CORE)),
        slicing=None,
        children={name: _strip(child, datatypes) for name, child in children.items()},
        slices=[],
    )
