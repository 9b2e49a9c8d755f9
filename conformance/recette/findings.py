"""What is found wrong, as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing found wrong. sentence: French, ending with a stop, without any person's data; where: a FHIRPath, a
    header, a URL; warning: it does not fail the check."""

    sentence: str
    where: str = ""
    warning: bool = False


def gathered(problems: Iterable[Problem]) -> list[Problem]:
    """The same fault at many places said once, at the first, with how many more."""
    places: dict[tuple[str, bool], list[str]] = {}
    for problem in problems:
        places.setdefault((problem.sentence, problem.warning), []).append(problem.where)
    return [
        Problem(sentence, where[0] + (f", et {len(where) - 1} autres" if len(where) > 1 else ""), warning)
        for (sentence, warning), where in places.items()
    ]
