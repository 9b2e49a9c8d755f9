"""The practitioner's openings: rules in a week strip and a list, absences and what they cover."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from appointments.enums import Status
from appointments.grid import DAY_MINUTES, Block, Span, day_bounds, lay_out, position, shown_hours, span_on
from appointments.models import Absence, Appointment, AvailabilityRule, Reason, Schedule

# In the strip an hour is 29 px: a shorter opening is drawn as if it lasted this long, so that it can be hit.
_STRIP_MINIMUM = 50


@dataclass(frozen=True, slots=True)
class Band:
    """One rule on one day of the strip, or an absence."""

    css: str
    rule: AvailabilityRule | None = None
    absence: Absence | None = None


@dataclass(frozen=True, slots=True)
class StripDay:
    day: date
    bands: list[Band]


@dataclass(frozen=True, slots=True)
class Strip:
    days: list[StripDay]
    first_hour: int
    last_hour: int

    @property
    def hours(self) -> list[tuple[str, int]]:
        """Every other hour of the gutter, with its class."""
        return [(f"at-{hour}h", hour) for hour in range(self.first_hour, self.last_hour, 2)]


@dataclass(frozen=True, slots=True)
class ComingAbsence:
    """`covered`: the appointments still booked during it, which someone has to move."""

    absence: Absence
    whole_days: bool
    first_day: date
    last_day: date
    covered: list[Appointment]


@dataclass(frozen=True, slots=True)
class RuleLine:
    rule: AvailabilityRule
    slots: int  # a week
    is_over: bool


def rules_of(practitioner_id: uuid.UUID) -> list[AvailabilityRule]:
    """With their places and reasons, in the order of the week. Two queries."""
    rows = AvailabilityRule.objects.filter(schedule__practitioner=practitioner_id)
    loaded = rows.select_related("schedule__location").prefetch_related("reasons")
    return sorted(loaded, key=lambda rule: (min(rule.weekdays), rule.start_time, str(rule.id)))


def rule_lines(rules: Iterable[AvailabilityRule], *, today: date) -> list[RuleLine]:
    return [RuleLine(rule, slots_per_week(rule), rule.last_day is not None and rule.last_day < today) for rule in rules]


def slots_per_week(rule: AvailabilityRule) -> int:
    opening = _wall_span(rule)
    return len(rule.weekdays) * ((opening.end - opening.start) // rule.slot_minutes)


def strip_of(
    rules: Sequence[AvailabilityRule], absences: Sequence[ComingAbsence], *, monday: date, zone: ZoneInfo
) -> Strip:
    """The week that begins on `monday`: who opens when, and the absences hatched over it."""
    days = [monday + timedelta(days=count) for count in range(7)]
    placed = {
        day: lay_out([Block(_wall_span(rule), rule) for rule in rules if _applies(rule, day)], minimum=_STRIP_MINIMUM)
        for day in days
    }
    first_hour, last_hour = shown_hours([one.span for bands in placed.values() for one in bands])
    shown = [day for day in days if day.isoweekday() < 7 or placed[day]]
    strip = []
    for day in shown:
        bands = []
        for one in absences:
            span = span_on(day, one.absence.start, one.absence.end, zone)
            if span and (visible := span.within(first_hour, last_hour)):
                bands.append(Band(position(visible), absence=one.absence))
        # A crowd shows its first: rules overlapping four deep are a mistake the list tells.
        bands += [Band(one.css, rule=one.items[0]) for one in placed[day]]
        strip.append(StripDay(day, bands))
    return Strip(strip, first_hour, last_hour)


def coming_absences(practitioner_id: uuid.UUID, *, now: datetime, zone: ZoneInfo) -> list[ComingAbsence]:
    """Those that are not over, in time order, with what they cover. Two queries."""
    absences = list(Absence.objects.filter(practitioner=practitioner_id, end__gt=now).order_by("start", "id"))
    if not absences:
        return []
    booked = appointments_during(
        practitioner_id,
        min(one.start for one in absences),
        max(one.end for one in absences),
        now=now,
    )
    return [
        _coming(one, zone, [held for held in booked if held.start < one.end and held.end > one.start])
        for one in absences
    ]


def appointments_during(
    practitioner_id: uuid.UUID, start: datetime, end: datetime, *, now: datetime
) -> list[Appointment]:
    """Booked appointments to come that stand between two instants."""
    rows = Appointment.objects.filter(practitioner=practitioner_id, status=Status.BOOKED, end__gt=now)
    return list(rows.overlapping(start, end).select_related("schedule__location").order_by("start"))


def clashing_rules(rule: AvailabilityRule) -> list[AvailabilityRule]:
    """The practitioner's other rules, at any place, that open at the same time. One query."""
    others = AvailabilityRule.objects.filter(
        schedule__practitioner=rule.schedule.practitioner_id, weekdays__overlap=rule.weekdays
    ).exclude(pk=rule.pk)
    return [other for other in others.select_related("schedule__location") if _clash(rule, other)]


def reasons_of(practitioner_id: uuid.UUID, *, kept_by: AvailabilityRule | None = None) -> list[Reason]:
    """Those on offer, and those the rule already has though they were put away since."""
    rows = Reason.objects.filter(practitioner=practitioner_id, active=True)
    if kept_by is not None:
        rows |= Reason.objects.filter(practitioner=practitioner_id, rules=kept_by)
    return list(rows.distinct())


def places_of(schedules: Iterable[Schedule], *, kept_by: AvailabilityRule | None = None) -> list[Schedule]:
    """Where a rule may open: the open places, and its own."""
    return [one for one in schedules if one.active or (kept_by is not None and one.id == kept_by.schedule_id)]


def whole_days(start: datetime, end: datetime, zone: ZoneInfo) -> tuple[date, date] | None:
    """First and last day when [start, end) is exactly some local days, else None."""
    first, last = start.astimezone(zone).date(), (end - timedelta(microseconds=1)).astimezone(zone).date()
    if start == day_bounds(first, zone)[0] and end == day_bounds(last, zone)[1]:
        return first, last
    return None


def _coming(absence: Absence, zone: ZoneInfo, covered: list[Appointment]) -> ComingAbsence:
    days = whole_days(absence.start, absence.end, zone)
    first, last = days or (absence.start.astimezone(zone).date(), absence.end.astimezone(zone).date())
    return ComingAbsence(absence, days is not None, first, last, covered)


def _wall_span(rule: AvailabilityRule) -> Span:
    return Span(_minutes(rule.start_time), _minutes(rule.end_time) or DAY_MINUTES)


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _applies(rule: AvailabilityRule, day: date) -> bool:
    begun = rule.first_day is None or rule.first_day <= day
    return day.isoweekday() in rule.weekdays and begun and (rule.last_day is None or day <= rule.last_day)


def _clash(rule: AvailabilityRule, other: AvailabilityRule) -> bool:
    """Same hours on a day of the week they share, while both are in force."""
    begins = max(rule.first_day or date.min, other.first_day or date.min)
    ends = min(rule.last_day or date.max, other.last_day or date.max)
    if begins > ends or not _wall_span(rule).touches(_wall_span(other)):
        return False
    shared = set(rule.weekdays) & set(other.weekdays)
    if (ends - begins).days >= 6:
        return bool(shared)
    return any((begins + timedelta(days=count)).isoweekday() in shared for count in range((ends - begins).days + 1))
