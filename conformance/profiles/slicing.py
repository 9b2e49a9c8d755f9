"""Which slice does each value of a repeated element belong to?

Discriminators value and pattern (R4 makes them equal), type, profile and exists, on paths made of names, `$this`,
`resolve()`, `extension('url')` and `ofType(T)`. A slice without any criterion that can be tested here (say a binding
on a value set that is not known) is *undecidable*: its members stay unmatched and its cardinality isn't checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from .bindings import ValueSet, is_member
from .elements import Discriminator, Element, Slicing, Structure, TypeRef
from .references import ANY_RESOURCE, Scope

_STEP = re.compile(r"extension\('(?P<url>[^']+)'\)|ofType\((?P<type>\w+)\)|(?P<name>resolve\(\)|\$this|\w+)")


@dataclass(slots=True)
class Item:
    """One value of an element: `extra` is what its primitive's `_name` twin holds, `code` its type."""

    value: Any
    path: str
    code: str
    extra: Any = None


class Lookup(Protocol):
    """What slicing needs to know of the definitions and of the resource at hand."""

    def structure(self, url: str) -> Structure | None: ...

    def canonical(self, url: str) -> str: ...

    def type_of(self, url: str) -> str: ...

    def value_set(self, url: str) -> ValueSet | None: ...

    def conforms(self, resource: dict[str, Any], url: str) -> bool: ...

    def resolve(self, reference: Any) -> Scope | None: ...


@dataclass(slots=True)
class Sorting:
    """`members`: the items of every decidable slice, in the order of the definition. `order`: for each item, the
    position of its slice, None when it has none."""

    members: list[tuple[Element, list[Item]]] = field(default_factory=list)
    unmatched: list[Item] = field(default_factory=list)
    undecidable: list[Element] = field(default_factory=list)
    order: list[int | None] = field(default_factory=list)

    def is_ordered(self) -> bool:
        positions = [position for position in self.order if position is not None]
        return positions == sorted(positions)

    def is_open_only_at_end(self) -> bool:
        matched = [position is not None for position in self.order]
        return matched == sorted(matched, reverse=True)


def sort(items: Iterable[Item], element: Element, slicing: Slicing, lookup: Lookup) -> Sorting:
    """Gives every item to the first slice whose discriminators all recognise it."""
    sorting = Sorting()
    tests: list[tuple[Element, list[_Test]]] = []
    for candidate in element.slices:
        built = [_test(candidate, discriminator, lookup) for discriminator in slicing.discriminators]
        known = [test for test in built if test is not None]
        if not known or len(known) < len(built):
            sorting.undecidable.append(candidate)
        else:
            tests.append((candidate, known))
            sorting.members.append((candidate, []))
    for item in items:
        position = next((i for i, (_, known) in enumerate(tests) if all(test.matches(item) for test in known)), None)
        sorting.order.append(position)
        (sorting.unmatched if position is None else sorting.members[position][1]).append(item)
    return sorting


class _Test(Protocol):
    def matches(self, item: Item) -> bool: ...


def _test(candidate: Element, discriminator: Discriminator, lookup: Lookup) -> _Test | None:
    """The test by which `candidate` recognises its members on one discriminator; None when it gives no criterion."""
    steps = list(_STEP.finditer(discriminator.path))
    target = _element_at(candidate, steps, lookup)
    if discriminator.kind in {"value", "pattern"}:
        return _value_test(candidate, discriminator.path, target, steps, lookup)
    if target is None:
        return None
    if discriminator.kind == "type":
        codes = frozenset(entry.code for entry in target.types)
        return _TypeTest(codes, steps, lookup) if codes and not codes & ANY_RESOURCE else None
    if discriminator.kind == "exists":
        if target.max == 0:
            return _ExistsTest(False, steps, lookup)
        return _ExistsTest(True, steps, lookup) if target.min > 0 else None
    urls = [url for entry in target.types for url in entry.profiles]
    known = frozenset(lookup.canonical(url) for url in urls if lookup.structure(url) is not None)
    return _ProfileTest(known, steps, lookup) if discriminator.kind == "profile" and known else None


def _value_test(
    candidate: Element, path: str, target: Element | None, steps: list[re.Match[str]], lookup: Lookup
) -> _Test | None:
    if target is not None:
        if target.fixed is not None or target.pattern is not None:
            return _ValueTest(target, steps, lookup)
        below = [(where, child) for where, child in target.descendants() if _is_set(child)]
        if below:
            return _BelowTest(below, steps, lookup)
        known = lookup.value_set(target.value_set) if target.value_set else None
        if known is not None:
            return _BindingTest(known, steps, lookup)
    if path == "url":
        # An extension that the snapshot doesn't unfold is known by its definition's own URL.
        urls = frozenset(url.partition("|")[0] for entry in candidate.types for url in entry.profiles)
        return _UrlTest(urls) if urls else None
    return None


def _is_set(element: Element) -> bool:
    return element.fixed is not None or element.pattern is not None


@dataclass(slots=True)
class _ValueTest:
    target: Element
    steps: list[re.Match[str]]
    lookup: Lookup

    def matches(self, item: Item) -> bool:
        return any(agrees(value, self.target) for value in _values_at(item.value, self.steps, self.lookup))


@dataclass(slots=True)
class _BelowTest:
    """`$this` with its fixed values deeper down: every one of them must be met."""

    below: list[tuple[str, Element]]
    steps: list[re.Match[str]]
    lookup: Lookup

    def matches(self, item: Item) -> bool:
        return any(
            all(
                any(agrees(found, child) for found in _values_at(value, list(_STEP.finditer(where)), self.lookup))
                for where, child in self.below
            )
            for value in _values_at(item.value, self.steps, self.lookup)
        )


@dataclass(slots=True)
class _BindingTest:
    known: ValueSet
    steps: list[re.Match[str]]
    lookup: Lookup

    def matches(self, item: Item) -> bool:
        return any(
            is_member(self.known, _shape(value), value) for value in _values_at(item.value, self.steps, self.lookup)
        )


def _shape(value: Any) -> str:
    if isinstance(value, dict):
        return "CodeableConcept" if "coding" in value else "Coding"
    return "code"


@dataclass(slots=True)
class _UrlTest:
    urls: frozenset[str]

    def matches(self, item: Item) -> bool:
        return isinstance(item.value, dict) and str(item.value.get("url")) in self.urls


@dataclass(slots=True)
class _TypeTest:
    codes: frozenset[str]
    steps: list[re.Match[str]]
    lookup: Lookup

    def matches(self, item: Item) -> bool:
        if all(step["name"] == "$this" for step in self.steps) and item.code not in ANY_RESOURCE:
            return item.code in self.codes
        values = _values_at(item.value, self.steps, self.lookup)
        return any(isinstance(value, dict) and str(value.get("resourceType")) in self.codes for value in values)


@dataclass(slots=True)
class _ExistsTest:
    wanted: bool
    steps: list[re.Match[str]]
    lookup: Lookup

    def matches(self, item: Item) -> bool:
        return any(True for _ in _values_at(item.value, self.steps, self.lookup)) == self.wanted


@dataclass(slots=True)
class _ProfileTest:
    """A resource belongs to the slice when it declares the profile or meets it: a broken resource that declares it is
    then reported for what is wrong in it, rather than as a missing one."""

    urls: frozenset[str]
    steps: list[re.Match[str]]
    lookup: Lookup

    def matches(self, item: Item) -> bool:
        return any(
            isinstance(value, dict) and any(self._is_of(value, url) for url in self.urls)
            for value in _values_at(item.value, self.steps, self.lookup)
        )

    def _is_of(self, resource: dict[str, Any], url: str) -> bool:
        structure = self.lookup.structure(url)
        if structure is None or resource.get("resourceType") != structure.type:
            return False
        declared = {self.lookup.canonical(known) for known in declared_profiles(resource)}
        return url in declared or self.lookup.conforms(resource, url)


def declared_profiles(resource: dict[str, Any]) -> list[str]:
    """The canonical URLs in `meta.profile`, as written."""
    meta = resource.get("meta")
    urls = meta.get("profile") if isinstance(meta, dict) else None
    return [url for url in urls if isinstance(url, str)] if isinstance(urls, list) else []


def agrees(value: Any, element: Element) -> bool:
    """Whether a value meets the fixed value or pattern of an element."""
    if element.fixed is not None:
        return is_equal(value, element.fixed)
    return element.pattern is None or meets_pattern(value, element.pattern)


def is_equal(value: Any, expected: Any) -> bool:
    """JSON equality: true is not 1."""
    if isinstance(expected, dict):
        return (
            isinstance(value, dict)
            and value.keys() == expected.keys()
            and all(is_equal(value[key], expected[key]) for key in expected)
        )
    if isinstance(expected, list):
        return (
            isinstance(value, list)
            and len(value) == len(expected)
            and all(is_equal(one, other) for one, other in zip(value, expected, strict=True))
        )
    return isinstance(value, bool) == isinstance(expected, bool) and bool(value == expected)


def meets_pattern(value: Any, pattern: Any) -> bool:
    """https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.pattern_x_: objects hold at least
    the pattern's members, arrays at least one match for each of the pattern's items."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            key in value and meets_pattern(value[key], wanted) for key, wanted in pattern.items()
        )
    if isinstance(pattern, list):
        return isinstance(value, list) and all(any(meets_pattern(one, wanted) for one in value) for wanted in pattern)
    return is_equal(value, pattern)


def _values_at(value: Any, steps: list[re.Match[str]], lookup: Lookup) -> Iterator[Any]:
    if not steps:
        yield value
        return
    for found in _step(value, steps[0], lookup):
        yield from _values_at(found, steps[1:], lookup)


def _step(value: Any, step: re.Match[str], lookup: Lookup) -> list[Any]:
    if step["name"] == "$this" or step["type"]:
        return [value]
    if step["name"] == "resolve()":
        scope = lookup.resolve(value)
        return [scope.resource] if scope else []
    if not isinstance(value, dict):
        return []
    if step["url"]:
        held = value.get("extension")
        return [one for one in held if isinstance(one, dict) and one.get("url") == step["url"]] if held else []
    name = step["name"]
    found = [value[name]] if name in value else [value[key] for key in value if is_choice_of(key, name)]
    return [one for held in found for one in (held if isinstance(held, list) else [held])]


def is_choice_of(key: str, name: str) -> bool:
    return key.startswith(name) and key[len(name) : len(name) + 1].isupper()


def _element_at(element: Element, steps: list[re.Match[str]], lookup: Lookup) -> Element | None:
    found: Element | None = element
    for step in steps:
        if found is None or step["name"] == "$this" or step["type"]:
            continue
        if step["url"]:
            extensions = found.children.get("extension")
            found = (
                next((s for s in extensions.slices if _extension_url(s) == step["url"]), None) if extensions else None
            )
            continue
        if step["name"] == "resolve()":
            found = _target(found, lookup)
            continue
        unfolded = found.child(step["name"])
        if unfolded is None:
            profiles = [url for entry in found.types for url in entry.profiles]
            roots = (known.root for url in profiles if (known := lookup.structure(url)))
            unfolded = next((child for root in roots if (child := root.child(step["name"]))), None)
        found = unfolded
    return found


def _target(reference: Element, lookup: Lookup) -> Element:
    """What a reference leads to, as an element: the types and profiles of its targets, the children of the first."""
    urls = [url for entry in reference.types for url in entry.targets]
    known = [structure for url in urls if (structure := lookup.structure(url))]
    return Element(
        name="resolve()",
        types=tuple(TypeRef(lookup.type_of(url), (url,)) for url in urls),
        children=known[0].root.children if known else {},
    )


def _extension_url(element: Element) -> str:
    url = element.children.get("url")
    if url is not None and url.fixed is not None:
        return str(url.fixed)
    return next((profile for entry in element.types for profile in entry.profiles), "")
