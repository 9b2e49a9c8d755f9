"""Which counts of persons are not told: the small ones, and as many others as keep anybody from working them out. Pure.

What is published is a number of counts and of sums between them (the months of a year, the origins of a month). A small one that
is left out could be had by subtracting; so its neighbours are left out too, until every small one may be more than one number,
by the sums and all that follows from them.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

# Persons.
FEWEST = 5

_Row = tuple[dict[Hashable, Fraction], Fraction]
_NO_END = float("inf")


class Hidden(StrEnum):
    """FEW: of fewer than five persons. MASKED: left out for the sake of another."""

    FEW = "few"
    MASKED = "masked"


@dataclass(frozen=True, slots=True)
class Count:
    """So many visits, of so many persons."""

    visits: int = 0
    persons: int = 0

    @property
    def is_small(self) -> bool:
        return 0 < self.persons < FEWEST


NOTHING = Count()

# A total, and what it is the sum of.
Sum = tuple[Hashable, Sequence[Hashable]]


def hidden_of(counts: Mapping[Hashable, Count], sums: Iterable[Sum]) -> dict[Hashable, Hidden]:
    """Of these counts those that are not told. Zeros are, unless there is next to nothing at all.

    Every key of `sums` has a count.
    """
    known_sums = [(total, [one for one in parts if counts[one].visits]) for total, parts in sums]
    hidden: dict[Hashable, Hidden] = {key: Hidden.FEW for key, one in counts.items() if one.is_small}
    while exposed := _exposed(counts, known_sums, hidden):
        new: set[Hashable] = set()
        for key in exposed:
            near = [sum_ for sum_ in known_sums if key == sum_[0] or key in sum_[1]]
            if any(total in new or new.intersection(parts) for total, parts in near):
                continue
            told = _told(counts, near, hidden) or _told(counts, known_sums, hidden)
            if not told:
                # So few in all that their marks tell them: nothing is told of any, not even where there is none.
                return dict.fromkeys(counts, Hidden.MASKED)
            # The smallest is the least loss; a total goes last, being the largest.
            chosen = min(told, key=lambda one: (counts[one].visits, str(one)))
            hidden[chosen] = Hidden.MASKED
            new.add(chosen)
    return hidden


def _told(
    counts: Mapping[Hashable, Count], sums: Iterable[tuple[Hashable, list[Hashable]]], hidden: Mapping[Hashable, Hidden]
) -> list[Hashable]:
    """What is told, zeros aside, in the sums that have something that is not."""
    return [
        one
        for total, parts in sums
        if total in hidden or any(part in hidden for part in parts)
        for one in (total, *parts)
        if one not in hidden and counts[one].visits
    ]


def _exposed(
    counts: Mapping[Hashable, Count], sums: Sequence[tuple[Hashable, list[Hashable]]], hidden: Mapping[Hashable, Hidden]
) -> list[Hashable]:
    """The small ones that can be only one number, for who reads all that is told."""
    rows = [_row(counts, one, hidden) for one in sums]
    rows = [*rows, *_reduced(rows)]
    bounds = {key: _bounds(counts[key], how) for key, how in hidden.items()}
    _narrow(rows, bounds)
    return [key for key, how in hidden.items() if how is Hidden.FEW and bounds[key][0] == bounds[key][1]]


def _bounds(count: Count, how: Hidden) -> tuple[float, float]:
    """What its mark says of it: « < 5 » is taken for the visits too, by who reads it so."""
    if how is Hidden.MASKED:
        return FEWEST, _NO_END
    return 1, FEWEST - 1 if count.visits < FEWEST else _NO_END


def _row(
    counts: Mapping[Hashable, Count], one: tuple[Hashable, list[Hashable]], hidden: Mapping[Hashable, Hidden]
) -> _Row:
    """What is not told, by its sign, and what it comes to."""
    total, parts = one
    unknown: dict[Hashable, Fraction] = {}
    rest = Fraction(0)
    for key, sign in [(total, -1), *((part, 1) for part in parts)]:
        if key in hidden:
            unknown[key] = unknown.get(key, Fraction(0)) + sign
        else:
            rest -= sign * counts[key].visits
    return {key: value for key, value in unknown.items() if value}, rest


def _reduced(rows: Sequence[_Row]) -> list[_Row]:
    """All that the sums say together, solved as far as they go (Gauss and Jordan); those of one unknown tell it."""
    found: dict[Hashable, _Row] = {}
    for row in rows:
        left, rest = dict(row[0]), row[1]
        for pivot, known in found.items():
            if pivot in left:
                left, rest = _minus((left, rest), known, left[pivot])
        if not left:
            continue
        chosen = next(iter(left))
        factor = left[chosen]
        new: _Row = ({key: value / factor for key, value in left.items()}, rest / factor)
        for pivot, known in found.items():
            if chosen in known[0]:
                found[pivot] = _minus(known, new, known[0][chosen])
        found[chosen] = new
    return list(found.values())


def _minus(row: _Row, other: _Row, factor: Fraction) -> _Row:
    left = dict(row[0])
    for key, value in other[0].items():
        left[key] = left.get(key, Fraction(0)) - factor * value
    return {key: value for key, value in left.items() if value}, row[1] - factor * other[1]


def _narrow(rows: Sequence[_Row], bounds: dict[Hashable, tuple[float, float]]) -> None:
    """Each unknown between what the others leave it, until nothing changes."""
    changed = True
    while changed:
        changed = False
        for left, rest in rows:
            for key, sign in left.items():
                least, most = float(rest), float(rest)
                for other, factor in left.items():
                    if other != key:
                        ends = sorted(float(factor) * end for end in bounds[other])
                        least, most = least - ends[1], most - ends[0]
                ends = sorted((least / float(sign), most / float(sign)))
                low, high = bounds[key]
                narrowed = max(low, ends[0]), min(high, ends[1])
                if narrowed != (low, high):
                    bounds[key] = narrowed
                    changed = True
