"""Whom an hour suits. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from appointments.enums import DayPart

_NOON = 12


@dataclass(frozen=True, slots=True)
class When:
    """On which days (1 is Monday), in which part of them (blank: whichever), until which day; how many hours they need to know
    before; before which visit of theirs.
    """

    weekdays: Collection[int]
    part: str
    until: date
    notice_hours: int
    before: datetime | None = None

    def suits(self, start: datetime, *, answer_by: datetime, zone: ZoneInfo) -> bool:
        """Whether this hour is one that they wait for, when they have until then to say so."""
        local = start.astimezone(zone)
        in_part = not self.part or (local.hour < _NOON) == (self.part == DayPart.MORNING)
        in_time = answer_by + timedelta(hours=self.notice_hours) <= start
        earlier = self.before is None or start < self.before
        return local.isoweekday() in self.weekdays and in_part and local.date() <= self.until and in_time and earlier
