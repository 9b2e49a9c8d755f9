"""What was offered in each month, and how much of it is taken. Pure: the pipeline of booking, with nothing standing there.

A slot is counted where the pipeline would offer it if nothing stood there: rules, less days off, holidays, absences and closures.
How early and until when it is shown is left out: each was shown for some time.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from heapq import heappop, heappush
from itertools import pairwise
from typing import TypeVar

from appointments.openings.recurrence import local_day, seconds
from appointments.slots.availability import FreeSlot, free_slots
from appointments.slots.values import MINUTE, Frame, Viewer

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


def offered(frame: Frame, viewer: Viewer, *, since: int, until: int) -> list[FreeSlot]:
    """All that begins within [since, until), whatever stands there."""
    rules = [
        replace(one, offers=tuple(replace(offer, shown_from=None, shown_until=0) for offer in one.offers))
        for one in frame.rules
    ]
    return free_slots(replace(frame, rules=rules, taken=()), viewer, since=since, until=until - 1, now=since)


def offering_by_month(frame: Frame, viewer: Viewer, *, since: int, until: int) -> dict[date, Offering]:
    """By the first of the month, at the place's clock, in which a slot begins."""
    slots = offered(frame, viewer, since=since, until=until)
    months = _months(frame, since, until)
    counts, lengths, taken = Counter[date](), Counter[date](), Counter[date]()
    for month, (_, _, received) in _in(months, _one_after_another(slots)):
        counts[month] += received
    visits = [(one.start, one.end) for one in frame.taken if one.here and not one.held]
    for month, (start, end, received, standing) in _in(months, _spans(slots, visits)):
        lengths[month] += (end - start) * received
        taken[month] += (end - start) * min(standing, received)
    return {month: Offering(counts[month], lengths[month], taken[month]) for month in lengths}


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


def _spans(slots: Sequence[FreeSlot], visits: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, int, int]]:
    """The time that slots cover, in pieces that nothing begins or ends within: start, end, how many are received at once there,
    how many visits stand.
    """
    steps: dict[int, int] = {}
    for start, end in visits:
        steps[start] = steps.get(start, 0) + 1
        steps[end] = steps.get(end, 0) - 1
    edges = sorted({edge for start, end, _ in slots for edge in (start, end)} | steps.keys())
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
