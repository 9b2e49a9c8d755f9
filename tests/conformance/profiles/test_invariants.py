"""Each invariant written by hand, on a node that keeps it and on one that breaks it."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.profiles.elements import Constraint
from conformance.profiles.invariants import INVARIANTS, find, is_settled
from conformance.profiles.references import Scope

from .small_guide import PROFILE, definitions, element, profile

# key → (a node that keeps it, a node that breaks it)
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "FINESS-invariant": ({"value": "1950047225"}, {"value": "12A0047225"}),
    "SIRET-invariant": ({"value": "334173748400020"}, {"value": "34173748400020"}),
    "app-1": ({"type": [{"text": "x"}]}, {"status": "accepted"}),
    "app-2": ({}, {"end": "2024-01-01T00:00:00Z"}),
    "app-3": ({"status": "waitlist"}, {"status": "booked", "start": "2024-01-01T00:00:00Z"}),
    "app-4": ({"status": "noshow", "cancelationReason": {}}, {"status": "booked", "cancelationReason": {}}),
    "att-1": ({"data": "AAAA", "contentType": "image/png"}, {"data": "AAAA"}),
    "bdl-1": ({"type": "history", "total": 1}, {"type": "batch", "total": 1}),
    "bdl-2": ({"type": "searchset", "entry": [{"search": {}}]}, {"type": "batch", "entry": [{"search": {}}]}),
    "bdl-3": ({"type": "batch", "entry": [{"request": {}}]}, {"type": "batch", "entry": [{}]}),
    "bdl-4": ({"type": "history", "entry": [{"response": {}}]}, {"type": "searchset", "entry": [{"response": {}}]}),
    "bdl-5": ({"request": {}}, {"fullUrl": "urn:x:1"}),
    "bdl-7": (
        {"entry": [{"fullUrl": "u"}, {"fullUrl": "u", "resource": {"meta": {"versionId": "2"}}}, {}, {}]},
        {"entry": [{"fullUrl": "u"}, {"fullUrl": "u"}]},
    ),
    "bdl-8": ({"fullUrl": "http://a/Slot/1"}, {"fullUrl": "http://a/Slot/1/_history/1"}),
    "bdl-9": ({"type": "document", "identifier": {"system": "s", "value": "v"}}, {"type": "document"}),
    "bdl-10": ({"type": "document", "timestamp": "2024"}, {"type": "document"}),
    "bdl-11": ({"type": "document", "entry": [{"resource": {"resourceType": "Composition"}}]}, {"type": "document"}),
    "bdl-12": (
        {"type": "message", "entry": [{"resource": {"resourceType": "MessageHeader"}}]},
        {"type": "message", "entry": [{"resource": {"resourceType": "Slot"}}]},
    ),
    "cpt-2": ({"value": "x", "_system": {"id": "s"}}, {"value": "x"}),
    "dom-2": ({"contained": [{"id": "a"}]}, {"contained": [{"contained": []}]}),
    "dom-3": ({"contained": [{"id": "a", "partOf": {"reference": "#"}}]}, {"contained": [{"id": "a"}]}),
    "dom-4": ({"contained": [{"meta": {}}]}, {"contained": [{"meta": {"versionId": "1"}}]}),
    "dom-5": ({"contained": [{"meta": {}}]}, {"contained": [{"meta": {"security": []}}]}),
    "ext-1": ({"url": "u", "_valueCode": {"id": "x"}}, {"url": "u", "valueCode": "x", "extension": []}),
    "org-1": ({"name": "SOS"}, {"active": True}),
    "org-2": ({"use": "work"}, {"use": "home"}),
    "org-3": ({}, {"use": "home"}),
    "per-1": (
        {"start": "2024-03-31T02:30:00+02:00", "end": "2024-03-31T00:30:00Z"},
        {"start": "2024-03-31T02:30:01+02:00", "end": "2024-03-31T00:30:00Z"},
    ),
    "ref-1": ({"reference": "#ici"}, {"reference": "#ailleurs"}),
}
AROUND: dict[str, Any] = {"resourceType": "Basic", "contained": [{"resourceType": "Location", "id": "ici"}]}


def test_each_invariant_keeps_the_good_and_refuses_the_bad() -> None:
    scope = Scope(AROUND, "Basic", AROUND)
    for key, invariant in INVARIANTS.items():
        good, bad = CASES[key]
        assert invariant.test(good, scope), key
        assert not invariant.test(bad, scope), key


@pytest.mark.parametrize(
    ("start", "end", "kept"),
    [
        ("2024", "2024-01-01", True),
        ("2024-02", "2024-01-31", False),
        ("2024-02-01", "2024-02-01T00:00:00Z", True),
        ("2024-02-02", "2024-02-01T23:59:59Z", False),
        ("2024-02-01T00:00:00Z", "2024-02-01T00:00:60Z", True),
        (3, "2024", True),
    ],
)
def test_partial_dates_are_compared_on_what_they_share(start: Any, end: str, kept: bool) -> None:
    scope = Scope(AROUND, "Basic", AROUND)
    assert INVARIANTS["per-1"].test({"start": start, "end": end}, scope) is kept


def test_a_key_kept_with_another_rule_is_not_checked_wrongly() -> None:
    known = INVARIANTS["FINESS-invariant"]
    changed = Constraint("FINESS-invariant", "error", "value.matches('^1[0-9AB]{9}$')", "", "")
    assert find(changed) is None
    assert not is_settled(changed)
    assert is_settled(Constraint("FINESS-invariant", "error", known.expression, "", ""))


def test_an_unknown_invariant_is_listed_and_said_once() -> None:
    rule = {"key": "new-1", "severity": "error", "human": "Une règle", "expression": "code.exists()"}
    rows = [element("Basic.code", "code", constraint=[rule]), element("Basic.subject", "Reference", constraint=[rule])]
    guide = definitions(profile(*rows))
    resource = {"resourceType": "Basic", "subject": [{"display": "x"}, {"display": "y"}]}
    assert [finding.rule for finding in guide.check(resource, PROFILE)] == ["invariant.unknown"]
    assert guide.limits().invariants == ("new-1: code.exists()",)
