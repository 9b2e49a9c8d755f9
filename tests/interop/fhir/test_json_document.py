"""A document of JSON, of which every object has each name once."""

import contextlib
import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interop.fhir.json_document import fhir_path, read_json
from interop.fhir.values import FhirRefusal

NAMES = st.sampled_from(["a", "b", "active", "é", "", "x y"])
DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)


class Pairs(list[tuple[str, Any]]):
    """An object as it is written, repetitions included."""


def written(node: Any) -> str:
    if isinstance(node, Pairs):
        return "{" + ",".join(f"{json.dumps(name)}:{written(value)}" for name, value in node) + "}"
    if isinstance(node, list):
        return "[" + ",".join(map(written, node)) + "]"
    return json.dumps(node)


def as_pairs(node: Any) -> Any:
    if isinstance(node, dict):
        return Pairs((name, as_pairs(value)) for name, value in node.items())
    return [as_pairs(value) for value in node] if isinstance(node, list) else node


def objects(node: Any, path: tuple[int | str, ...] = ()) -> list[tuple[tuple[int | str, ...], Pairs]]:
    """Every object that has a name, and where it stands."""
    inside = node if isinstance(node, Pairs) else enumerate(node) if isinstance(node, list) else ()
    here = [(path, node)] if isinstance(node, Pairs) and node else []
    return here + [found for step, value in inside for found in objects(value, (*path, step))]


@given(DOCUMENTS)
def test_a_document_without_repetition_is_read_as_it_is(document: Any) -> None:
    assert read_json(orjson.dumps(document)) == document
    assert read_json(b"\xef\xbb\xbf" + orjson.dumps(document)) == document


@given(st.data())
def test_one_name_written_twice_anywhere_is_told_with_its_place(data: st.DataObject) -> None:
    document = as_pairs(data.draw(st.dictionaries(NAMES, DOCUMENTS, min_size=1, max_size=3)))
    path, chosen = data.draw(st.sampled_from(objects(document)))
    name = data.draw(st.sampled_from([name for name, _ in chosen]))
    # The value that comes last is the one that other readers keep.
    chosen.append((name, next(value for known, value in chosen if known == name)))
    with pytest.raises(FhirRefusal) as refusal:
        read_json(written(document).encode())
    assert refusal.value.status == 400
    assert refusal.value.issues[0].expression == (fhir_path((*path, name)),)


@pytest.mark.parametrize("value", ["1" * 5000, "1e999999", "-" + "9" * 400, "0." + "1" * 5000])
def test_a_number_of_any_length_is_a_document_or_a_refusal(value: str) -> None:
    with contextlib.suppress(FhirRefusal):
        assert isinstance(read_json(f'{{"a": {value}}}'.encode()), dict)


@pytest.mark.parametrize("depth", [1, 24, 100, 900, 1000, 1020, 1100, 30_000])
def test_a_document_of_any_depth_is_read_or_refused(depth: int) -> None:
    sent = b"[" * depth + b"]" * depth
    with contextlib.suppress(FhirRefusal) if depth > 100 else contextlib.nullcontext():
        assert isinstance(read_json(sent), list)
