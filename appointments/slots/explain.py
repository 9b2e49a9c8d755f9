"""Why a start is not offered: one cause of a closed list, the first in the order of the pipeline. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import reduce

from appointments.openings.recurrence import Occurrence, occurrences
from appointments.slots.availability import Candidate, candidates_of, free_lane, is_open
from appointments.slots.values import MINUTE, Frame, OpenRule, Shut, Taken, Viewer


class Cause(StrEnum):
    """In the order in which they are looked for."""

    CLOSED_DAY = "closed day"
    CLOSURE = "closure"
    HOLIDAY = "holiday"
    ABSENCE = "absence"
    BOOKED = "booked"
    HELD = "held"
    BUFFER = "buffer"
    TOO_SHORT = "too short"
    OTHER_PLACE = "other place"
    NOT_OFFERED = "not offered"
    NOT_YET_SHOWN = "not yet shown"
    TOO_LATE = "too late"
    NO_STRUCTURE_IDENTIFIER = "no structure identifier"
    NO_PHONE = "no phone"
    UNPUBLISHED = "unpublished"
    NOT_ONLINE = "not online"
    AGENDA_CLOSED = "agenda closed"


_ORDER = list(Cause)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Of one start: why it is not offered, None where it is. It is told of the visit of `rule` that got furthest, until `end`.

    `day`: the local day on which the occurrence begins.
    """

    day: date
    start: int
    end: int
    cause: Cause | None
    rule: OpenRule
    candidate: Candidate


def explain(frame: Frame, viewer: Viewer, *, since: int, until: int, now: int) -> dict[int, Cause | None]:
    """For every start of every rule within [since, until], both included, why it is not offered; None where it is."""
    return {start: one.cause for start, one in judge(frame, viewer, since=since, until=until, now=now).items()}


def judge(frame: Frame, viewer: Viewer, *, since: int, until: int, now: int) -> dict[int, Verdict]:
    """The verdict of every start of every rule within [since, until], both included, in time order.

    Days off, holidays, closures and absences are looked through: their starts are those of the rule as if it were open. Where
    several visits could begin, the cause is that of the one that got furthest.
    """
    found: dict[int, Verdict] = {}
    for rule in frame.rules:
        candidates = candidates_of(rule, frame.reasons, viewer)
        for occurrence in occurrences(rule.recurrence, frame.zone, since=since, until=until):
            for start in range(occurrence.start, occurrence.end, rule.step * MINUTE):
                if since <= start <= until:
                    verdict = _of_start(frame, viewer, rule, candidates, occurrence, start, now)
                    found[start] = _furthest(found[start], verdict) if start in found else verdict
    return dict(sorted(found.items()))


class Unoffered(StrEnum):
    """Why a rule gives a viewer nothing at all."""

    TO_NOBODY = "to nobody"
    NOT_TO_THEM = "not to them"
    NO_REASON = "no reason"


def unoffered(rule: OpenRule, viewer: Viewer) -> Unoffered:
    """Of a start that is `NOT_OFFERED`: open to nobody; to others; or to them, for reasons alone that are not done any more."""
    reached = {(one.audience, one.community) for one in rule.offers if one.open}
    if not reached:
        return Unoffered.TO_NOBODY
    return Unoffered.NO_REASON if reached & viewer.reach else Unoffered.NOT_TO_THEM


def shut_by(frame: Frame, verdict: Verdict) -> Shut | None:
    """The closure or the absence that is the cause."""
    rows = {Cause.CLOSURE: frame.closures, Cause.ABSENCE: frame.absences}.get(verdict.cause or Cause.BOOKED, ())
    return next((one for one in rows if one.start < verdict.end and one.end > verdict.start), None)


def taken_by(frame: Frame, viewer: Viewer, verdict: Verdict) -> list[Taken]:
    """The visits, or the holds, that are the cause."""
    if verdict.cause not in (Cause.BOOKED, Cause.HELD):
        return []
    held = verdict.cause is Cause.HELD
    touching = (one for one in frame.taken_for(viewer) if one.start < verdict.end and one.end > verdict.start)
    return [one for one in touching if one.here and one.held == held]


def standing_cause(frame: Frame, viewer: Viewer, start: int, end: int) -> Cause | None:
    """What of [start, end) somebody has; None when nothing of it is taken."""
    touching = [one for one in frame.taken_for(viewer) if one.start < end and one.end > start]
    if any(one.here and not one.held for one in touching):
        return Cause.BOOKED
    if any(one.here for one in touching):
        return Cause.HELD
    return Cause.OTHER_PLACE if touching else None


def shut_cause(frame: Frame, start: int, end: int) -> Cause | None:
    """Whether it is closed or absent then, whatever the rules say."""
    if _touches(frame.closures, start, end):
        return Cause.CLOSURE
    return Cause.ABSENCE if _touches(frame.absences, start, end) else None


def unreceived(frame: Frame, start: int, end: int) -> frozenset[Cause]:
    """Why a visit of [start, end) would not be received, whoever takes it: all causes, none where all is as it should be."""
    found = {
        Cause.CLOSED_DAY: not is_open(frame, start, end),
        Cause.CLOSURE: _touches(frame.closures, start, end),
        Cause.ABSENCE: _touches(frame.absences, start, end),
        Cause.AGENDA_CLOSED: not frame.active,
    }
    return frozenset(cause for cause, holds in found.items() if holds)


def _of_start(
    frame: Frame,
    viewer: Viewer,
    rule: OpenRule,
    candidates: list[Candidate],
    occurrence: Occurrence,
    start: int,
    now: int,
) -> Verdict:
    def verdict(one: Candidate, otherwise: Cause | None = None) -> Verdict:
        cause = _cause(frame, viewer, rule, one, occurrence, start, now) or otherwise
        return Verdict(occurrence.day, start, start + one.length, cause, rule, one)

    if not candidates:
        return verdict(Candidate(rule.step * MINUTE, 0, (), (), (), any_reason=True), Cause.NOT_OFFERED)
    return reduce(_furthest, map(verdict, candidates))


def _furthest(one: Verdict, other: Verdict) -> Verdict:
    if one.cause is None or other.cause is None:
        return one if one.cause is None else other
    return other if _ORDER.index(other.cause) > _ORDER.index(one.cause) else one


def _cause(
    frame: Frame, viewer: Viewer, rule: OpenRule, candidate: Candidate, occurrence: Occurrence, start: int, now: int
) -> Cause | None:
    end = start + candidate.length
    if occurrence.day in rule.recurrence.days_off:
        return Cause.CLOSED_DAY
    if _touches(frame.closures, start, end):
        return Cause.CLOSURE
    if not rule.recurrence.is_on(occurrence.day, frame.holidays):
        return Cause.HOLIDAY
    if _touches(frame.absences, start, end):
        return Cause.ABSENCE
    if obstacle := _obstacle(frame, viewer, candidate, start, end, rule.capacity):
        return obstacle
    if not candidate.fits or end > occurrence.end:
        return Cause.TOO_SHORT
    buffer = 0 if viewer.is_practice else candidate.buffer
    elsewhere = [one for one in frame.taken_for(viewer) if not one.here]
    if any(one.start < end + buffer and _ends(one, viewer) > start for one in elsewhere):
        return Cause.OTHER_PLACE
    return _unshown(frame, viewer, candidate, start, now)


def _unshown(frame: Frame, viewer: Viewer, candidate: Candidate, start: int, now: int) -> Cause | None:
    """Why this viewer is not shown what is free."""
    if not candidate.audiences and not viewer.is_practice:
        return Cause.NOT_OFFERED
    if candidate.shown_from is not None and start > now + candidate.shown_from:
        return Cause.NOT_YET_SHOWN
    if start < now + candidate.shown_until:
        return Cause.TOO_LATE
    if not viewer.is_practice and not frame.has_structure_identifier:
        return Cause.NO_STRUCTURE_IDENTIFIER
    if not viewer.is_practice and not frame.has_phone:
        return Cause.NO_PHONE
    if not viewer.is_practice and not frame.published:
        return Cause.UNPUBLISHED
    if viewer.is_patient and not frame.online:
        return Cause.NOT_ONLINE
    return None if frame.active else Cause.AGENDA_CLOSED


def _obstacle(frame: Frame, viewer: Viewer, candidate: Candidate, start: int, end: int, capacity: int) -> Cause | None:
    """What stands here in the way: visits themselves, then what is held, then what is kept free around."""
    here = [one for one in frame.taken_for(viewer) if one.here]
    visits = [(one.start, one.end, one.lane, True) for one in here if not one.held]
    if free_lane(visits, start, end, capacity) is None:
        return Cause.BOOKED
    bare = [(one.start, one.end, one.lane, True) for one in here]
    if free_lane(bare, start, end, capacity) is None:
        return Cause.HELD
    if viewer.is_practice:
        return None
    kept = [(one.start, one.until, one.lane, True) for one in here]
    return Cause.BUFFER if free_lane(kept, start, end + candidate.buffer, capacity) is None else None


def _ends(one: Taken, viewer: Viewer) -> int:
    return one.end if viewer.is_practice else one.until


def _touches(periods: Iterable[Shut], start: int, end: int) -> bool:
    return any(one.start < end and one.end > start for one in periods)
