"""The practitioner's openings: rules in a week strip and a list, absences and what they cover, closures, reasons."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from accounts.enums import Level
from accounts.french import fold, listed
from accounts.rights import Actor
from appointments.enums import Status
from appointments.grid import Block, Span, gaps, lay_out, position, shown_hours, span_on
from appointments.models import Absence, Appointment, Closure, Location, ReasonAt, Rule, Schedule
from appointments.models.booking import AppointmentQuerySet
from appointments.openings.holidays import holidays_of
from appointments.openings.recurrence import DAY_MINUTES, Interval, Recurrence, next_number, seconds
from appointments.openings.selectors import days_of, next_days, period_interval, recurrence_of
from appointments.openings.values import minutes_of
from appointments.slots.availability import FreeSlot, free_slots, places
from appointments.slots.reader import read_frames
from appointments.slots.selectors import AHEAD
from appointments.slots.values import PRACTICE

_DAY = timedelta(days=1)
# In the strip an hour is 40 px: a shorter opening is drawn as if it lasted this long, so that it can be hit.
_STRIP_MINIMUM = 50


@dataclass(frozen=True, slots=True)
class Band:
    """One rule on one day of the strip, or (`closed` says why) hours in which nobody is received; `partly`: at one place."""

    css: str
    rule: Rule | None = None
    closed: str = ""
    partly: bool = False


@dataclass(frozen=True, slots=True)
class StripDay:
    day: date
    holidays: list[str]
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
class Coming:
    """An absence or a closure that is not over, at the clock of `zone`. `covered`: the practitioner's visits still booked
    during it that the person sees, which someone has to move.
    """

    row: Absence | Closure
    interval: Interval
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
    return sorted(
        loaded, key=lambda rule: (min(rule.weekdays), rule.start_time, fold(rule.schedule.location.name), rule.id)
    )


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


def rule_lines(rules: Iterable[Rule], week: Week, *, now: datetime) -> tuple[list[RuleLine], list[RuleLine]]:
    """Weekly rules, in the order of the week, and the one-off openings that are not past, in the order of their days."""
    lines = []
    for rule in rules:
        today = now.astimezone(rule.schedule.location.zone).date()
        line = RuleLine(
            rule,
            week.by_rule.get(rule.id, 0),
            is_over=rule.last_day is not None and rule.last_day < today,
            is_coming=rule.first_day > today,
            next_days=next_days(rule, since=today) if rule.every_n_weeks > 1 else [],
            crosses=recurrence_of(rule).crosses and rule.end_time != time.min,
        )
        lines.append(line)
    one_off = [line for line in lines if line.rule.is_one_off and not line.is_over]
    one_off.sort(key=lambda line: (line.rule.first_day, line.rule.start_time))
    return [line for line in lines if not line.rule.is_one_off], one_off


def strip_of(
    rules: Sequence[Rule],
    closed: Sequence[Coming],
    schedules: Sequence[Schedule],
    *,
    monday: date,
) -> Strip:
    """The week that begins on `monday`: who opens when; hatched over it what is closed, and public holidays."""
    days = [monday + timedelta(days=count) for count in range(7)]
    blocks: dict[date, list[Block[Rule]]] = {day: [] for day in days}
    for rule in rules:
        for day in takewhile(lambda day: day <= days[-1], days_of(rule, since=monday - _DAY)):
            for drawn, drawn_span in _drawn(rule, day):
                if drawn in blocks:
                    blocks[drawn].append(Block(drawn_span, rule))
    placed = {day: lay_out(found, minimum=_STRIP_MINIMUM) for day, found in blocks.items()}
    first_hour, last_hour = shown_hours([one.span for bands in placed.values() for one in bands])
    shown = [day for day in days if day.isoweekday() < 7 or placed[day]]
    receiving = [one for one in schedules if one.active]
    strip = []
    for day in shown:
        bands = []
        for one in closed:
            # As rules are drawn: each at the clock of its place.
            span = span_on(day, one.interval.start, one.interval.end, one.zone)
            if span and (visible := span.within(first_hour, last_hour)):
                place = place_of(one.row)
                partly = place is not None and any(at.location_id != place.id for at in receiving)
                said = f"{one.row.name}, {place}" if partly else one.row.name
                bands.append(Band(position(visible), closed=said, partly=partly))
        feasts = _holidays_on(day, receiving)
        # Where a rule opens all the same, nothing of a holiday is drawn.
        idle = gaps([one.span for one in placed[day]], first_hour, last_hour) if feasts else []
        bands += [Band(position(span), closed=listed(feasts)) for span in idle]
        # A crowd shows its first: rules overlapping four deep are a mistake the list tells.
        bands += [Band(one.css, rule=one.items[0]) for one in placed[day]]
        strip.append(StripDay(day, feasts, bands))
    return Strip(strip, first_hour, last_hour)


def coming_periods(
    practitioner_id: uuid.UUID, schedules: Iterable[Schedule], *, now: datetime, zone: ZoneInfo, actor: Actor
) -> tuple[list[Coming], list[Coming]]:
    """The absences that this person reads, and the closures of the places of these agendas, that are not over, in time order,
    with the visits they see that stand there. Three queries.
    """
    read = Absence.objects.kept_by(actor, Level.SEE).filter(calendar__practitioner=practitioner_id)
    absences = read.touching(now, now + AHEAD).select_related(
        "schedule__location", "replacement__calendar__practitioner", "replacement__location"
    )
    closures = Closure.objects.filter(location__in={one.location_id for one in schedules}).touching(now, now + AHEAD)
    rows: list[Absence | Closure] = [*absences, *closures.select_related("location")]
    coming = [(row, interval) for row in rows if (interval := period_interval(row, zone_of(row, zone))).end > now]
    coming.sort(key=lambda one: (one[1].start, fold(str(place_of(one[0]) or "")), one[0].id))
    seen = Appointment.objects.kept_by(actor).filter(practitioner=practitioner_id)
    booked = booked_during([row for row, _ in coming], among=seen, now=now)
    told = [
        Coming(row, interval, zone_of(row, zone), [held for held in booked if stands_in(held, row)])
        for row, interval in coming
    ]
    return [one for one in told if isinstance(one.row, Absence)], [one for one in told if isinstance(one.row, Closure)]


def place_of(row: Absence | Closure) -> Location | None:
    """The only place it is at; None: everywhere."""
    if isinstance(row, Closure):
        return row.location
    return row.schedule.location if row.schedule is not None else None


def zone_of(row: Absence | Closure, zone: ZoneInfo) -> ZoneInfo:
    """At whose clock it is told: its place's, where it is at one only."""
    place = place_of(row)
    return place.zone if place is not None else zone


def booked_during(rows: Sequence[Absence | Closure], *, among: AppointmentQuerySet, now: datetime) -> list[Appointment]:
    """The visits to come, still booked, that stand in one of these. One query."""
    if not rows:
        return []
    # A day wider: each place cuts whole days at its own midnight.
    around = [period_interval(row, ZoneInfo("UTC")) for row in rows]
    first, last = min(one.start for one in around) - _DAY, max(one.end for one in around) + _DAY
    found = among.filter(status=Status.BOOKED, end__gt=now).overlapping(first, last)
    booked = found.select_related("schedule__location").order_by("start")
    return [held for held in booked if any(stands_in(held, row) for row in rows)]


def stands_in(held: Appointment, row: Absence | Closure) -> bool:
    """Whether a visit is where and when nobody is received because of it."""
    location = held.schedule.location
    here = row.location_id == location.id if isinstance(row, Closure) else row.schedule_id in (None, held.schedule_id)
    when = period_interval(row, location.zone)
    return here and held.start < when.end and held.end > when.start


def done_reasons(schedules: Sequence[Schedule]) -> list[ReasonAt]:
    """Where these agendas do which reasons, put away ones included, in the order of the lists. One query."""
    rows = ReasonAt.objects.filter(schedule__in=schedules)
    return list(
        rows.select_related("reason__organization", "schedule__location").order_by(
            "reason__organization",
            "reason__organization_id",
            "-reason__active",
            "reason__position",
            "reason__label_folded",
            "reason_id",
            "schedule__location",
            "schedule_id",
        )
    )


def clashing_rules(rule: Rule, schedules: Sequence[Schedule]) -> list[Rule]:
    """The other rules of these places that open at the same time. Two queries, and the rule's days off."""
    others = Rule.objects.filter(schedule__in=schedules).exclude(pk=rule.pk)
    loaded = others.select_related("schedule__location").prefetch_related("days_off")
    own = recurrence_of(rule)
    return [other for other in loaded if any(_clash(own, recurrence_of(other), apart) for apart in _apart(rule, other))]


def places_of(schedules: Iterable[Schedule], *, kept_by: Rule | None = None) -> list[Schedule]:
    """Where a rule may open: the open places, and its own."""
    return [one for one in schedules if one.active or (kept_by is not None and one.id == kept_by.schedule_id)]


def _holidays_on(day: date, schedules: Sequence[Schedule]) -> list[str]:
    """With their places, where not all keep them."""
    found: dict[str, list[str]] = {}
    for schedule in schedules:
        for name in holidays_of(schedule.location.holidays, day, day).values():
            found.setdefault(name, []).append(schedule.location.name)
    return [name if len(at) == len(schedules) else f"{name}, {listed(at)}" for name, at in found.items()]


def _drawn(rule: Rule, day: date) -> list[tuple[date, Span]]:
    """The occurrence of this day, in the columns it touches."""
    start, end = minutes_of(rule.start_time), minutes_of(rule.end_time)
    if not recurrence_of(rule).crosses:
        return [(day, Span(start, end))]
    rest = [(day + _DAY, Span(0, end))] if end else []
    return [(day, Span(start, DAY_MINUTES)), *rest]


def _apart(one: Rule, other: Rule) -> set[int]:
    """By how many minutes the clock of one rule's place is ahead of the other's, in winter and in summer."""
    zones = [rule.schedule.location.zone for rule in (one, other)]
    offsets = [[datetime(one.first_day.year, month, 1, tzinfo=zone).utcoffset() for zone in zones] for month in (1, 7)]
    return {
        int((own - theirs).total_seconds() // 60) for own, theirs in offsets if own is not None and theirs is not None
    }


def _clash(one: Recurrence, other: Recurrence, apart: int) -> bool:
    """Same hours at some moment while both are in force, `apart` minutes between their clocks. Two patterns of weeks meet again
    after at most 56 weeks.
    """
    begins = max(one.first_day, other.first_day) - _DAY
    ends = min(one.last_day or date.max, other.last_day or date.max, begins + timedelta(days=57 * 7))
    days = [begins + timedelta(days=count) for count in range((ends - begins).days + 2)]
    (start, end), (starts, stops) = _minutes_on(one), (minute + apart for minute in _minutes_on(other))
    touching = [
        shift for shift in range(-2, 3) if starts + shift * DAY_MINUTES < end and start < stops + shift * DAY_MINUTES
    ]
    return any(_opens(one, day) and any(_opens(other, day + shift * _DAY) for shift in touching) for day in days)


def _opens(recurrence: Recurrence, day: date) -> bool:
    return recurrence.falls_on(day) and day not in recurrence.days_off


def _minutes_on(recurrence: Recurrence) -> tuple[int, int]:
    start, end = minutes_of(recurrence.start_time), minutes_of(recurrence.end_time)
    return start, end + DAY_MINUTES if recurrence.crosses else end
