"""Where things go in the agenda's grid. Pure arithmetic on values: no Django, no database, no clock.

A day is a column of wall-clock minutes, 0 to 1440, in the zone of the practitioner's place. Positions leave here as names of
classes (`at-9h at-35m for-1h for-20m lane-2 of-3`), because the strict content policy allows no `style` attribute.
"""

import calendar
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from appointments.openings.recurrence import DAY_MINUTES, instant

Item = TypeVar("Item")

MAX_LANES = 4
# The grid shows at least these hours, so that a quiet day keeps its shape.
USUAL_HOURS = (8, 18)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """[start, end) in minutes of one column; 0 <= start < end <= 1440."""

    start: int
    end: int

    def touches(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end

    def within(self, first_hour: int, last_hour: int) -> "Span | None":
        """The part of it that the shown hours hold."""
        return self.shared_with(Span(first_hour * 60, last_hour * 60))

    def shared_with(self, other: "Span") -> "Span | None":
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start < end else None


@dataclass(frozen=True, slots=True)
class Scale:
    """How tall a minute is. `minimum`: the shortest block, in minutes, that is still 24 px high."""

    minimum: int
    css: str


@dataclass(frozen=True, slots=True)
class Block(Generic[Item]):
    """Something to place. When there is no room for all, the lowest `rank` stays."""

    span: Span
    item: Item
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Placed(Generic[Item]):
    """One block in its lane, or (`crowd`) the several that had no lane left, as one "+ 2"."""

    span: Span
    lane: int  # from 1
    lanes: int
    items: tuple[Item, ...]
    crowd: bool = False

    @property
    def css(self) -> str:
        return position(self.span, lane=self.lane, lanes=self.lanes)


def span_on(day: date, start: datetime, end: datetime, zone: ZoneInfo) -> Span | None:
    """Where [start, end) (aware) stands in the column of this day; None when it does not touch it.

    Wall clock: a column has 24 hours even on the days of 23 or 25. What ends before it began, in autumn's doubled hour, is
    drawn with its real length.
    """
    # Two datetimes of one zone are compared by their wall clocks, which the doubled hour would fool.
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    opening, closing = day_bounds(day, zone)
    if end <= opening or start >= closing or start >= end:
        return None
    first = 0 if start <= opening else _wall_minutes(start, zone)
    last = DAY_MINUTES if end >= closing else _wall_minutes(end, zone)
    if last <= first:
        last = first + max(1, int((end - start).total_seconds() // 60))
    return Span(first, min(last, DAY_MINUTES))


def spread(
    items: Iterable[tuple[datetime, datetime, Item]], days: Sequence[date], zone: ZoneInfo
) -> dict[date, list[tuple[Span, Item]]]:
    """Each item with its span, in those of these days (consecutive, in order) that it touches. Each finds its days once."""
    found: dict[date, list[tuple[Span, Item]]] = {day: [] for day in days}
    for start, end, item in items:
        local, until = start.astimezone(zone), end.astimezone(zone)
        day, last = local.date(), until.date()
        if day == last and local.utcoffset() == until.utcoffset():
            if day in found and start < end:
                first = local.hour * 60 + local.minute
                span = Span(first, max(first + 1, until.hour * 60 + until.minute))
                found[day].append((span, item))
            continue
        day = max(day, days[0])
        while day <= min(last, days[-1]):
            if touched := span_on(day, start, end, zone):
                found[day].append((touched, item))
            day += timedelta(days=1)
    return found


@lru_cache(maxsize=512)
def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants, in UTC, at which the local day begins and ends."""
    return instant(day, time.min, zone), instant(day + timedelta(days=1), time.min, zone)


def scale_for(shortest: int | None) -> Scale:
    """The scale at which a slot of this many minutes is at least 24 px high (the sheet's `.scale-10` and `.scale-5`)."""
    if shortest is None or shortest >= 15:
        return Scale(15, "")
    return Scale(10, "scale-10") if shortest >= 10 else Scale(5, "scale-5")


def shown_hours(spans: Collection[Span]) -> tuple[int, int]:
    """First and last hour of the grid: the usual ones, stretched to what there is."""
    first, last = USUAL_HOURS
    for span in spans:
        first = min(first, span.start // 60)
        last = max(last, -(-span.end // 60))
    return first, last


def gaps(spans: Iterable[Span], first_hour: int, last_hour: int) -> list[Span]:
    """What no span covers, between the shown hours."""
    found: list[Span] = []
    reached, end = first_hour * 60, last_hour * 60
    for span in sorted(spans):
        if min(span.start, end) > reached:
            found.append(Span(reached, min(span.start, end)))
        reached = max(reached, span.end)
    if reached < end:
        found.append(Span(reached, end))
    return found


def without(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """What of these no other covers, neighbours made one."""
    taken = sorted(others)
    found: list[Span] = []
    for span in _joined(spans):
        start = span.start
        for other in taken:
            if other.start > start and start < span.end:
                found.append(Span(start, min(other.start, span.end)))
            start = max(start, other.end)
        if start < span.end:
            found.append(Span(start, span.end))
    return found


def one_behind_another(blocks: Iterable[Block[Item]], *, minimum: int) -> list[list[Block[Item]]]:
    """Of starts of several lengths, those that share one in a group, drawn until the next start: in one lane, whatever overlaps.

    A start that comes too soon after another to be drawn keeps its length, and so takes a lane beside.
    """
    waiting = sorted(blocks, key=lambda block: (block.span.start, block.span.end))
    found: list[list[Block[Item]]] = []
    while waiting:
        lane: list[list[Block[Item]]] = []
        left = []
        for block in waiting:
            if lane and block.span.start == lane[-1][0].span.start:
                lane[-1].append(block)
            elif not lane or block.span.start >= lane[-1][0].span.start + minimum:
                lane.append([block])
            else:
                left.append(block)
        starts = [group[0].span.start for group in lane[1:]] + [DAY_MINUTES]
        for group, following in zip(lane, starts, strict=True):
            end = min(group[-1].span.end, following)
            found.append([Block(Span(one.span.start, end), one.item, one.rank) for one in group])
        waiting = left
    return found


def _joined(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for one in sorted(spans):
        if found and one.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, one.end))
        else:
            found.append(one)
    return found


def longest_gap(spans: Iterable[Span], first_hour: int, last_hour: int, *, keeping: int | None = None) -> Span | None:
    """Of the whole hours that no span touches, the longest run between the shown ones, the first of equals; None when there is
    none. The hour `keeping` stays.
    """
    taken = [Span(hour * 60, hour * 60 + 60) for hour in ([] if keeping is None else [keeping])]
    taken += [Span(one.start // 60 * 60, -(-one.end // 60) * 60) for one in spans]
    found = gaps(taken, first_hour, last_hour)
    # All of a day that has nothing is no gap in it.
    whole = [one for one in found if one != Span(first_hour * 60, last_hour * 60)]
    return max(whole, key=lambda one: one.end - one.start, default=None)


def lay_out(blocks: Sequence[Block[Item]], *, minimum: int) -> list[Placed[Item]]:
    """Blocks in lanes, in time order. Those that overlap share the width; a block shorter than `minimum` takes that room.

    At most four lanes: beyond, three are shown and the others wait in the fourth as one crowd.
    """
    roomy = [Block(_at_least(block.span, minimum), block.item, block.rank) for block in blocks]
    placed = [one for cluster in _clusters(roomy) for one in _place(cluster)]
    return sorted(placed, key=lambda one: (one.span.start, one.lane))


def position(span: Span, *, lane: int = 1, lanes: int = 1) -> str:
    """The classes of an item of the grid."""
    hours, minutes = divmod(span.end - span.start, 60)
    names = [moment(span.start)]
    if hours:
        names.append(f"for-{hours}h")
    if minutes:
        names.append(f"for-{minutes}m")
    if lanes > 1:
        names += [f"lane-{lane}", f"of-{lanes}"]
    return " ".join(names)


def moment(minutes: int) -> str:
    """The classes of a line across the day: now."""
    hour, minute = divmod(minutes, 60)
    return f"at-{hour}h at-{minute}m" if minute else f"at-{hour}h"


def month_weeks(day: date) -> list[list[date | None]]:
    """The weeks of this day's month, Monday first; None where the neighbour months are."""
    weeks = calendar.Calendar().monthdayscalendar(day.year, day.month)
    return [[day.replace(day=number) if number else None for number in week] for week in weeks]


def _wall_minutes(moment: datetime, zone: ZoneInfo) -> int:
    local = moment.astimezone(zone)
    return local.hour * 60 + local.minute


def _at_least(span: Span, minimum: int) -> Span:
    # A short block just before midnight grows upwards.
    start = min(span.start, DAY_MINUTES - minimum)
    return Span(start, max(span.end, start + minimum))


def _clusters(blocks: Iterable[Block[Item]]) -> list[list[Block[Item]]]:
    """Groups that touch nothing outside themselves."""
    clusters: list[list[Block[Item]]] = []
    reach = -1
    for block in sorted(blocks, key=lambda block: (block.span.start, block.span.end, block.rank)):
        if block.span.start >= reach:
            clusters.append([])
        clusters[-1].append(block)
        reach = max(reach, block.span.end)
    return clusters


def _place(cluster: list[Block[Item]]) -> list[Placed[Item]]:
    lanes = _lanes(cluster)
    count = max(lane for _, lane in lanes)
    if count <= MAX_LANES:
        return [Placed(block.span, lane, count, (block.item,)) for block, lane in lanes]
    kept: list[Block[Item]] = []
    crowded: list[Block[Item]] = []
    for block in sorted(cluster, key=lambda block: (block.rank, block.span)):
        fits = _depth([*kept, block]) < MAX_LANES
        (kept if fits else crowded).append(block)
    shown = [Placed(block.span, lane, MAX_LANES, (block.item,)) for block, lane in _lanes(kept)]
    return shown + [_crowd(group) for group in _clusters(crowded)]


def _crowd(group: list[Block[Item]]) -> Placed[Item]:
    span = Span(group[0].span.start, max(block.span.end for block in group))
    return Placed(span, MAX_LANES, MAX_LANES, tuple(block.item for block in group), crowd=True)


def _lanes(blocks: Iterable[Block[Item]]) -> list[tuple[Block[Item], int]]:
    """Each block in the first lane that is free when it starts."""
    free_from: list[int] = []
    found: list[tuple[Block[Item], int]] = []
    for block in sorted(blocks, key=lambda block: (block.span.start, block.rank, block.span.end)):
        for index, end in enumerate(free_from):
            if end <= block.span.start:
                free_from[index] = block.span.end
                found.append((block, index + 1))
                break
        else:
            free_from.append(block.span.end)
            found.append((block, len(free_from)))
    return found


def _depth(blocks: Sequence[Block[Item]]) -> int:
    """How many are on top of each other at the busiest moment."""
    return max(sum(other.span.start <= block.span.start < other.span.end for other in blocks) for block in blocks)
