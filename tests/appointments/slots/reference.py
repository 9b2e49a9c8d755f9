"""The slots of an agenda, worked out the slow and obvious way, to judge the product's fast pipeline by.

Written from the words of the domain model, minute by minute, with the standard library alone: nothing of the product is
imported, not even its names of values. Instants are aware, in UTC and whole minutes, except `now` and `expires_at`, which may
carry seconds. Spans are half-open. Clarity wins over speed everywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tests.appointments.slots.described import (
    Agenda,
    Instants,
    Offer,
    Offered,
    Period,
    Question,
    ReasonDone,
    Rule,
    Viewer,
    WholeDays,
    World,
)

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)

# Why nothing is offered at a start; of several causes the first of this order is told.
CAUSES = (
    "closed day",
    "closure",
    "holiday",
    "absence",
    "booked",
    "held",
    "buffer",
    "too short",
    "other place",
    "not offered",
    "not yet shown",
    "too late",
    "no structure identifier",
    "no phone",
    "unpublished",
    "not online",
    "agenda closed",
)


@dataclass(frozen=True)
class Occurrence:
    """A rule on the local day on which it begins."""

    rule: Rule
    day: date
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Candidate:
    """A visit that one offer (or the practice itself) could give at one start."""

    occurrence: Occurrence
    start: datetime
    end: datetime
    modes: frozenset[str]
    audiences: frozenset[str] = frozenset()
    reasons: tuple[ReasonDone, ...] = ()
    buffer: int = 0
    offer: Offer | None = None  # None: the practice's own, and the one that stands for "not offered"
    is_offered: bool = True
    reason_fits_step: bool = True  # False: several at once, and the reason named lasts longer than a step


class Taken(NamedTuple):
    """Time that an appointment or a hold takes in one lane."""

    lane: int
    span: Instants


# Time


@cache
def instant(day: date, at: time, zone: str) -> datetime:
    """The first minute at which the clocks of the place show this hour or a later one.

    So the doubled hour of autumn is the first one, and the missing hour of spring is the moment at which it ends.
    """
    wanted = datetime.combine(day, at)
    minute = wanted.replace(tzinfo=UTC) - timedelta(hours=14)  # the easternmost clocks are 14 hours ahead
    while minute.astimezone(ZoneInfo(zone)).replace(tzinfo=None) < wanted:
        minute += MINUTE
    return minute


def span_of(period: Period, zone: str) -> Instants:
    if isinstance(period, WholeDays):
        return Instants(instant(period.first_day, time(0), zone), instant(period.last_day + DAY, time(0), zone))
    return period


def touches(span: Instants, other: Instants) -> bool:
    minute = span.start
    while minute < span.end:
        if other.start <= minute < other.end:
            return True
        minute += MINUTE
    return False


# Where starts come from


def is_a_day_of(rule: Rule, day: date) -> bool:
    """Weekday, weeks and bounds alone: days off and holidays are causes, told by `cause_of`."""
    monday = day - DAY * (day.isoweekday() - 1)
    weeks = (monday - rule.anchor_week).days // 7
    return (
        day.isoweekday() in rule.weekdays
        and rule.first_day <= day
        and (rule.last_day is None or day <= rule.last_day)
        and weeks % rule.every_n_weeks == 0
    )


def starts(q: Question) -> Iterator[tuple[Occurrence, datetime]]:
    """Every start of every rule of the agenda in the window, whatever forbids it."""
    zone = q.agenda.place.zone
    for rule in q.world.rules:
        day = q.since.date() - 3 * DAY  # a night and a time zone away, with room to spare
        while rule.agenda == q.agenda.key and day <= q.until.date() + 3 * DAY:
            if is_a_day_of(rule, day):
                last_day = day if rule.end_time > rule.start_time else day + DAY
                begin, end = instant(day, rule.start_time, zone), instant(last_day, rule.end_time, zone)
                start = begin
                while start < end:
                    if q.since <= start <= q.until:
                        yield Occurrence(rule, day, begin, end), start
                    start += rule.step_minutes * MINUTE
            day += DAY


# What could be given at a start


def candidates(q: Question, occurrence: Occurrence, start: datetime) -> list[Candidate]:
    """What this rule could give this viewer at this start, never empty: what nobody offers stands for itself."""
    rule = occurrence.rule
    one_step = start + rule.step_minutes * MINUTE
    if q.viewer.kind == "practice":
        audiences = frozenset(offer.audience for offer in rule.offers if offer.open)
        return [Candidate(occurrence, start, one_step, rule.modes, audiences, short_reasons(q.agenda, rule))]
    found = []
    for offer in rule.offers:
        if (offer.audience, offer.community) in q.viewer.audiences:
            found += candidates_of_offer(q, occurrence, start, offer)
    return found or [Candidate(occurrence, start, one_step, rule.modes, is_offered=False)]


def candidates_of_offer(q: Question, occurrence: Occurrence, start: datetime, offer: Offer) -> list[Candidate]:
    rule = occurrence.rule
    one_step = start + rule.step_minutes * MINUTE
    audiences = frozenset({offer.audience})
    if offer.reason is None:
        to_the_same = [o for o in rule.offers if (o.audience, o.community) == (offer.audience, offer.community)]
        with_own_row = {o.reason for o in to_the_same}
        listed = tuple(reason for reason in short_reasons(q.agenda, rule) if reason.key not in with_own_row)
        return [Candidate(occurrence, start, one_step, rule.modes, audiences, listed, offer=offer)]
    reason = next((reason for reason in q.agenda.reasons if reason.key == offer.reason), None)
    if reason is None or not (offer.open and reason.active and reason.modes & rule.modes):
        return []
    modes = rule.modes & reason.modes
    if rule.capacity == 1:
        end, fits = start + reason.minutes * MINUTE, True
    else:  # several at once: the step is the only length
        end, fits = one_step, reason.minutes <= rule.step_minutes
    return [Candidate(occurrence, start, end, modes, audiences, (reason,), reason.buffer, offer, reason_fits_step=fits)]


def short_reasons(agenda: Agenda, rule: Rule) -> tuple[ReasonDone, ...]:
    """The reasons that a visit of one step can be for."""
    return tuple(r for r in agenda.reasons if r.active and r.minutes <= rule.step_minutes and r.modes & rule.modes)


# Whether there is room


def taken(q: Question, *, here: bool, holds: bool = True, buffers: bool = True) -> list[Taken]:
    """What takes time on this line of time, at this agenda or (`here` false) at its others, as this viewer counts it."""
    outsider = q.viewer.kind == "outsider"
    found = []
    for visit in q.world.visits:
        if visit.calendar == q.agenda.calendar and (visit.agenda == q.agenda.key) == here:
            after = visit.buffer_after if buffers and outsider else 0
            found.append(Taken(visit.lane, Instants(visit.start, visit.end + after * MINUTE)))
    for hold in q.world.holds if holds else ():
        counts = hold.expires_at > q.now and (not hold.weak or (outsider and q.viewer.is_patient))
        if counts and hold.calendar == q.agenda.calendar and (hold.agenda == q.agenda.key) == here:
            found.append(Taken(hold.lane, Instants(hold.start, hold.end)))
    return found


def free_lane(rows: list[Taken], span: Instants, capacity: int) -> int | None:
    """The lowest lane that is free for the whole span, when fewer rows than the capacity touch it."""
    touching = [row for row in rows if touches(span, row.span)]
    if len(touching) < capacity:
        for lane in range(capacity):
            if all(row.lane != lane for row in touching):
                return lane
    return None


def lane_with_buffer(q: Question, candidate: Candidate, buffer: int) -> int | None:
    """The lane of this visit when so many minutes must stay free after it; None when there is no room."""
    span = Instants(candidate.start, candidate.end + buffer * MINUTE)
    if any(touches(span, row.span) for row in taken(q, here=False)):
        return None
    return free_lane(taken(q, here=True), span, candidate.occurrence.rule.capacity)


# Answers


def cause_of(q: Question, candidate: Candidate) -> str | None:
    """The first cause, in the order of CAUSES, for which this visit is not offered to this viewer; None: it is."""
    agenda, place, offer = q.agenda, q.agenda.place, candidate.offer
    rule, day = candidate.occurrence.rule, candidate.occurrence.day
    visit = Instants(candidate.start, candidate.end)
    with_buffer = Instants(candidate.start, candidate.end + candidate.buffer * MINUTE)
    outsider = q.viewer.kind == "outsider"

    if day in rule.days_off:
        return "closed day"
    if any(touches(visit, span_of(closure, place.zone)) for closure in place.closures):
        return "closure"
    if day in place.holidays and not rule.on_holidays:
        return "holiday"
    for absence in q.world.absences:
        concerns_us = absence.calendar == agenda.calendar and absence.agenda in (None, agenda.key)
        if concerns_us and touches(visit, span_of(absence.period, place.zone)):
            return "absence"
    if free_lane(taken(q, here=True, holds=False, buffers=False), visit, rule.capacity) is None:
        return "booked"
    if free_lane(taken(q, here=True, buffers=False), visit, rule.capacity) is None:
        return "held"
    if free_lane(taken(q, here=True), with_buffer, rule.capacity) is None:
        return "buffer"
    if candidate.end > candidate.occurrence.end or not candidate.reason_fits_step:
        return "too short"
    if any(touches(with_buffer, row.span) for row in taken(q, here=False)):
        return "other place"
    if not candidate.is_offered:
        return "not offered"
    if offer and offer.shown_from_minutes is not None and q.now < candidate.start - offer.shown_from_minutes * MINUTE:
        return "not yet shown"
    if q.now > candidate.start - (offer.shown_until_minutes if offer else 0) * MINUTE:
        return "too late"
    if outsider and not agenda.has_structure_identifier:
        return "no structure identifier"
    if outsider and not agenda.has_phone:
        return "no phone"
    if outsider and not agenda.published:
        return "unpublished"
    if q.viewer.is_patient and not agenda.online:
        return "not online"
    if not agenda.active:
        return "agenda closed"
    return None


def explain(
    world: World, agenda: Agenda, viewer: Viewer, since: datetime, until: datetime, now: datetime
) -> dict[datetime, str | None]:
    """Every start of the agenda's rules from `since` to `until` (both included), with its cause; None when offered.

    Of several visits that could begin there, the one that got furthest speaks.
    """
    q = Question(world, agenda, viewer, since, until, now)
    found: dict[datetime, list[str | None]] = {}
    for occurrence, start in starts(q):
        found.setdefault(start, []).extend(cause_of(q, candidate) for candidate in candidates(q, occurrence, start))
    order = (*CAUSES, None)
    return {start: max(found[start], key=order.index) for start in sorted(found)}


def offered(
    world: World, agenda: Agenda, viewer: Viewer, since: datetime, until: datetime, now: datetime
) -> list[Offered]:
    """The slots that start from `since` to `until` (both included) and not before `now`: one per start and end, in order."""
    q = Question(world, agenda, viewer, since, until, now)
    passed: dict[tuple[datetime, datetime], list[Candidate]] = {}
    for occurrence, start in starts(q):
        for candidate in candidates(q, occurrence, start):
            if cause_of(q, candidate) is None:
                passed.setdefault((start, candidate.end), []).append(candidate)
    return [union(q, passed[key]) for key in sorted(passed)]


def union(q: Question, same_visit: list[Candidate]) -> Offered:
    """One slot for the visits of the same start and end, whichever rules and offers give them."""
    modes, audiences, reasons, types, capacities, lanes = set(), set(), set(), set(), set(), set()
    for candidate in same_visit:
        rule = candidate.occurrence.rule
        modes |= candidate.modes
        audiences |= candidate.audiences
        types.add(rule.appointment_type)
        capacities.add(rule.capacity)
        lanes.add(lane_with_buffer(q, candidate, candidate.buffer))
        for reason in candidate.reasons:
            buffer = 0 if q.viewer.kind == "practice" else reason.buffer
            if lane_with_buffer(q, candidate, buffer) is not None:
                reasons.add(reason.key)
    return Offered(
        same_visit[0].start,
        same_visit[0].end,
        frozenset(audiences),
        frozenset(modes),
        frozenset(reasons),
        "ROUTINE" if "ROUTINE" in types else "WALKIN",
        max(capacities),
        min(lanes),
    )
