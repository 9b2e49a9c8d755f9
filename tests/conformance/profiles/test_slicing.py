"""Slices: every kind of discriminator, closed and ordered slicings."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.profiles.elements import MalformedDefinitionError, parse_structure

from .small_guide import PROFILE, URL, by, definitions, element, errors, profile

A = {"system": "urn:oid:1.1", "code": "a"}
B = {"system": "urn:oid:1.2", "code": "b"}
C = {"system": "urn:oid:1.3", "code": "c"}


def slices(rules: str = "open", ordered: bool = False, kind: str = "value") -> list[dict[str, Any]]:
    rows = [element("Basic.code", "CodeableConcept", high="1")]
    rows.append(element("Basic.code.coding", "Coding", **by((kind, "system"), rules=rules, ordered=ordered)))
    for name, system in (("a", "urn:oid:1.1"), ("b", "urn:oid:1.2")):
        rows.append(element(f"Basic.code.coding:{name}", "Coding", high="1", base="*"))
        rows.append(element(f"Basic.code.coding:{name}.system", "uri", 1, "1", patternUri=system))
        rows.append(element(f"Basic.code.coding:{name}.code", "code", 1, "1"))
    return rows


def check(rows: list[dict[str, Any]], **content: Any) -> list[tuple[str, str]]:
    resource = {"resourceType": "Basic", **content}
    return errors(definitions(profile(*rows)).check(resource, PROFILE))


@pytest.mark.parametrize("kind", ["value", "pattern"])
def test_an_open_slicing_lets_the_others_pass_and_checks_its_own(kind: str) -> None:
    assert check(slices(kind=kind), code={"coding": [A, C, B]}) == []
    without_code = {"system": "urn:oid:1.2"}
    assert check(slices(kind=kind), code={"coding": [without_code]}) == [
        ("cardinality.min", "Basic.code.coding[0].code")
    ]


def test_a_slice_may_not_repeat_beyond_its_maximum() -> None:
    assert check(slices(), code={"coding": [A, A]}) == [("slice.max", "Basic.code.coding")]


def test_a_closed_slicing_refuses_the_others() -> None:
    assert check(slices("closed"), code={"coding": [A, B]}) == []
    assert check(slices("closed"), code={"coding": [A, C]}) == [("slice.closed", "Basic.code.coding[1]")]


def test_an_ordered_slicing_refuses_another_order() -> None:
    assert check(slices(ordered=True), code={"coding": [A, C, B]}) == []
    assert check(slices(ordered=True), code={"coding": [B, A]}) == [("slice.order", "Basic.code.coding")]


def test_a_slicing_open_at_its_end_refuses_the_others_before_it() -> None:
    assert check(slices("openAtEnd"), code={"coding": [A, B, C]}) == []
    assert check(slices("openAtEnd"), code={"coding": [C, A]}) == [("slice.order", "Basic.code.coding")]


def test_exists_tells_slices_apart_by_presence() -> None:
    rows = [
        element("Basic.code", "CodeableConcept", high="1"),
        element("Basic.code.coding", "Coding", **by(("exists", "version"), rules="closed")),
        element("Basic.code.coding:dated", "Coding", high="1", base="*"),
        element("Basic.code.coding:dated.system", "uri", 0, "1"),
        element("Basic.code.coding:dated.code", "code", 0, "1"),
        element("Basic.code.coding:dated.version", "string", 1, "1"),
        element("Basic.code.coding:plain", "Coding", high="1", base="*"),
        element("Basic.code.coding:plain.system", "uri", 0, "1"),
        element("Basic.code.coding:plain.code", "code", 0, "1"),
        element("Basic.code.coding:plain.version", "string", 0, "0", base="1"),
    ]
    dated = {**A, "version": "1"}
    assert check(rows, code={"coding": [dated, A]}) == []
    assert check(rows, code={"coding": [dated, dated]}) == [("slice.max", "Basic.code.coding")]
    assert check(rows, code={"coding": [A, A]}) == [("slice.max", "Basic.code.coding")]


def test_this_with_values_deeper_down_is_recognised_by_all_of_them() -> None:
    rows = [
        element("Basic.identifier", "Identifier", **by(("pattern", "$this"), rules="closed")),
        element("Basic.identifier:one", "Identifier", high="1", base="*"),
        element("Basic.identifier:one.system", "uri", 1, "1", patternUri="urn:oid:1.1"),
        element("Basic.identifier:one.type", "CodeableConcept", 1, "1", patternCodeableConcept={"text": "un"}),
        element("Basic.identifier:one.value", "string", 1, "1"),
    ]
    whole = {"system": "urn:oid:1.1", "type": {"text": "un"}, "value": "x"}
    assert check(rows, identifier=[whole]) == []
    assert check(rows, identifier=[{**whole, "type": {"text": "deux"}}]) == [("slice.closed", "Basic.identifier[0]")]


def test_an_extension_is_recognised_by_the_url_of_its_definition() -> None:
    rows = [
        element("Basic.extension", "Extension", **by(("value", "url"))),
        element("Basic.extension:un", high="1", base="*", low=1, type=[{"code": "Extension", "profile": [f"{URL}un"]}]),
    ]
    assert check(rows, extension=[{"url": f"{URL}un", "valueCode": "x"}]) == []
    assert check(rows, extension=[{"url": f"{URL}deux", "valueCode": "x"}]) == [("slice.min", "Basic.extension")]


def test_a_path_goes_through_extensions_and_choices() -> None:
    rows = [
        element("Basic.identifier", "Identifier", **by(("value", f"extension('{URL}un').value"), rules="closed")),
        element("Basic.identifier:one", "Identifier", high="1", base="*"),
        element("Basic.identifier:one.extension", "Extension", **by(("value", "url"))),
        element("Basic.identifier:one.extension:un", "Extension", 1, "1", base="*"),
        element("Basic.identifier:one.extension:un.url", "uri", 1, "1", fixedUri=f"{URL}un"),
        element("Basic.identifier:one.extension:un.value[x]", "code", 1, "1", fixedCode="x"),
        element("Basic.identifier:one.value", "string", 0, "1"),
    ]
    assert check(rows, identifier=[{"extension": [{"url": f"{URL}un", "valueCode": "x"}], "value": "1"}]) == []
    assert check(rows, identifier=[{"extension": [{"url": f"{URL}un", "valueCode": "y"}], "value": "1"}]) == [
        ("slice.closed", "Basic.identifier[0]")
    ]


def subject(kind: str, path: str) -> list[dict[str, Any]]:
    target = [{"code": "Reference", "targetProfile": [f"{URL}Place"]}]
    return [
        element("Basic.contained", "Resource"),
        element("Basic.related", "Reference", **by((kind, path), rules="closed")),
        element("Basic.related:place", high="1", base="*", type=target),
    ]


def test_a_reference_is_recognised_by_the_type_or_the_profile_of_its_target() -> None:
    place = profile(
        element("Location.id", "id", high="1"),
        element("Location.name", "string", 1, "1"),
        type_="Location",
        url=f"{URL}Place",
    )
    named = {"resourceType": "Location", "id": "ici", "name": "Cabinet"}
    unnamed = {"resourceType": "Location", "id": "ici"}
    for kind, path, target, expected in (
        ("type", "resolve()", named, []),
        ("profile", "resolve()", named, []),
        ("profile", "resolve()", unnamed, ["slice.closed"]),
    ):
        guide = definitions(profile(*subject(kind, path)), place)
        resource = {"resourceType": "Basic", "contained": [target], "related": [{"reference": "#ici"}]}
        rules = [rule for rule, _ in errors(guide.check(resource, PROFILE)) if rule.startswith("slice")]
        assert rules == expected, (kind, path)


def test_a_slice_without_a_testable_criterion_is_said_not_checked_and_refuses_nothing() -> None:
    rows = [
        element("Basic.identifier", "Identifier", **by(("value", "system"), rules="closed")),
        element("Basic.identifier:one", "Identifier", low=1, high="1", base="*"),
    ]
    resource = {"resourceType": "Basic", "identifier": [{"value": "x"}]}
    findings = definitions(profile(*rows)).check(resource, PROFILE)
    assert [finding.rule for finding in findings] == ["slice.undecidable"]


def test_a_definition_that_cannot_be_read_says_why() -> None:
    with pytest.raises(MalformedDefinitionError, match="no snapshot"):
        parse_structure({"url": PROFILE, "type": "Basic"})
    with pytest.raises(MalformedDefinitionError, match="has no parent"):
        parse_structure(profile(element("Basic.code.coding", "Coding")))
