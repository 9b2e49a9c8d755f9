"""A received JSON document, of which no name is written twice in one object: readers differ on which one counts."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson

from interop.fhir.text import shown
from interop.fhir.values import FhirRefusal, Issue

TOO_DEEP = Issue("structure", "Le document est trop imbriqué.")

Path = tuple[int | str, ...]


class _Repeating(dict[str, Any]):
    """An object, and those of its names that come more than once."""

    names: tuple[str, ...] = ()


def read_json(body: bytes) -> object:
    """The document. Raises FhirRefusal(400): no JSON, not UTF-8, too deep, or a name that is written twice."""
    plain = body.removeprefix(b"\xef\xbb\xbf")
    try:
        document: object = orjson.loads(plain)
        # Numbers stay text: Python refuses to read the longest.
        named = json.loads(plain, object_pairs_hook=_object, parse_int=str, parse_float=str)
        repeated = list(_repeated(named, ()))
    except orjson.JSONDecodeError as error:
        told = f"Le corps n’est pas un document JSON valide (ligne {error.lineno}, colonne {error.colno})."
        raise FhirRefusal(400, [Issue("structure", told)]) from None
    except RecursionError:
        raise FhirRefusal(400, [TOO_DEEP]) from None
    if repeated:
        raise FhirRefusal(400, [_written_twice(path) for path in repeated])
    return document


def fhir_path(location: Path) -> str:
    """A Practitioner's element as FHIRPath, or its parent where the sender invented a name that FHIRPath can't spell."""
    path = "Practitioner"
    for step in location:
        if isinstance(step, str) and not re.fullmatch(r"\w{1,64}", step, re.ASCII):
            break
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = _Repeating(pairs)
    if len(found) < len(pairs):
        found.names = tuple(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
    return found


def _repeated(node: object, path: Path) -> Iterator[Path]:
    if isinstance(node, _Repeating):
        yield from ((*path, name) for name in node.names)
        for name, value in node.items():
            yield from _repeated(value, (*path, name))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _repeated(value, (*path, index))


def _written_twice(path: Path) -> Issue:
    told = f"Le nom {shown(str(path[-1]))} est écrit plusieurs fois dans le même objet."
    return Issue("structure", told, expression=(fhir_path(path),))
