"""What was offered in each month, and how much of it is taken. Pure: the pipeline of booking, with nothing standing there.

A slot is counted where the pipeline would offer it if nothing stood there: rules, less days off, holidays, absences and closures.
How early and until when it is shown is left out: each was shown for some time.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import accumulate, pairwise
from operator import le, sub
from typing import TypeVar

from appointments.openings.recurrence import local_day, occurrences, seconds
from appointments.slots.availability import FreeSlot, free_slots
from appointments.slots.values import MINUTE, Frame, Shut, Viewer

# [start, end) in seconds, how many are received at once, and what else is known of it.
_Piece = TypeVar("_Piece", bound=tuple[int, ...])


@dataclass(frozen=True, slots=True)
class Offering:
    """`slots`: visits of the shortest length, one after the other, times as many as are received at once. `seconds` the same
    way; `taken`, those of them in which visits stand.
    """

    slots: int = 0
    seconds: int = 0
    taken: int = 0

    def __add__(self, other: "Offering") -> "Offering":
        return Offering(self.slots + other.slots, self.seconds + other.seconds, self.taken + other.taken)


# The visits that stand there: their starts, in order, and their ends.
Visits = tuple[Sequence[int], Sequence[int]]
NOBODY: Visits = ((), ())


def offering_by_month(
    frame: Frame, viewer: Viewer, *, since: int, until: int, visits: Visits = NOBODY
) -> dict[date, Offering]:
    """By the first of the month, at the place's clock, in which a slot begins; of all that begin within [since, until).

    Most days are alike: what an opening amounts to is computed once, and known again by how its occurrences lie and what is shut.
    """
    rules = [
        replace(one, offers=tuple(replace(offer, shown_from=None, shown_until=0) for offer in one.offers))
        for one in frame.rules
    ]
    bare, standing = replace(frame, rules=rules, taken=()), _Standing(visits)
    months = _months(frame, since, until)
    known: dict[object, _Shape] = {}
    found: dict[date, Offering] = {}
    for opening in _openings(bare, since, until):
        begins, ends = max(opening.start, since), min(opening.end, until)
        while begins >= months[0][1]:
            months.pop(0)
        there = replace(bare, closures=(), absences=[Shut(*one) for one in opening.shut])

        slots = partial(free_slots, there, viewer, since=begins, until=ends - 1, now=begins)
        if opening.end > months[0][1]:
            for month, more in _piece_by_piece(slots(), standing.near(begins, opening.end), months):
                found[month] = found.get(month, Offering()) + more
            continue
        start = opening.start
        key = opening.shape, begins - start, ends - start
        if key not in known:
            known[key] = _shape_of(slots(), start)
        if pieces := known[key].pieces:
            length = sum((end - start) * received for start, end, received in pieces)
            taken = sum(standing.within(start + one, start + other, received) for one, other, received in pieces)
            month = months[0][0]
            found[month] = found.get(month, Offering()) + Offering(known[key].slots, length, taken)
    return found


@dataclass(frozen=True, slots=True)
class _Opening:
    """Occurrences that touch each other, which no other touches, and the shut time among them. `shape`: how they lie, which rule
    each is of, and what is shut, after its start.
    """

    start: int
    end: int
    shut: list[tuple[int, int]]
    shape: tuple[object, ...]


def _openings(frame: Frame, since: int, until: int) -> Iterator[_Opening]:
    """Those that touch [since, until), in time order."""
    found = [
        (one.start, one.end, place)
        for place, rule in enumerate(frame.rules)
        for one in occurrences(rule.recurrence, frame.zone, since=since, until=until - 1)
        if rule.recurrence.is_on(one.day, frame.holidays)
    ]
    waiting = sorted(((one.start, one.end) for one in (*frame.closures, *frame.absences)), reverse=True)
    near: list[tuple[int, int]] = []
    for parts in _touching(sorted(found)):
        start, end = parts[0][0], max(ends for _, ends, _ in parts)
        while waiting and waiting[-1][0] < end:
            near.append(waiting.pop())
        near = [one for one in near if one[1] > start]
        shut = [(max(one, start), min(other, end)) for one, other in near]
        lie = tuple((begins - start, ends - start, place) for begins, ends, place in parts)
        yield _Opening(start, end, shut, (lie, tuple((one - start, other - start) for one, other in shut)))


def _touching(found: Iterable[tuple[int, int, int]]) -> Iterator[list[tuple[int, int, int]]]:
    """Each with those that begin before the end of one before."""
    parts: list[tuple[int, int, int]] = []
    end = 0
    for one in found:
        if parts and one[0] >= end:
            yield parts
            parts = []
        parts.append(one)
        end = max(end, one[1])
    if parts:
        yield parts


@dataclass(frozen=True, slots=True)
class _Shape:
    """What an opening amounts to: `slots` as in `Offering`; `pieces`: from when, until when, how many are received at once."""

    slots: int
    pieces: list[tuple[int, int, int]]


def _shape_of(slots: Sequence[FreeSlot], start: int) -> _Shape:
    pieces: list[tuple[int, int, int]] = []
    for begins, ends, received, _ in _spans(slots, ()):
        if pieces and pieces[-1][1:] == (begins - start, received):
            pieces[-1] = (pieces[-1][0], ends - start, received)
        else:
            pieces.append((begins - start, ends - start, received))
    return _Shape(sum(received for _, _, received in _one_after_another(slots)), pieces)


def _piece_by_piece(
    slots: Sequence[FreeSlot], visits: Iterable[tuple[int, int]], months: Sequence[tuple[date, float]]
) -> Iterator[tuple[date, Offering]]:
    """Of an opening that goes on in another month."""
    for month, (_, _, received) in _in(months, _one_after_another(slots)):
        yield month, Offering(slots=received)
    midnights = [int(over) for _, over in months[:-1]]
    for month, (start, end, received, standing) in _in(months, _spans(slots, visits, midnights)):
        yield month, Offering(0, (end - start) * received, (end - start) * min(standing, received))


class _Standing:
    """Visits, to be asked how much of a time they stand in."""

    def __init__(self, visits: Visits) -> None:
        self.starts, self.ends = visits
        self.longest = max(map(sub, self.ends, self.starts), default=0)
        # Most practitioners see one at a time: then each time is a difference of two sums.
        self.one_by_one = all(map(le, self.ends, self.starts[1:]))
        self.sums = [0, *accumulate(map(sub, self.ends, self.starts))]

    def near(self, since: int, until: int) -> list[tuple[int, int]]:
        """All that may touch it."""
        chosen = slice(bisect_left(self.starts, since - self.longest), bisect_left(self.starts, until))
        return list(zip(self.starts[chosen], self.ends[chosen], strict=True))

    def within(self, since: int, until: int, received: int) -> int:
        """The seconds in which visits stand, times as many as do, and are received at once."""
        if self.one_by_one:
            first, last = bisect_right(self.ends, since), bisect_left(self.starts, until)
            if first >= last:
                return 0
            outside = max(0, since - self.starts[first]) + max(0, self.ends[last - 1] - until)
            return self.sums[last] - self.sums[first] - outside
        steps: Counter[int] = Counter()
        for start, end in self.near(since, until):
            if (begins := max(start, since)) < (ends := min(end, until)):
                steps[begins] += 1
                steps[ends] -= 1
        found, standing, reached = 0, 0, since
        for at in sorted(steps):
            found += (at - reached) * min(standing, received)
            standing, reached = standing + steps[at], at
        return found


def hours_of(seconds: int) -> float:
    return seconds / (60 * MINUTE)


def _months(frame: Frame, since: int, until: int) -> list[tuple[date, float]]:
    """Those of the time asked for, each with when it is over; what begins before the end of the last may go on after it."""
    found: list[tuple[date, float]] = []
    month, last = (local_day(one, frame.zone).replace(day=1) for one in (since, until - 1))
    while month < last:
        following = (month + timedelta(days=31)).replace(day=1)
        found.append((month, seconds(following, time.min, frame.zone)))
        month = following
    return [*found, (last, float("inf"))]


def _in(months: Sequence[tuple[date, float]], spans: Iterable[_Piece]) -> Iterator[tuple[date, _Piece]]:
    """Each of these, which come in time order, with the month in which it begins."""
    following = iter(months)
    month, over = next(following)
    for one in spans:
        while one[0] >= over:
            month, over = next(following)
        yield month, one


def _one_after_another(slots: Iterable[FreeSlot]) -> Iterator[tuple[int, int, int]]:
    """As `availability.places` counts them."""
    reached = 0
    for start, end, offer in sorted(slots, key=lambda slot: slot[1]):
        if start >= reached:
            reached = end
            yield start, end, offer.capacity


def _spans(
    slots: Sequence[FreeSlot], visits: Iterable[tuple[int, int]], cuts: Iterable[int] = ()
) -> Iterator[tuple[int, int, int, int]]:
    """The time that slots cover, in pieces that nothing begins or ends within and that are cut there: start, end, how many are
    received at once there, how many visits stand.
    """
    steps: dict[int, int] = {}
    for start, end in visits:
        steps[start] = steps.get(start, 0) + 1
        steps[end] = steps.get(end, 0) - 1
    edges = sorted({edge for start, end, _ in slots for edge in (start, end)} | steps.keys() | set(cuts))
    waiting = iter(slots)  # in order of their starts
    following = next(waiting, None)
    open_: list[tuple[int, int]] = []  # the most that are received at once first, with the end
    standing = 0
    for since, until in pairwise(edges):
        standing += steps.get(since, 0)
        while following is not None and following[0] <= since:
            heappush(open_, (-following[2].capacity, following[1]))
            following = next(waiting, None)
        while open_ and open_[0][1] <= since:
            heappop(open_)
        if open_:
            yield since, until, -open_[0][0], standing
