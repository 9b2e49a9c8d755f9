"""What becomes of the visits that a change touches: kept where they are, moved, given to a colleague, cancelled; told or not.

Chosen line by line on the list that is read before anything is saved, or once for all; done in the change's own transaction.
"""

import uuid
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

from django.db import transaction

from accounts.enums import Level
from accounts.french import counted, listed
from accounts.rights import Actor
from appointments.booking.services.changes import cancel_appointment
from appointments.booking.services.moving import move_appointment, reassign_appointment
from appointments.booking.services.obstacles import obstacles
from appointments.enums import CalendarKind
from appointments.exceptions import Refused
from appointments.models import Appointment, Schedule
from appointments.openings.recurrence import moment_of, next_number, number_of
from appointments.slots.availability import free_slots
from appointments.slots.reader import read_frames
from appointments.slots.selectors import AHEAD
from appointments.slots.values import MINUTE, PRACTICE, Frame, without

# A choice as the list sends it. The moment is in seconds, the agenda by its key.
KEEP, CANCEL, MOVE, GIVE = "keep", "cancel", "move", "give"
_DONE = {MOVE: ("déplacé", "déplacés"), GIVE: ("confié", "confiés"), CANCEL: ("annulé", "annulés")}
_PROPOSED = 3
# So many are chosen on one page: each takes three fields (`DATA_UPLOAD_MAX_NUMBER_FIELDS`).
MOST = 200
# So many of the nearest hours are looked at for as many that nothing is in the way of.
_LOOKED_AT = 24
_DAYS_BEFORE, _DAYS_AFTER = 1, 14
_DAY = 24 * 60 * MINUTE
_LAST_MOMENT = 10**11


def moved_to(start: datetime) -> str:
    return f"{MOVE}:{number_of(start)}"


def given_to(schedule: Schedule, start: datetime | None = None) -> str:
    """`start`: unless it is given at its own hour."""
    return f"{GIVE}:{schedule.pk}" if start is None else f"{GIVE}:{schedule.pk}:{number_of(start)}"


@dataclass(frozen=True, slots=True)
class Ways:
    """Where a visit could go once the change is made. `moves`: hours in its own agenda, the nearest first, and that one proposed
    to no other visit; `takers`: the agendas of colleagues who are free and open at its hour, those at its place first.
    """

    moves: tuple[datetime, ...] = ()
    takers: tuple[Schedule, ...] = ()

    @property
    def choices(self) -> list[str]:
        return [KEEP, *map(moved_to, self.moves), *map(given_to, self.takers), CANCEL]

    def choice_for(self, wanted: str) -> str | None:
        """What the choice made for all is here: « move » is the hour proposed first. None: not to be had."""
        if wanted == MOVE:
            return moved_to(self.moves[0]) if self.moves else None
        return wanted if wanted in self.choices else None


@dataclass(frozen=True, slots=True)
class Answers:
    """What was chosen on the list: `chosen` for each visit, `shown` before whoever reads it touched it; `told`: those whose
    patients are sent a message. `for_all`, and what that was before (`for_all_shown`), is for the lines nobody touched.
    """

    chosen: Mapping[uuid.UUID, str] = field(default_factory=dict)
    shown: Mapping[uuid.UUID, str] = field(default_factory=dict)
    told: Collection[uuid.UUID] = frozenset()
    for_all: str = ""
    for_all_shown: str = ""

    @property
    def changes_all(self) -> bool:
        """Not said line by line yet: to be read before it is done."""
        return self.for_all != self.for_all_shown

    def choice(self, visit: uuid.UUID, ways: Ways) -> str:
        """To be shown: what was chosen while it is still to be had, else that it is kept."""
        chosen = self.chosen.get(visit, KEEP)
        if self.changes_all and chosen == self.shown.get(visit, KEEP):
            chosen = ways.choice_for(self.for_all) or chosen
        return chosen if chosen in ways.choices else KEEP

    def tells(self, visit: uuid.UUID) -> bool:
        return visit in self.told or visit not in self.chosen

    @property
    def calendars(self) -> set[uuid.UUID]:
        """The lines of time of the agendas that visits are given to. One query where there are any."""
        given = {found for one in self.chosen.values() if (found := _schedule_in(one)) is not None}
        return set(Schedule.objects.filter(pk__in=given).values_list("calendar_id", flat=True)) if given else set()


NOTHING_ASKED = Answers()


def settle(visits: Sequence[Appointment], answers: Answers, *, by: Actor, now: datetime) -> dict[uuid.UUID, str]:
    """Do with each of these visits what was chosen, under the lock of all lines of time it touches. What gives time back is done
    first. The sentence of each one that is refused; whoever calls rolls everything back then.
    """
    problems: dict[uuid.UUID, str] = {}
    for visit in sorted(visits, key=lambda one: _order(answers.chosen.get(one.pk, KEEP))):
        choice = answers.chosen.get(visit.pk, KEEP)
        if choice == KEEP:
            continue
        try:
            with transaction.atomic():
                _do(choice, visit, by=by, now=now, tell=answers.tells(visit.pk))
        except Refused as refusal:
            problems[visit.pk] = str(refusal)
    return problems


def settled_in_words(visits: Sequence[Appointment], answers: Answers) -> str:
    """1 déplacé, 2 annulés; blank where all are kept."""
    kinds = Counter(answers.chosen.get(visit.pk, KEEP).partition(":")[0] for visit in visits)
    return listed([counted(kinds[kind], *words) for kind, words in _DONE.items() if kinds[kind]])


def _do(choice: str, visit: Appointment, *, by: Actor, now: datetime, tell: bool) -> None:
    start, schedule = _moment_in(choice), _schedule_in(choice)
    asked: dict[str, Any] = {"appointment_id": visit.pk, "version": visit.version, "by": by, "now": now, "tell": tell}
    if choice == CANCEL:
        cancel_appointment(**asked)
    elif schedule is not None:
        reassign_appointment(schedule_id=schedule, start=start, **asked)
    elif start is not None:
        move_appointment(start=start, **asked)
    else:
        raise Refused("Ce choix n’est pas de ceux proposés\u00a0: choisissez de nouveau.")


def _order(choice: str) -> int:
    return [CANCEL, GIVE, MOVE].index(kind) if (kind := choice.partition(":")[0]) in {CANCEL, GIVE, MOVE} else 3


def _moment_in(choice: str) -> datetime | None:
    kind, _, written = choice.partition(":")
    if kind == GIVE:
        written = written.partition(":")[2]
    if (
        kind not in {MOVE, GIVE}
        or not (written.isascii() and written.isdigit())
        or len(written) > len(str(_LAST_MOMENT))
    ):
        return None
    return moment_of(int(written))


def _schedule_in(choice: str) -> uuid.UUID | None:
    kind, _, written = choice.partition(":")
    try:
        return uuid.UUID(written.partition(":")[0]) if kind == GIVE else None
    except ValueError:
        return None


def ways_of(visits: Sequence[Appointment], *, by: Actor, now: datetime) -> dict[uuid.UUID, Ways]:
    """Of those of these visits, in order of time, that the person may change: the first `MOST`. Three queries at most."""
    rows = Appointment.objects.kept_by(by, Level.BOOK).filter(pk__in=[one.pk for one in visits])
    kept = set(rows.values_list("pk", flat=True))
    open_to = [one for one in visits if one.pk in kept and one.is_booked and one.start >= now][:MOST]
    if not open_to:
        return {}
    open_ones = Schedule.objects.with_place().open().kept_by(by, Level.BOOK)
    colleagues = list(
        open_ones.filter(
            calendar_kind=CalendarKind.PRACTITIONER, organization__in={one.organization_id for one in open_to}
        )
    )
    own = {one.schedule_id: one.schedule for one in open_to}
    since = number_of(max(open_to[0].start, now))
    until = min(number_of(open_to[-1].start) + _DAYS_AFTER * _DAY, number_of(now + AHEAD))
    since = max(since - _DAYS_BEFORE * _DAY, number_of(now))
    frames = read_frames(list((own | {one.pk: one for one in colleagues}).values()), since=since, until=until)
    free = partial(_free_starts, since=since, until=until, now=next_number(now))
    starts: dict[tuple[uuid.UUID, int], list[int]] = {}
    promised: dict[uuid.UUID, list[tuple[int, int]]] = {}
    found = {}
    for visit in open_to:
        start, end = number_of(visit.start), number_of(visit.end)
        frame = frames[visit.schedule_id]
        key = visit.schedule_id, end - start
        if key not in starts:
            starts[key] = free(frame, wanted=end - start)
        taken = promised.setdefault(visit.calendar_id, [])
        moves = _moves(visit, without(frame, visit.pk), starts[key], taken)
        if moves:
            insort(taken, (moves[0], moves[0] + end - start))
        takers = [
            one
            for one in colleagues
            if one.organization_id == visit.organization_id
            and one.calendar_id != visit.calendar_id
            and not obstacles(frames[one.pk], start, end)
        ]
        takers.sort(key=lambda one: one.location_id != visit.schedule.location_id)
        found[visit.pk] = Ways(tuple(map(moment_of, moves)), tuple(takers))
    return found


def _free_starts(frame: Frame, *, since: int, until: int, now: int, wanted: int) -> list[int]:
    if since > until:
        return []
    return [start for start, *_ in free_slots(frame, PRACTICE, since=since, until=until, now=now, wanted=wanted)]


def _moves(visit: Appointment, frame: Frame, starts: Sequence[int], promised: Sequence[tuple[int, int]]) -> list[int]:
    """The nearest of these starts, in order, of which nothing is in the way, other than what is proposed to others before it
    (periods in order, that do not overlap).
    """
    around, length = number_of(visit.start), number_of(visit.end) - number_of(visit.start)
    left = (one for one in _nearest(starts, around) if not _meets(promised, one, one + length))
    fitting = (
        one for one in islice(left, _LOOKED_AT) if not obstacles(frame, one, one + length, visit.buffer_after * MINUTE)
    )
    return list(islice(fitting, _PROPOSED))


def _nearest(starts: Sequence[int], around: int) -> Iterator[int]:
    """The earlier of two that are as near first."""
    after = bisect_left(starts, around)
    before = after - 1
    while before >= 0 or after < len(starts):
        if after == len(starts) or (before >= 0 and around - starts[before] <= starts[after] - around):
            yield starts[before]
            before -= 1
        else:
            yield starts[after]
            after += 1


def _meets(periods: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether [start, end) has a moment in common with one of these periods, in order, that do not overlap."""
    place = bisect_left(periods, (end,))
    return place > 0 and periods[place - 1][1] > start
