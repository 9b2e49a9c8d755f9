"""Hours in which nobody comes: a night, an evening, a gap, each told in one line instead of being drawn."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from appointments.agenda.selectors.drawn import Column, Fold, Row
from appointments.grid import USUAL_HOURS, Span, longest_gap, position, without
from appointments.openings.recurrence import DAY_MINUTES

# What goes on past midnight is by day within these.
_BY_DAY = (8, 20)
_SOON = 3  # hours


def needed_at_night(columns: Sequence[Column], opened: Iterable[Span], hours: tuple[int, int]) -> list[Span]:
    """What the grid has to show of a night: visits, and hours that do not go on past midnight. Who is on call would else stretch
    everybody's day with hours in which nobody comes.
    """
    alone = len({column.practitioner.pk for column in columns}) == 1
    whole = Span(hours[0] * 60, hours[1] * 60)
    found = []
    for one in opened:
        all_day = one.start == 0 and one.end == DAY_MINUTES
        # Alone, one's nights are one's hours.
        at_night = all_day or (not alone and (one.start == 0 or one.end == DAY_MINUTES))
        found.append(one.within(*_BY_DAY) if at_night else one)
    for row in (row for column in columns for row in column.rows):
        if row.slot or (row.is_zone and not (row.taken or row.away or row.breaks)):
            continue
        goes_on = row.breaks and (row.span.start <= whole.start or row.span.end >= whole.end)
        found.append(row.span.within(*_BY_DAY) if goes_on else row.span)
    return [one for one in found if one is not None]


def night_of(
    columns: Sequence[Column], needed: Sequence[Span], hours: tuple[int, int], here: int | None
) -> Fold | None:
    """From the first hour to that of what is needed: what is free before is told by its number."""
    first, last = hours[0], USUAL_HOURS[0]
    until = min([last, *(one.start // 60 for one in needed), *([] if here is None or here < first else [here])])
    before = [row for column in columns for row in column.rows if row.slot and row.span.start < until * 60]
    return Fold(first, until, len(before)) if before and until - first > 1 else None


def evening_of(
    columns: Sequence[Column], needed: Sequence[Span], hours: tuple[int, int], here: int | None
) -> Fold | None:
    """The same from the end of what is needed, of several side by side: the grid ends there. Not of the hours to come."""
    if len({column.practitioner.pk for column in columns}) == 1:
        return None
    since = max([USUAL_HOURS[1], *(-(-one.end // 60) for one in needed), *([] if here is None else [here + _SOON])])
    after = [row for column in columns for row in column.rows if row.slot and row.span.start >= since * 60]
    return Fold(since, hours[1], len(after)) if after and hours[1] - since > 1 else None


def gap_of(columns: Sequence[Column], spans: Sequence[Span], hours: tuple[int, int], here: int | None) -> Fold | None:
    """What would be named in it alone keeps its hours."""
    named = [row.span for column in columns for row in column.rows if row.breaks]
    kept = list(spans)
    while gap := longest_gap(kept, *hours, keeping=here):
        lost = [one for one in named if gap.start <= one.start and one.end <= gap.end]
        if not lost:
            return Fold(gap.start // 60, gap.end // 60)
        kept += lost
    return None


def folded(rows: Sequence[Row], fold: Fold) -> list[Row]:
    """Of what lies across the fold, zones alone, the parts above and below it."""
    gone = Span(fold.first * 60, fold.last * 60)
    found = []
    for row in rows:
        parts = without([row.span], [gone]) if row.span.touches(gone) else [row.span]
        for part in parts:
            css = row.css if part == row.span else position(part)
            found.append(replace(row, span=part, css=f"{css} is-below" if part.start >= gone.end else css))
    return found
