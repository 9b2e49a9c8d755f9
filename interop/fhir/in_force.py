"""Names, addresses and identifiers of a resource: which of them are in force (their `use` and `period`)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from interop.fhir.encoding import zone
from interop.fhir.values import PARIS

# The codes of R4's value sets, whose binding is required: `use` modifies what it stands in.
USES = {
    "identifier": frozenset({"usual", "official", "temp", "secondary", "old"}),
    "name": frozenset({"usual", "official", "temp", "nickname", "anonymous", "old", "maiden"}),
    "telecom": frozenset({"home", "work", "temp", "old", "mobile"}),
}
# `maiden` is the name of before a marriage (R4, name-use).
_FORMER = frozenset({"old", "maiden"})
_DATE_TIME = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?P<clock>T\d\d:\d\d:(?P<second>\d\d)(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))?)?)?",
    re.ASCII,
)
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


def is_in_force(element: dict[str, Any], now: datetime) -> bool:
    """Neither said to be former nor out of its period at `now`. A period's bounds are both included, to their own precision.

    Raises ValueError for a bound that is no FHIR dateTime.
    """
    period = element.get("period", {})
    begins, ends = (_span(period[name]) if name in period else None for name in ("start", "end"))
    if element.get("use") in _FORMER:
        return False
    return (begins is None or begins[0] <= now) and (ends is None or now < ends[1])


def _span(text: object) -> tuple[datetime, datetime]:
    """The first instant of a dateTime, and the first one after it: of a year, a month, a day in Paris; or of an instant."""
    match = _DATE_TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("no dateTime")
    if match["clock"]:
        # A leap second is the next one.
        leap = match["second"] == "60"
        written = f"{match[0][:17]}59{match[0][19:]}" if leap else match[0]
        first = datetime.fromisoformat(written)
        return first, _later(first, timedelta(seconds=leap, microseconds=1))
    first = datetime(int(match["year"]), int(match["month"] or 1), int(match["day"] or 1), tzinfo=zone(PARIS))
    if match["day"]:
        return first, _later(first, timedelta(days=1))
    # The first day of the next month or year, at midnight: clocks change in between.
    beyond = _later(first, timedelta(days=31 if match["month"] else 366))
    return first, beyond.replace(day=1) if match["month"] else beyond.replace(month=1, day=1)


def _later(moment: datetime, distance: timedelta) -> datetime:
    try:
        return moment + distance
    except OverflowError:
        return _END_OF_TIME
