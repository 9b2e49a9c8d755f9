"""The practitioner's openings: rules in a week strip and a list, absences and what they cover."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from appointments.enums import Status
from appointments.grid import DAY_MINUTES, Block, Span, lay_out, position, shown_hours, span_on
from appointments.models import Absence, Appointment, Reason, Rule, Schedule
from appointments.openings.recurrence import Interval
from appointments.slots.selectors import AHEAD, period_interval

# In the strip an hour is 29 px: a shorter opening is drawn as if it lasted this long, so that it can be hit.
_STRIP_MINIMUM = 50


@dataclass(frozen=True, slots=True)
class Band:
    """One rule on one day of the strip, or an absence."""

    css: str
    rule: Rule | None = None
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
    """At the clock of the practitioner's first place. `covered`: the appointments still booked during it, which someone has
    to move.
    """

    absence: Absence
    interval: Interval
    first_day: date
    last_day: date
    covered: list[Appointment]


@dataclass(frozen=True, slots=True)
class RuleLine:
    rule: Rule
    slots: int  # a week
    is_over: bool
    is_coming: bool


def rules_of(practitioner_id: uuid.UUID) -> list[Rule]:
    """With their places and offers, in the order of the week. Two queries."""
    rows = Rule.objects.filter(schedule__calendar__practitioner=practitioner_id)
    loaded = rows.select_related("schedule__location", "schedule__calendar").prefetch_related("offers")
    return sorted(loaded, key=lambda rule: (min(rule.weekdays), rule.start_time, str(rule.id)))


def rule_lines(rules: Iterable[Rule], *, today: date) -> list[RuleLine]:
    return [
        RuleLine(
            rule,
            slots_per_week(rule),
            is_over=rule.last_day is not None and rule.last_day < today,
            is_coming=rule.first_day > today,
        )
        for rule in rules
    ]


def slots_per_week(rule: Rule) -> int:
    opening = _wall_span(rule)
    return len(rule.weekdays) * ((opening.end - opening.start) // rule.step_minutes)


def strip_of(rules: Sequence[Rule], absences: Sequence[ComingAbsence], *, monday: date, zone: ZoneInfo) -> Strip:
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
            span = span_on(day, one.interval.start, one.interval.end, zone)
            if span and (visible := span.within(first_hour, last_hour)):
                bands.append(Band(position(visible), absence=one.absence))
        # A crowd shows its first: rules overlapping four deep are a mistake the list tells.
        bands += [Band(one.css, rule=one.items[0]) for one in placed[day]]
        strip.append(StripDay(day, bands))
    return Strip(strip, first_hour, last_hour)


def coming_absences(practitioner_id: uuid.UUID, *, now: datetime, zone: ZoneInfo) -> list[ComingAbsence]:
    """Those that are not over, in time order, with what they cover. Two queries."""
    rows = Absence.objects.filter(calendar__practitioner=practitioner_id).touching(now, now + AHEAD)
    found = [(row, period_interval(row, zone)) for row in rows]
    coming = sorted((one for one in found if one[1].end > now), key=lambda one: (one[1].start, one[0].id))
    if not coming:
        return []
    booked = appointments_during(
        practitioner_id,
        min(interval.start for _, interval in coming),
        max(interval.end for _, interval in coming),
        now=now,
    )
    return [
        _coming(
            row, interval, zone, [held for held in booked if held.start < interval.end and held.end > interval.start]
        )
        for row, interval in coming
    ]


def appointments_during(
    practitioner_id: uuid.UUID, start: datetime, end: datetime, *, now: datetime
) -> list[Appointment]:
    """Booked appointments to come that stand between two instants."""
    rows = Appointment.objects.filter(practitioner=practitioner_id, status=Status.BOOKED, end__gt=now)
    return list(rows.overlapping(start, end).select_related("schedule__location").order_by("start"))


def clashing_rules(rule: Rule) -> list[Rule]:
    """The practitioner's other rules, at any place, that open at the same time. One query."""
    others = Rule.objects.filter(schedule__calendar=rule.schedule.calendar_id, weekdays__overlap=rule.weekdays).exclude(
        pk=rule.pk
    )
    return [other for other in others.select_related("schedule__location") if _clash(rule, other)]


def reasons_of(practitioner_id: uuid.UUID) -> list[Reason]:
    """Those done at one of the practitioner's agendas. One query."""
    rows = Reason.objects.filter(done_at__schedule__calendar__practitioner=practitioner_id, done_at__active=True)
    return list(rows.filter(active=True).distinct())


def offered_reasons(rule: Rule) -> list[uuid.UUID]:
    """Those that the rule's visits are for: done at its agenda, and not closed in it. One query, and the prefetched offers."""
    rows = {offer.reason_id: offer.open for offer in rule.offers.all()}
    done = rule.schedule.reasons_at.filter(active=True).select_related("reason")
    return [one.reason_id for one in done if rows.get(one.reason_id, one.lasts <= rule.step_minutes)]


def places_of(schedules: Iterable[Schedule], *, kept_by: Rule | None = None) -> list[Schedule]:
    """Where a rule may open: the open places, and its own."""
    return [one for one in schedules if one.active or (kept_by is not None and one.id == kept_by.schedule_id)]


def _coming(absence: Absence, interval: Interval, zone: ZoneInfo, covered: list[Appointment]) -> ComingAbsence:
    first = absence.first_day or interval.start.astimezone(zone).date()
    last = absence.last_day or interval.end.astimezone(zone).date()
    return ComingAbsence(absence, interval, first, last, covered)


def _wall_span(rule: Rule) -> Span:
    return Span(_minutes(rule.start_time), _minutes(rule.end_time) or DAY_MINUTES)


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def _applies(rule: Rule, day: date) -> bool:
    begun = rule.first_day <= day
    return day.isoweekday() in rule.weekdays and begun and (rule.last_day is None or day <= rule.last_day)


def _clash(rule: Rule, other: Rule) -> bool:
    """Same hours on a day of the week they share, while both are in force."""
    begins = max(rule.first_day, other.first_day)
    ends = min(rule.last_day or date.max, other.last_day or date.max)
    if begins > ends or not _wall_span(rule).touches(_wall_span(other)):
        return False
    shared = set(rule.weekdays) & set(other.weekdays)
    if (ends - begins).days >= 6:
        return bool(shared)
    return any((begins + timedelta(days=count)).isoweekday() in shared for count in range((ends - begins).days + 1))
