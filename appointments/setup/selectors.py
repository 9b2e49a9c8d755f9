"""The practitioner's openings: rules in a week strip and a list, absences and what they cover, closures, reasons."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from accounts.enums import Level
from accounts.rights import Actor
from appointments.enums import Status
from appointments.grid import Block, Span, lay_out, position, shown_hours, span_on
from appointments.models import Absence, Appointment, Closure, Reason, ReasonAt, Rule, Schedule
from appointments.openings.recurrence import Interval, Recurrence, next_number, seconds
from appointments.openings.selectors import days_off_of, next_days, open_days, period_interval, recurrence_of
from appointments.openings.values import DAY_MINUTES, minutes_of
from appointments.slots.availability import FreeSlot, free_slots, places
from appointments.slots.reader import read_frames
from appointments.slots.selectors import AHEAD
from appointments.slots.values import PRACTICE

_DAY = timedelta(days=1)
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
    zone: ZoneInfo
    covered: list[Appointment]


@dataclass(frozen=True, slots=True)
class RuleLine:
    rule: Rule
    places: int  # that can be booked in the week shown
    is_over: bool
    is_coming: bool
    next_days: list[date]  # of a rule that does not come back every week
    crosses: bool  # ends on the day after


@dataclass(frozen=True, slots=True)
class Week:
    """What can be booked from now on in the week that begins on `monday`: by rule, and in all."""

    places: int
    by_rule: dict[uuid.UUID, int]


def rules_of(schedules: Sequence[Schedule]) -> list[Rule]:
    """With their places, offers and days off, in the order of the week. Three queries."""
    rows = Rule.objects.filter(schedule__in=schedules)
    loaded = rows.select_related("schedule__location", "schedule__calendar").prefetch_related("offers", "days_off")
    return sorted(loaded, key=lambda rule: (min(rule.weekdays), rule.start_time, str(rule.id)))


def week_of(schedules: Sequence[Schedule], *, monday: date, zone: ZoneInfo, now: datetime) -> Week:
    """As the practice sees it. Three queries."""
    since = max(seconds(monday, time.min, zone), next_number(now))
    until = seconds(monday + timedelta(days=7), time.min, zone) - 1
    if not schedules or since > until:
        return Week(0, {})
    everything: list[FreeSlot] = []
    by_rule = {}
    for frame in read_frames(schedules, since=since, until=until).values():
        for rule in frame.rules:
            alone = replace(frame, rules=[rule])
            found = free_slots(alone, PRACTICE, since=since, until=until, now=since)
            by_rule[rule.id] = places(found)
            everything += found
    return Week(places(everything), by_rule)


def rule_lines(rules: Iterable[Rule], week: Week, *, today: date) -> tuple[list[RuleLine], list[RuleLine]]:
    """Weekly rules, in the order of the week, and the one-off openings that are not past, in the order of their days."""
    lines = [
        RuleLine(
            rule,
            week.by_rule.get(rule.id, 0),
            is_over=rule.last_day is not None and rule.last_day < today,
            is_coming=rule.first_day > today,
            next_days=next_days(rule, since=today) if rule.every_n_weeks > 1 else [],
            crosses=rule.end_time <= rule.start_time and rule.end_time != time.min,
        )
        for rule in rules
    ]
    one_off = [line for line in lines if line.rule.is_one_off and not line.is_over]
    one_off.sort(key=lambda line: (line.rule.first_day, line.rule.start_time))
    return [line for line in lines if not line.rule.is_one_off], one_off


def strip_of(rules: Sequence[Rule], absences: Sequence[ComingAbsence], *, monday: date, zone: ZoneInfo) -> Strip:
    """The week that begins on `monday`: who opens when, and the absences hatched over it."""
    days = [monday + timedelta(days=count) for count in range(7)]
    blocks: dict[date, list[Block[Rule]]] = {day: [] for day in days}
    for rule in rules:
        opened = open_days(recurrence_of(rule, days_off_of(rule)), rule.schedule.location.holidays, since=monday - _DAY)
        for day in takewhile(lambda day: day <= days[-1], opened):
            for drawn, drawn_span in _drawn(rule, day):
                if drawn in blocks:
                    blocks[drawn].append(Block(drawn_span, rule))
    placed = {day: lay_out(found, minimum=_STRIP_MINIMUM) for day, found in blocks.items()}
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


def coming_absences(practitioner_id: uuid.UUID, *, now: datetime, zone: ZoneInfo, actor: Actor) -> list[ComingAbsence]:
    """Those that are not over and that this person reads, in time order, with what they cover. Two queries."""
    rows = Absence.objects.kept_by(actor, Level.SEE).filter(calendar__practitioner=practitioner_id)
    loaded = rows.touching(now, now + AHEAD).select_related(
        "schedule__location", "replacement__calendar__practitioner", "replacement__location"
    )
    found = [(row, period_interval(row, zone_of(row, zone))) for row in loaded]
    coming = sorted((one for one in found if one[1].end > now), key=lambda one: (one[1].start, one[0].id))
    if not coming:
        return []
    booked = appointments_during(
        practitioner_id,
        min(interval.start for _, interval in coming),
        max(interval.end for _, interval in coming),
        now=now,
        actor=actor,
    )
    return [
        _coming(
            absence,
            interval,
            zone_of(absence, zone),
            [
                held
                for held in booked
                if held.start < interval.end
                and held.end > interval.start
                and absence.schedule_id in (None, held.schedule_id)
            ],
        )
        for absence, interval in coming
    ]


def zone_of(absence: Absence, zone: ZoneInfo) -> ZoneInfo:
    """At whose clock it is told: its place's, where it is at one only."""
    return absence.schedule.location.zone if absence.schedule is not None else zone


def coming_closures(schedules: Iterable[Schedule], *, now: datetime) -> list[Closure]:
    """Of the places of these agendas, those that are not over, in time order. One query."""
    rows = Closure.objects.filter(location__in={one.location_id for one in schedules}).touching(now, now + AHEAD)
    found = [(period_interval(row, row.location.zone), row) for row in rows.select_related("location")]
    coming = [one for one in found if one[0].end > now]
    return [row for _, row in sorted(coming, key=lambda one: (one[0].start, one[1].location.name, one[1].id))]


def done_reasons(schedules: Sequence[Schedule]) -> list[ReasonAt]:
    """Where these agendas do which reasons, put away ones included, in the order of the lists. One query."""
    rows = ReasonAt.objects.filter(schedule__in=schedules)
    return list(
        rows.select_related("reason__organization", "schedule__location").order_by(
            "reason__organization__name", "-reason__active", "reason__position", "reason__label_folded", "reason_id"
        )
    )


def appointments_during(
    practitioner_id: uuid.UUID, start: datetime, end: datetime, *, now: datetime, actor: Actor
) -> list[Appointment]:
    """Booked appointments to come that this person sees, and that stand between two instants."""
    rows = Appointment.objects.kept_by(actor).filter(practitioner=practitioner_id, status=Status.BOOKED, end__gt=now)
    return list(rows.overlapping(start, end).select_related("schedule__location").order_by("start"))


def clashing_rules(rule: Rule, schedules: Sequence[Schedule]) -> list[Rule]:
    """The other rules of these places that open at the same time. Two queries, and the rule's days off."""
    others = Rule.objects.filter(schedule__in=schedules).exclude(pk=rule.pk)
    loaded = others.select_related("schedule__location").prefetch_related("days_off")
    own = recurrence_of(rule, days_off_of(rule))
    return [other for other in loaded if _clash(own, recurrence_of(other, days_off_of(other)))]


def reasons_of(schedules: Sequence[Schedule]) -> list[Reason]:
    """Those done at one of these agendas. One query."""
    rows = Reason.objects.filter(done_at__schedule__in=schedules, done_at__active=True)
    return list(rows.filter(active=True).distinct())


def places_of(schedules: Iterable[Schedule], *, kept_by: Rule | None = None) -> list[Schedule]:
    """Where a rule may open: the open places, and its own."""
    return [one for one in schedules if one.active or (kept_by is not None and one.id == kept_by.schedule_id)]


def _coming(absence: Absence, interval: Interval, zone: ZoneInfo, covered: list[Appointment]) -> ComingAbsence:
    first = absence.first_day or interval.start.astimezone(zone).date()
    last = absence.last_day or interval.end.astimezone(zone).date()
    return ComingAbsence(absence, interval, first, last, zone, covered)


def _drawn(rule: Rule, day: date) -> list[tuple[date, Span]]:
    """The occurrence of this day, in the columns it touches."""
    start, end = minutes_of(rule.start_time), minutes_of(rule.end_time)
    if end > start:
        return [(day, Span(start, end))]
    rest = [(day + _DAY, Span(0, end))] if end else []
    return [(day, Span(start, DAY_MINUTES)), *rest]


def _clash(one: Recurrence, other: Recurrence) -> bool:
    """Same hours at some moment while both are in force. Two patterns of weeks meet again after at most 56 weeks."""
    begins = max(one.first_day, other.first_day) - _DAY
    ends = min(one.last_day or date.max, other.last_day or date.max, begins + timedelta(days=57 * 7))
    days = [begins + timedelta(days=count) for count in range((ends - begins).days + 2)]
    (start, end), (starts, stops) = _minutes_on(one), _minutes_on(other)
    touching = [
        shift for shift in (-1, 0, 1) if starts + shift * DAY_MINUTES < end and start < stops + shift * DAY_MINUTES
    ]
    return any(_opens(one, day) and any(_opens(other, day + shift * _DAY) for shift in touching) for day in days)


def _opens(recurrence: Recurrence, day: date) -> bool:
    return recurrence.falls_on(day) and day not in recurrence.days_off


def _minutes_on(recurrence: Recurrence) -> tuple[int, int]:
    start, end = minutes_of(recurrence.start_time), minutes_of(recurrence.end_time)
    return start, end if end > start else end + DAY_MINUTES
