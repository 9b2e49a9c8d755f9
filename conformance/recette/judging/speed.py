"""Response times. Source: INT_R01, « Speed »."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from conformance.recette.findings import Problem

# The kit fails a search over a second; the platform gives up after seven.
FAST_MS, LOST_MS = 1_000, 7_000


def judge_durations(milliseconds: Sequence[int]) -> Iterator[Problem]:
    """Durations of the same search repeated: one over 7 s fails; a median over 1 s is a reservation (one slow answer
    out of five may be the network's)."""
    if not milliseconds:
        return
    if max(milliseconds) > LOST_MS:
        yield Problem(f"Une recherche a pris {max(milliseconds)} ms : la plateforme abandonne à {LOST_MS} ms.")
    elif median(milliseconds) > FAST_MS:
        yield Problem(f"La durée médiane est de {round(median(milliseconds))} ms, plus de {FAST_MS} ms.", warning=True)
