"""Slots, computed: expand the rules, subtract what is taken, cut into visits, keep what the viewer is shown. Pure.

Every reader goes through here: the FHIR search, the agenda, the booking pages and the recheck inside a booking.
A rule's visits begin every `step` real minutes from the first instant of each occurrence. An offer without reason gives one
visit of a step, for the reasons that last no longer; an offer that names a reason gives visits of that reason's length. With a
capacity above one the only length is the step.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

from appointments.openings.recurrence import Occurrence, occurrences
from appointments.slots.values import (
    AUDIENCES,
    MINUTE,
    MODES,
    ROUTINE,
    WALKIN,
    Frame,
    Offer,
    Offered,
    OpenRule,
    ReasonDone,
    Taken,
    Viewer,
)

FreeSlot = tuple[int, int, Offered]  # start, end, what for


@dataclass(frozen=True, slots=True)
class Candidate:
    """One offer at one start: a visit of `length` seconds, with `buffer` seconds kept free after it.

    It is shown from `shown_from` (None: always) until `shown_until` seconds before it begins. `reasons` are those it lists;
    of an offer that names none (`any_reason`) each is listed only if its own buffer fits too. `fits` is false for a reason
    longer than the step where several are received at once.
    """

    length: int
    buffer: int
    audiences: tuple[str, ...]
    consultation_types: tuple[str, ...]
    reasons: tuple[ReasonDone, ...]
    any_reason: bool
    shown_from: int | None = None
    shown_until: int = 0
    fits: bool = True

    @property
    def is_plain(self) -> bool:
        """Whether it is the same at every start that is free."""
        always_shown = self.shown_from is None and not self.shown_until
        return always_shown and not any(_buffers(self))

    def is_shown(self, start: int, now: int) -> bool:
        return now + self.shown_until <= start and (self.shown_from is None or start <= now + self.shown_from)


def candidates_of(
    rule: OpenRule, reasons: Sequence[ReasonDone], viewer: Viewer, wanted: int | None = None
) -> list[Candidate]:
    """What the rule gives this viewer at each of its starts. The practice may want a length of its own (seconds)."""
    if viewer.is_practice:
        shown_to = {offer.audience for offer in rule.offers if offer.open}
        listed = _listed(rule, reasons, closed=())
        length = wanted or rule.step * MINUTE
        return [Candidate(length, 0, ordered(shown_to, AUDIENCES), rule.consultation_types, listed, any_reason=False)]
    found: list[Candidate] = []
    for audience, community in sorted(viewer.reach, key=lambda one: (AUDIENCES.index(one[0]), str(one[1]))):
        rows = {one.reason: one for one in rule.offers if (one.audience, one.community) == (audience, community)}
        if general := rows.get(None):
            listed = _listed(rule, reasons, closed=rows)
            found.append(_candidate(general, rule.step, 0, rule.consultation_types, listed, any_reason=True))
        for reason in reasons:
            row = rows.get(reason.id)
            modes = _modes(rule, reason)
            if row is None or not row.open or not modes:
                continue
            fits = rule.capacity == 1 or reason.minutes <= rule.step
            length = reason.minutes if rule.capacity == 1 else rule.step
            found.append(_candidate(row, length, reason.buffer, modes, (reason,), any_reason=False, fits=fits))
    return found


def free_slots(
    frame: Frame, viewer: Viewer, *, since: int, until: int, now: int, wanted: int | None = None
) -> list[FreeSlot]:
    """The slots that start within [since, until], both included, and not before `now`, by start then end.

    `wanted`: the length the practice looks for, in seconds, instead of each rule's step.
    """
    since = max(since, now)
    if since > until or not is_published(frame, viewer):
        return []
    taken = occupied(frame, viewer)
    shut = [(one.start, one.end) for one in (*frame.closures, *frame.absences)]
    found: dict[tuple[int, int], Offered] = {}
    for rule in frame.rules:
        plan = _Plan(rule, candidates_of(rule, frame.reasons, viewer, wanted))
        if not plan.groups:
            continue
        for occurrence in occurrences(rule.recurrence, frame.zone, since=since, until=until):
            if not rule.recurrence.is_on(occurrence.day, frame.holidays):
                continue
            bounds = max(since, occurrence.start), until
            for start, end, offered in plan.cut(occurrence, shut, taken, bounds, now):
                before = found.get((start, end))
                found[start, end] = offered if before is None else _union(before, offered)
    return [(start, end, offered) for (start, end), offered in sorted(found.items(), key=_key)]


def is_published(frame: Frame, viewer: Viewer) -> bool:
    """An agenda that is closed shows nothing; outside its practice, neither does one that nobody could recognise or call; to
    patients, neither does one that they do not book in themselves.
    """
    return frame.active and (
        viewer.is_practice
        or (
            frame.has_structure_identifier
            and frame.has_phone
            and frame.published
            and (frame.online or not viewer.is_patient)
        )
    )


def occupied(frame: Frame, viewer: Viewer) -> list[tuple[int, int, int, bool]]:
    """(start, end, lane, here) of what stands in this viewer's way, in order of starts. Buffers bind outsiders only."""
    return [
        (one.start, one.end if viewer.is_practice else one.until, one.lane, one.here) for one in frame.taken_for(viewer)
    ]


def free_lane(taken: Iterable[tuple[int, int, int, bool]], start: int, end: int, capacity: int) -> int | None:
    """The lowest lane that is free for the whole of [start, end), None when there is none for somebody from outside.

    None too when as many touch it as are received at once, in whatever lane, or when one is at another place.
    """
    count, lanes = 0, 0
    for begins, ends, lane, here in taken:
        if begins < end and ends > start:
            if not here:
                return None
            count += 1
            lanes |= 1 << lane
    if count >= capacity:
        return None
    return next((lane for lane in range(capacity) if not lanes >> lane & 1), None)


def capacity_at(frame: Frame, start: int, end: int) -> int:
    """How many are received at once by what is open for the whole of [start, end); 1 outside the openings."""
    return max(
        (
            rule.capacity
            for rule in frame.rules
            for one in occurrences(rule.recurrence, frame.zone, since=start, until=start)
            if one.start <= start and end <= one.end and rule.recurrence.is_on(one.day, frame.holidays)
        ),
        default=1,
    )


def is_open(frame: Frame, start: int, end: int) -> bool:
    """Whether one rule is open for the whole of [start, end), whatever is closed or taken then."""
    return any(
        one.start <= start and end <= one.end and rule.recurrence.is_on(one.day, frame.holidays)
        for rule in frame.rules
        for one in occurrences(rule.recurrence, frame.zone, since=start, until=start)
    )


def lowest_lane(taken: Iterable[Taken], start: int, end: int) -> int:
    """The lane of a visit that the practice takes whatever else stands there, at another place of its line of time too."""
    lanes = {one.lane for one in taken if not one.weak and one.start < end and one.end > start}
    return next(lane for lane in range(len(lanes) + 1) if lane not in lanes)


def places(slots: Iterable[FreeSlot]) -> int:
    """How many visits of the shortest length fit one after the other."""
    count, reached = 0, 0
    for start, end, _ in sorted(slots, key=lambda slot: slot[1]):
        if start >= reached:
            count, reached = count + 1, end
    return count


def ordered(codes: Iterable[str], order: Sequence[str]) -> tuple[str, ...]:
    wanted = set(codes)
    return tuple(code for code in order if code in wanted)


class _Plan:
    """A rule's candidates by length, and what each combination of those that pass amounts to."""

    def __init__(self, rule: OpenRule, candidates: Iterable[Candidate]) -> None:
        self.rule = rule
        self.groups: dict[int, list[Candidate]] = {}
        for one in candidates:
            if one.fits:
                self.groups.setdefault(one.length, []).append(one)
        self.plain = {
            length: _amount(rule, [(one, one.reasons) for one in group])
            for length, group in self.groups.items()
            if all(one.is_plain for one in group)
        }
        buffers = [buffer for group in self.groups.values() for one in group for buffer in _buffers(one)]
        self.reach = max(self.groups, default=0) + max(buffers, default=0)
        self._lengths = [(length, group, self.plain.get(length)) for length, group in self.groups.items()]
        self._known: dict[tuple[object, ...], Offered | None] = {}

    def cut(
        self,
        occurrence: Occurrence,
        shut: Sequence[tuple[int, int]],
        taken: Sequence[tuple[int, int, int, bool]],
        bounds: tuple[int, int],
        now: int,
    ) -> Iterator[FreeSlot]:
        """The visits of one occurrence, in time order: one sweep over what could touch them."""
        step, capacity = self.rule.step * MINUTE, self.rule.capacity
        since, until = bounds
        farthest = occurrence.end + self.reach
        waiting = iter([one for one in taken if one[0] < farthest and one[1] > occurrence.start])
        following = next(waiting, None)
        near: list[tuple[int, int, int, bool]] = []
        closed = [one for one in shut if one[0] < occurrence.end and one[1] > occurrence.start]
        start = occurrence.start + -(-(since - occurrence.start) // step) * step
        last, reach, lengths = min(until, occurrence.end - 1), self.reach, self._lengths
        while start <= last:
            while following is not None and following[0] < start + reach:
                near.append(following)
                following = next(waiting, None)
            if near:
                near = [one for one in near if one[1] > start]
            for length, group, plain in lengths:
                end = start + length
                if end > occurrence.end or (closed and any(begins < end and ends > start for begins, ends in closed)):
                    continue
                if plain is not None:
                    # One at a time, and nothing longer to look ahead for: all that is near is in the way.
                    if not near or (
                        (capacity > 1 or length < reach) and free_lane(near, start, end, capacity) is not None
                    ):
                        yield start, end, plain
                elif offered := self._passing(group, near, start, end, now):
                    yield start, end, offered
            start += step

    def _passing(
        self, group: list[Candidate], near: list[tuple[int, int, int, bool]], start: int, end: int, now: int
    ) -> Offered | None:
        """What passes of candidates of one length: those shown now that are free with their buffer, for the reasons that fit."""
        free: dict[int, bool] = {}

        def is_free(buffer: int) -> bool:
            if buffer not in free:
                free[buffer] = not near or free_lane(near, start, end + buffer, self.rule.capacity) is not None
            return free[buffer]

        passing = [one for one in group if one.is_shown(start, now) and is_free(one.buffer)]
        if not passing:
            return None
        fitting = [
            (one, tuple(reason for reason in one.reasons if not one.any_reason or is_free(reason.buffer * MINUTE)))
            for one in passing
        ]
        key = (end - start, *((id(one), *(reason.id for reason in listed)) for one, listed in fitting))
        if key not in self._known:
            self._known[key] = _amount(self.rule, fitting)
        return self._known[key]


def _key(item: tuple[tuple[int, int], Offered]) -> tuple[int, int]:
    return item[0]


def _buffers(candidate: Candidate) -> list[int]:
    """All that it may have to be free for after its end."""
    listed = candidate.reasons if candidate.any_reason else ()
    return [candidate.buffer, *(reason.buffer * MINUTE for reason in listed)]


def _amount(rule: OpenRule, fitting: Iterable[tuple[Candidate, tuple[ReasonDone, ...]]]) -> Offered:
    """The union of candidates of one rule."""
    parts = [
        Offered(one.audiences, one.consultation_types, rule.appointment_type, listed, rule.capacity)
        for one, listed in fitting
    ]
    return reduce(_union, parts)


def _union(one: Offered, other: Offered) -> Offered:
    """Who sees either, in either way, for the reasons of both. What is by appointment wins."""
    if one is other:
        return one
    known = {reason.id for reason in one.reasons}
    return Offered(
        audiences=ordered((*one.audiences, *other.audiences), AUDIENCES),
        consultation_types=_in_order((*one.consultation_types, *other.consultation_types)),
        appointment_type=WALKIN if one.appointment_type == other.appointment_type == WALKIN else ROUTINE,
        reasons=tuple(
            sorted((*one.reasons, *(reason for reason in other.reasons if reason.id not in known)), key=_rank)
        ),
        capacity=max(one.capacity, other.capacity),
    )


def _in_order(modes: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(modes), key=MODES.index))


def _rank(reason: ReasonDone) -> tuple[int, str]:
    return reason.rank, reason.label


def _listed(rule: OpenRule, reasons: Sequence[ReasonDone], closed: object) -> tuple[ReasonDone, ...]:
    """The reasons that a visit of one step is for; those that have a row of their own for this audience go by it."""
    return tuple(
        reason
        for reason in reasons
        if reason.minutes <= rule.step and _modes(rule, reason) and reason.id not in closed  # type: ignore[operator]
    )


def _modes(rule: OpenRule, reason: ReasonDone) -> tuple[str, ...]:
    return tuple(mode for mode in rule.consultation_types if mode in reason.consultation_types)


def _candidate(
    row: Offer,
    length: int,
    buffer: int,
    modes: tuple[str, ...],
    reasons: tuple[ReasonDone, ...],
    *,
    any_reason: bool,
    fits: bool = True,
) -> Candidate:
    return Candidate(
        length=length * MINUTE,
        buffer=buffer * MINUTE,
        audiences=(row.audience,),
        consultation_types=modes,
        reasons=reasons,
        any_reason=any_reason,
        shown_from=None if row.shown_from is None else row.shown_from * MINUTE,
        shown_until=row.shown_until * MINUTE,
        fits=fits,
    )
