"""Small numbers of persons are not told, and nobody works them out from what is."""

from collections.abc import Hashable, Iterator
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from appointments.statistics.hiding import Count, Hidden, Sum, hidden_of


def table(rows: list[list[int]]) -> tuple[dict[Hashable, Count], list[Sum]]:
    """A count of one visit a person, with the totals of lines, of columns and of all."""
    wide, high = len(rows[0]), len(rows)
    counts: dict[Hashable, int] = {(i, j): rows[i][j] for i in range(high) for j in range(wide)}
    sums: list[Sum] = []
    for i in range(high):
        sums.append(((i, "all"), [(i, j) for j in range(wide)]))
    for j in range(wide):
        sums.append((("all", j), [(i, j) for i in range(high)]))
    sums.append((("all", "all"), [(i, "all") for i in range(high)]))
    sums.append((("all", "all"), [("all", j) for j in range(wide)]))
    for total, parts in sums:
        counts[total] = sum(counts[one] for one in parts)
    return {key: Count(number, number) for key, number in counts.items()}, sums


def hidden_in(*numbers: int) -> dict[Hashable, Hidden]:
    counts: dict[Hashable, Count] = {key: Count(one, one) for key, one in enumerate(numbers)}
    counts["all"] = Count(sum(numbers), sum(numbers))
    return hidden_of(counts, [("all", list(range(len(numbers))))])


def test_a_small_number_takes_the_least_of_the_others_with_it() -> None:
    assert hidden_in(3, 40, 12) == {0: Hidden.FEW, 2: Hidden.MASKED}


def test_large_numbers_and_zero_are_told() -> None:
    assert hidden_in(5, 0, 12) == {}


def test_two_small_ones_hide_each_other_unless_their_sum_tells_both() -> None:
    assert hidden_in(2, 3, 40) == {0: Hidden.FEW, 1: Hidden.FEW}
    # Both are one, both are four: no other sum of two small ones.
    assert hidden_in(1, 1, 40) == {0: Hidden.FEW, 1: Hidden.FEW, 2: Hidden.MASKED}
    assert hidden_in(4, 4, 40) == {0: Hidden.FEW, 1: Hidden.FEW, 2: Hidden.MASKED}


def test_the_only_number_there_is_takes_its_total_with_it() -> None:
    assert hidden_in(3, 0) == {0: Hidden.FEW, "all": Hidden.FEW}


def test_next_to_nothing_at_all_is_not_told_at_all() -> None:
    counts, sums = table([[1, 1], [1, 1]])
    assert hidden_of(counts, sums) == dict.fromkeys(counts, Hidden.MASKED)


def test_many_visits_of_few_persons_are_a_small_number() -> None:
    counts: dict[Hashable, Count] = {"one": Count(30, 2), "other": Count(50, 40), "all": Count(80, 42)}
    assert hidden_of(counts, [("all", ["one", "other"])]) == {"one": Hidden.FEW, "other": Hidden.MASKED}


@given(st.lists(st.lists(st.integers(0, 8), min_size=2, max_size=3), min_size=2, max_size=3))
def test_every_small_number_may_be_another_one_by_all_that_is_told(rows: list[list[int]]) -> None:
    rows = [row[: min(map(len, rows))] for row in rows]
    counts, sums = table(rows)
    hidden = hidden_of(counts, sums)

    small = {key for key, one in counts.items() if one.is_small}
    assert small <= hidden.keys()
    if hidden.keys() == counts.keys() and Hidden.FEW not in hidden.values():
        return
    assert {key for key, how in hidden.items() if how is Hidden.FEW} == small
    met: dict[Hashable, set[int]] = {key: set() for key in small}
    for world in worlds(rows, hidden):
        for key, found in met.items():
            found.add(world[key])
        if all(len(found) > 1 for found in met.values()):
            return
    assert {key: found for key, found in met.items() if len(found) < 2} == {}


def worlds(rows: list[list[int]], hidden: dict[Hashable, Hidden]) -> Iterator[dict[Hashable, int]]:
    """All tables that are told the same way, their hidden cells up to nine."""
    wide = len(rows[0])
    cells = [(i, j) for i in range(len(rows)) for j in range(wide)]
    ranges = [
        [rows[i][j]] if (i, j) not in hidden else range(1, 5) if hidden[i, j] is Hidden.FEW else range(5, 10)
        for i, j in cells
    ]
    told, _ = table(rows)

    def fits(key: Hashable, visits: int) -> bool:
        if key not in hidden:
            return visits == told[key].visits
        return 1 <= visits <= 4 if hidden[key] is Hidden.FEW else visits >= 5

    # Line by line: most are not what is told of their total, and stand in no table.
    lines = [
        [line for line in product(*ranges[i * wide : (i + 1) * wide]) if fits((i, "all"), sum(line))]
        for i in range(len(rows))
    ]
    for values in product(*lines):
        if not all(fits(("all", j), sum(column)) for j, column in enumerate(zip(*values, strict=True))):
            continue
        found, _ = table([list(line) for line in values])
        if all(fits(key, one.visits) for key, one in found.items()):
            yield {key: one.visits for key, one in found.items()}
