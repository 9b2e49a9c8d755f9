"""The agenda as it is printed: the lines of a day, and the days of a week, in the order of time.

What the screen shows (`agenda_of`), so rights, absences and time that is taken elsewhere are those of the screen.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from accounts.french import clock_of
from appointments.agenda.selectors.agenda import Column
from appointments.models import Appointment
from appointments.openings.recurrence import DAY_MINUTES
from appointments.slots.selectors import Slot

# Of a day whose lines leave little room.
CROWDED = 16


@dataclass(frozen=True, slots=True)
class Line:
    """A visit, a free slot, or what keeps anybody from being received (`words`), which begins at `starts`."""

    order: tuple[int, int]
    appointment: Appointment | None = None
    slot: Slot | None = None
    words: str = ""
    starts: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    lines: list[Line]
    places: list[str]

    @property
    def visits(self) -> list[Appointment]:
        return [line.appointment for line in self.lines if line.appointment is not None]

    @property
    def last(self) -> Appointment:
        """Of the visits, that which ends last."""
        return max(self.visits, key=lambda one: one.end)


def day_of(column: Column, zone: ZoneInfo, *, slots: bool = False) -> Day:
    """One day of the agenda; cancelled visits are on no paper."""
    lines = list(_shut(column))
    for row in column.rows:
        for item in row.crowd or (row.appointment or row.slot,):
            if isinstance(item, Appointment) and not item.is_cancelled:
                lines.append(Line(_order(item.start, column.day, zone, 1), appointment=item))
            elif isinstance(item, Slot) and slots:
                lines.append(Line(_order(item.start, column.day, zone, 2), slot=item))
    return Day(column.day, sorted(lines, key=lambda line: line.order), column.places)


def _shut(column: Column) -> Iterable[Line]:
    for one in column.breaks:
        whole = one.span.start == 0 and one.span.end == DAY_MINUTES
        yield Line(
            (one.span.start, 0), words=one.sentence, starts="" if whole or one.there else clock_of(one.span.start)
        )
    for row in column.rows:
        if row.taken:
            words = f"Occupé, {row.starts} – {row.ends}"
            yield Line((row.span.start, 0), words=words, starts=row.starts)


def _order(start: datetime, day: date, zone: ZoneInfo, rank: int) -> tuple[int, int]:
    """What began the day before comes first."""
    local = start.astimezone(zone)
    return (local.hour * 60 + local.minute if local.date() == day else 0, rank)


def week_of(columns: Iterable[Column], zone: ZoneInfo) -> list[Day]:
    """Without the days of the weekend on which nothing is noted: the others are wider."""
    days = [day_of(column, zone) for column in columns]
    return [one for one in days if one.lines or one.day.isoweekday() < 6]


def is_crowded(days: Iterable[Day]) -> bool:
    return any(len(one.lines) > CROWDED for one in days)
