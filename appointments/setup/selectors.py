"""The practitioner's openings: rules in a list, days apart, absences and what they cover, closures, reasons."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.enums import Level
from accounts.french import fold
from accounts.rights import Actor
from appointments.enums import Status
from appointments.models import Absence, Appointment, Closure, Location, ReasonAt, Rule, Schedule
from appointments.models.booking import AppointmentQuerySet
from appointments.openings.recurrence import DAY_MINUTES, Interval, Recurrence
from appointments.openings.selectors import next_days, period_interval, recurrence_of
from appointments.openings.values import minutes_of
from appointments.slots.selectors import AHEAD

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Coming:
    """An absence or a closure that is not over, at the clock of `zone`. `covered`: the practitioner's visits still booked
    during it that the person sees, which someone has to move.
    """

    row: Absence | Closure
    interval: Interval
    zone: ZoneInfo
    covered: list[Appointment]
    # Of the same series, in which nobody has to be moved: told with the first of it.
    later: list["Coming"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class RuleLine:
    rule: Rule
    places: int  # that can be booked in the week shown
    is_over: bool
    is_coming: bool
    next_days: list[date]  # of a rule that does not come back every week
    crosses: bool  # ends on the day after


@dataclass(frozen=True, slots=True)
class Apart:
    """A day on which a rule does not open as on the others, or that has an opening of its own. `rule`: the opening of that day;
    `of`: the rule that it takes the place of, or that leaves the day out.
    """

    day: date
    rule: Rule | None
    of: Rule | None


def rules_of(schedules: Sequence[Schedule]) -> list[Rule]:
    """With their places, offers and days off, in the order of the week. Three queries."""
    rows = Rule.objects.filter(schedule__in=schedules)
    loaded = rows.select_related("schedule__location", "schedule__calendar", "replaces").prefetch_related(
        "offers", "days_off"
    )
    return sorted(
        loaded, key=lambda rule: (min(rule.weekdays), rule.start_time, fold(rule.schedule.location.name), rule.id)
    )


def rule_lines(rules: Iterable[Rule], by_rule: Mapping[uuid.UUID, int], *, now: datetime) -> list[RuleLine]:
    """Weekly rules, in the order of the week. `by_rule`: how much of each can be booked."""
    lines = []
    for rule in rules:
        today = now.astimezone(rule.schedule.location.zone).date()
        if not rule.is_one_off:
            line = RuleLine(
                rule,
                by_rule.get(rule.id, 0),
                is_over=rule.last_day is not None and rule.last_day < today,
                is_coming=rule.first_day > today,
                next_days=next_days(rule, since=today) if rule.every_n_weeks > 1 else [],
                crosses=recurrence_of(rule).crosses and rule.end_time != time.min,
            )
            lines.append(line)
    return lines


def apart_days(rules: Sequence[Rule], *, since: date) -> list[Apart]:
    """From this day on, in order. No query: of what `rules_of` loads."""
    known, found = {one.id: one for one in rules}, []
    for rule in rules:
        if rule.is_one_off:
            instead = rule.instead_of
            found.append(Apart(rule.first_day, rule, known.get(instead.rule_id) if instead is not None else None))
    taken = {(one.of.id, one.day) for one in found if one.of is not None}
    found += [
        Apart(off.day, None, rule) for rule in rules for off in rule.days_off.all() if (rule.id, off.day) not in taken
    ]
    return sorted(
        (one for one in found if one.day >= since),
        key=lambda one: (one.day, one.rule.start_time if one.rule is not None else time.min),
    )


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
    return _folded(told, Absence), _folded(told, Closure)


def _folded(told: Iterable[Coming], kind: type[Absence | Closure]) -> list[Coming]:
    """Those of one kind: a series is one line, but for what keeps somebody waiting to be moved."""
    lines: list[Coming] = []
    first: dict[tuple[object, uuid.UUID], Coming] = {}
    for one in told:
        if not isinstance(one.row, kind):
            continue
        known = first.get((place_of(one.row), one.row.series)) if one.row.series else None
        if known is not None and not one.covered:
            known.later.append(one)
            continue
        lines.append(one)
        if one.row.series and known is None:
            first[place_of(one.row), one.row.series] = one
    return lines


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
    booked = found.select_related("schedule__location", "patient").order_by("start")
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
