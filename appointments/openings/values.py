"""What the practice asks for when it opens hours or is away: frozen values, already validated in kind by the form. Pure."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from appointments.enums import AppointmentType, Audience, ConsultationType
from appointments.openings.recurrence import DAY_MINUTES

LONGEST_ABSENCE = timedelta(days=731)


@dataclass(frozen=True, slots=True)
class Shown:
    """To this audience, from how many minutes (None: as far ahead as one looks) until how many before the beginning."""

    audience: Audience
    shown_from: int | None = None
    shown_until: int = 0


@dataclass(frozen=True, slots=True)
class Opening:
    """A rule as typed. `new_reason` is a label to add to the organization's."""

    schedule_id: uuid.UUID
    weekdays: tuple[int, ...]
    start_time: time
    end_time: time
    step_minutes: int
    audiences: tuple[Shown, ...]
    consultation_types: tuple[ConsultationType, ...]
    appointment_type: AppointmentType
    reason_ids: tuple[uuid.UUID, ...] = ()
    new_reason: str = ""
    first_day: date | None = None
    last_day: date | None = None
    every_n_weeks: int = 1
    capacity: int = 1
    on_holidays: bool = False
    label: str = ""

    @property
    def minutes(self) -> int:
        """How long it lasts by the clock: not later than its beginning, it ends on the next day."""
        length = (minutes_of(self.end_time) - minutes_of(self.start_time)) % DAY_MINUTES
        return length or DAY_MINUTES


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Hours:
    """[start, end), aware."""

    start: datetime
    end: datetime


When = Days | Hours


@dataclass(frozen=True, slots=True)
class Repeat:
    """Again until this day, included: every so many weeks, on these ISO weekdays (none: on that of the first time)."""

    until: date
    every_n_weeks: int = 1
    weekdays: tuple[int, ...] = ()

    def days(self, first: date) -> list[date]:
        """On which it begins, `first` the earliest that counts, in order; weeks are counted from that of `first`."""
        week, wanted = first - timedelta(days=first.weekday()), self.weekdays or (first.isoweekday(),)
        following = (first + timedelta(days=count) for count in range((self.until - first).days + 1))
        return [
            day for day in following if day.isoweekday() in wanted and (day - week).days // 7 % self.every_n_weeks == 0
        ]


def minutes_of(clock: time) -> int:
    return clock.hour * 60 + clock.minute
