"""Whatever an editor sends, the check answers with findings: it neither fails nor repeats personal values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance.profiles import Definitions, Finding

from .mutations import example
from .small_guide import errors

SOURCES = (
    "Bundle-ExampleBundlePSIndiv",
    "Bundle-ExampleBundleCPTS",
    "PractitionerRole-ExamplePractitionerRoleAgregateur4",
    "Practitioner-ExamplePractitionerRegul2",
    "Appointment-1",
)
KEYS = ("id", "url", "reference", "coding", "system", "code", "_code", "extension", "resourceType", "entry", "autre")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=6,
)
SECRET = "Jeanne-Dupont-0601020304"


def places(node: Any, steps: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of every value below `node`."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [place for key, below in pairs for place in ((*steps, key), *places(below, (*steps, key)))]


def put(resource: Any, place: tuple[str | int, ...], value: Any) -> Any:
    parent = resource
    for step in place[:-1]:
        parent = parent[step]
    parent[place[-1]] = value
    return resource


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_anything_in_any_place_is_answered(data: st.DataObject, folder: Path, definitions: Definitions) -> None:
    resource = example(folder, data.draw(st.sampled_from(SOURCES)))
    place = data.draw(st.sampled_from(places(resource)))
    findings = definitions.check(put(resource, place, data.draw(ANYTHING)))
    assert all(isinstance(finding, Finding) and finding.message for finding in findings)


def test_json_too_deep_to_be_walked_is_refused(definitions: Definitions) -> None:
    resource: dict[str, Any] = {"resourceType": "Slot"}
    node = resource
    for _ in range(5000):
        node["extension"] = [{}]
        node = node["extension"][0]
    assert errors(definitions.check(resource)) == [("json.depth", "Slot")]


def test_no_message_repeats_a_value_that_could_name_a_person(folder: Path, definitions: Definitions) -> None:
    free_text = {"value", "family", "given", "text", "display", "line", "city", "comment", "reference", "url", "start"}
    for source in SOURCES:
        original = example(folder, source)
        for place in places(original):
            if not free_text & {str(step) for step in place[-2:]} or place[-1] == "status":
                continue
            resource = put(json.loads(json.dumps(original)), place, [SECRET, {SECRET[:6]: SECRET}])
            said = " ".join(f.message for f in definitions.check(resource) if not f.rule.endswith(".unknown"))
            assert SECRET not in said, (source, place)
