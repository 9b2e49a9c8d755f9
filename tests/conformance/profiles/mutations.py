"""Copies of the guide's examples with one thing changed."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

Mutation = Callable[[Any, Any], None]
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


@cache
def _example(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def example(folder: Path, name: str) -> Any:
    """A fresh copy of the example `name` (file name without `.json`)."""
    return copy.deepcopy(_example(folder / "example" / f"{name}.json"))


def mutated(resource: Any, path: str, mutation: Mutation) -> Any:
    """Changes the place at `path` (`participant[0].actor.identifier`; "" for the resource itself) and returns it."""
    steps: list[str | int] = [name or int(index) for name, index in _STEP.findall(path)]
    if not steps:
        mutation([resource], 0)
        return resource
    parent = resource
    for step in steps[:-1]:
        parent = parent[step]
    mutation(parent, steps[-1])
    return resource


def removed(parent: Any, key: Any) -> None:
    """The place is left out; a container that this empties goes with it only if the table says so."""
    del parent[key]


def to(value: Any) -> Mutation:
    """The place holds `value` instead (or for the first time)."""

    def change(parent: Any, key: Any) -> None:
        parent[key] = copy.deepcopy(value)

    return change


def twice(parent: Any, key: Any) -> None:
    """The array holds its first value once more, as a value of its own."""
    parent[key].append(copy.deepcopy(parent[key][0]))


def plus(value: Any) -> Mutation:
    """The array holds one value more."""

    def change(parent: Any, key: Any) -> None:
        parent[key].append(copy.deepcopy(value))

    return change


def listed(parent: Any, key: Any) -> None:
    """A single value becomes an array of one."""
    parent[key] = [parent[key]]


def unlisted(parent: Any, key: Any) -> None:
    """An array becomes its first value."""
    parent[key] = parent[key][0]


def renamed(name: str) -> Mutation:
    """The place goes by another name."""

    def change(parent: Any, key: Any) -> None:
        parent[name] = parent.pop(key)

    return change
