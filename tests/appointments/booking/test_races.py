"""Acts on the same line of time, or crossing on two, at the same moment: on real connections.

Each round draws who does what from the run's seed (printed); a round lasts as long as its slowest act. In every one of them a
lane has one winner, the others are told what was in their way, nobody is at two places, and nothing else goes wrong.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import partial

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from accounts.models import Practitioner
from appointments.booking.services import booking, changing, holds
from appointments.booking.services.changes import cancel_appointment
from appointments.booking.services.holds import renew_hold
from appointments.booking.services.obstacles import InTheWay
from appointments.enums import CalendarKind, Status
from appointments.exceptions import ChangedMeanwhile, SlotTaken
from appointments.models import Appointment, Calendar, Closure, Hold, Location, Schedule
from appointments.openings.services.rules import delete_rule
from appointments.places import locks
from appointments.slots.explain import Cause
from appointments.slots.words import sentence
from tests import factories
from tests.appointments.booking.acts import (
    BOOKED,
    HELD,
    QUARTER,
    Act,
    absent,
    at_once,
    book,
    close,
    hold,
    judge_world,
    morning,
    move,
    open_schedule,
    outcome,
    reassign,
    shorten,
    walk_in,
)
from tests.conftest import SEED

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 8


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    print(f"TEST_SEED={SEED}")  # noqa: T201
    return random.Random(f"{SEED}:{request.node.nodeid}")


# One line of time


@pytest.mark.parametrize("capacity", [1, 2])
def test_each_lane_has_one_winner_and_the_others_are_told_why(capacity: int, rng: random.Random) -> None:
    schedule = open_schedule(capacity=capacity)
    practice = factories.practice_actor(schedule.practitioner)
    regulators = [factories.regulator_actor() for _ in range(6)]
    for number in range(ROUNDS):
        start = morning() + number * QUARTER
        kinds = rng.choices([book, hold], k=5)
        acts = [kind(schedule, start, by) for kind, by in zip(kinds, regulators, strict=False)]
        acts.append(walk_in(schedule, start, practice))
        rng.shuffle(acts)
        told = Counter(map(outcome, at_once(*acts)))
        won = told.pop(BOOKED, 0) + told.pop(HELD, 0)
        assert won == capacity, told
        assert set(told) <= {Cause.BOOKED, Cause.HELD, "in the way"}, told
        judge_world()
        Hold.objects.all().delete()


def test_a_booking_meets_an_absence_a_closure_and_a_changed_rule(rng: random.Random) -> None:
    """Whoever comes first: what was booked before stays, what comes after is told what closed the time."""
    met: Counter[str] = Counter()
    for number in range(ROUNDS):
        schedule = open_schedule()
        practice, start = factories.practice_actor(schedule.practitioner), morning()
        shutting = {
            Cause.ABSENCE: absent(schedule.practitioner, start, practice),
            Cause.CLOSURE: close(schedule.location, start),
            Cause.NOT_OFFERED: shorten(schedule.rules.get(), practice),
        }
        chosen = dict(rng.sample(sorted(shutting.items()), rng.choice([1, 2, 3])))
        if number % 4 == 3:
            rule = schedule.rules.get()
            chosen = {Cause.NOT_OFFERED: partial(delete_rule, rule_id=rule.id, version=rule.version, by=practice)}
        acts = [*chosen.values(), *(book(schedule, start, factories.regulator_actor()) for _ in range(2))]
        acts.append(hold(schedule, start, factories.regulator_actor()))
        rng.shuffle(acts)
        told = Counter(map(outcome, at_once(*acts)))
        assert told.pop("done") == len(chosen)
        won = told.pop(BOOKED, 0) + told.pop(HELD, 0)
        assert won <= 1
        assert set(told) <= {*chosen, Cause.BOOKED, Cause.HELD, Cause.NOT_OFFERED}, (told, list(chosen))
        if not won:
            assert set(told) <= {*chosen, Cause.NOT_OFFERED}, (told, list(chosen))
        judge_world()
        met.update(told)
    assert met, "nobody lost"


def test_what_was_held_is_booked_whatever_the_rule_becomes_unless_it_was_closed(rng: random.Random) -> None:
    for _ in range(ROUNDS):
        schedule, regulator, start = open_schedule(), factories.regulator_actor(), morning()
        practice = factories.practice_actor(schedule.practitioner)
        token = hold(schedule, start, regulator)().token  # type: ignore[attr-defined]
        closing_acts = [absent(schedule.practitioner, start, practice)] if rng.random() < 0.5 else []
        acts = [
            book(schedule, start, regulator), shorten(schedule.rules.get(), practice),
            lambda token=token: renew_hold(token=token), book(schedule, start, factories.regulator_actor()), *closing_acts,
        ]  # fmt: skip
        mine, _, renewed, other, *_ = at_once(*acts)
        assert renewed in (True, False)
        assert isinstance(other, SlotTaken)
        assert outcome(mine) in ({BOOKED} if not closing_acts else {BOOKED, Cause.ABSENCE})
        judge_world()


def test_a_hold_that_ends_is_had_by_one(rng: random.Random) -> None:
    """Its holder renews or books, others take or book, the moment it ends."""
    for _ in range(ROUNDS):
        schedule, regulator, start = open_schedule(), factories.regulator_actor(), morning()
        kept = hold(schedule, start, regulator)()
        assert isinstance(kept, Hold)
        Hold.objects.filter(pk=kept.pk).update(expires_at=timezone.now() + timedelta(milliseconds=rng.randrange(40)))
        renewing = partial(renew_hold, token=kept.token)
        others = [
            book(schedule, start, factories.regulator_actor()),
            hold(schedule, start, factories.regulator_actor()),
        ]
        renewed, *rest = at_once(renewing, *others, book(schedule, start, regulator))
        told = Counter(map(outcome, rest))
        won = told[BOOKED] + told[HELD]
        assert won == 1 or (won == 0 and renewed is True), (renewed, told)
        judge_world()


def test_one_regulator_in_many_windows_has_one_hold(rng: random.Random) -> None:
    schedules = [open_schedule() for _ in range(4)]
    regulator = factories.regulator_actor()
    for number in range(ROUNDS):
        start = morning() + number * QUARTER
        results = at_once(*(hold(schedule, start, regulator) for schedule in rng.sample(schedules, 4)))
        assert any(isinstance(one, Hold) for one in results)
        for one in results:
            assert isinstance(one, Hold) or (isinstance(one, SlotTaken) and "autre fenêtre" in str(one)), repr(one)
        assert Hold.objects.filter(by_regulator=regulator.regulator).count() == 1


# Several places, several lines of time


def test_a_practitioner_with_two_places_is_at_one(rng: random.Random) -> None:
    here = open_schedule()
    there = factories.schedule(practitioner=here.practitioner)
    factories.rule(schedule=there, start_time=time(0), end_time=time(0))
    for number in range(ROUNDS):
        start = morning() + number * QUARTER
        acts = [
            rng.choice([book, hold])(rng.choice([here, there]), start, factories.regulator_actor()) for _ in range(5)
        ]
        told = Counter(map(outcome, at_once(*acts)))
        assert told.pop(BOOKED, 0) + told.pop(HELD, 0) == 1
        assert set(told) <= {Cause.BOOKED, Cause.HELD, Cause.OTHER_PLACE}
        judge_world()
        Hold.objects.all().delete()


def takes_at(place: Schedule, practitioner: Practitioner, start: datetime) -> Act:
    """A visit of the place's own calendar that this practitioner takes: both lines of time are locked."""
    own, by = Calendar.objects.get(practitioner=practitioner), factories.practice_actor(practitioner)

    def act() -> Appointment:
        with transaction.atomic():
            locks.lock_calendars([place.calendar_id, own.id])
            busy = Appointment.objects.filter(practitioner=practitioner).standing()
            if busy.overlapping(start, start + QUARTER).exists():
                raise SlotTaken(sentence(Cause.OTHER_PLACE))
            return factories.appointment(schedule_=place, start=start, by=by, practitioner=practitioner)

    return act


@pytest.fixture
def place() -> Schedule:
    return factories.schedule(calendar=Calendar.objects.create(kind=CalendarKind.PLACE))


def test_who_takes_a_visit_at_a_place_is_nowhere_else(place: Schedule, rng: random.Random) -> None:
    own = open_schedule()
    for number in range(2 * ROUNDS):
        start = morning() + number * QUARTER
        acts = [takes_at(place, own.practitioner, start), book(own, start, factories.regulator_actor())]
        rng.shuffle(acts)
        told = Counter(map(outcome, at_once(*acts)))
        assert told == {BOOKED: 1, Cause.OTHER_PLACE: 1}
        judge_world()


def test_what_the_constraint_refuses_is_told_as_another_place(place: Schedule) -> None:
    """Of somebody who takes no lock and reads nothing."""
    own, start = open_schedule(), morning()
    by = factories.practice_actor(own.practitioner)
    book(own, start, by)()
    with pytest.raises(IntegrityError) as refused:
        factories.appointment(schedule_=place, start=start, by=by, practitioner=own.practitioner)
    assert outcome(booking.double_booking(refused.value)) == Cause.OTHER_PLACE


def test_a_visit_at_a_place_raises_its_practitioners_own_line_of_time(place: Schedule) -> None:
    own = open_schedule()
    before = Calendar.objects.get(pk=own.calendar_id).changes
    takes_at(place, own.practitioner, morning())()
    assert Calendar.objects.get(pk=own.calendar_id).changes == before + 1


# No deadlock


def crossing(kind: str, one: Schedule, other: Schedule, number: int) -> tuple[list[Act], Callable[[], None]]:
    """Acts that need both lines of time, and what puts the world back."""
    start = morning() + number * QUARTER
    if kind == "holds":
        pairs = [(factories.regulator_actor(), one, other), (factories.regulator_actor(), other, one)]
        for by, held, _ in pairs:
            hold(held, start, by)()
        return [hold(wanted, start + QUARTER, by) for by, _, wanted in pairs], lambda: None
    by = factories.practice_actor(one.practitioner, other.practitioner)
    mine, theirs = (
        factories.appointment(schedule_=schedule, start=moment)
        for schedule, moment in ((one, start), (other, start + QUARTER))
    )

    def free() -> None:
        Appointment.objects.filter(pk__in=[mine.pk, theirs.pk]).update(status=Status.CANCELLED)

    return [reassign(mine, other, by), reassign(theirs, one, by)], free


@pytest.fixture
def pair() -> tuple[Schedule, Schedule]:
    one = open_schedule()
    return one, open_schedule(schedule=factories.colleague(one))


@pytest.mark.parametrize("kind", ["holds", "reassignments"])
def test_acts_that_cross_on_two_lines_of_time_both_end(kind: str, pair: tuple[Schedule, Schedule]) -> None:
    for number in range(2 * ROUNDS):
        acts, free = crossing(kind, *pair, number)
        for result in at_once(*acts):
            assert outcome(result) in {BOOKED, HELD}
        judge_world()
        free()
        Hold.objects.all().delete()


def test_a_place_that_changes_meets_bookings_and_holds_on_its_many_lines_of_time(rng: random.Random) -> None:
    first = open_schedule()
    at_place = [first, *(open_schedule(schedule=factories.schedule(location=first.location)) for _ in range(7))]

    def change_place(number: int) -> Act:
        def act() -> None:
            with transaction.atomic():
                locks.lock_calendars(
                    Schedule.objects.filter(location=first.location_id).values_list("calendar", flat=True)
                )
                Location.objects.filter(pk=first.location_id).update(line=f"{number} rue du Changement")
                Closure.objects.create(location=first.location, first_day=morning().date() + timedelta(days=300),
                                       last_day=morning().date() + timedelta(days=300))  # fmt: skip

        return act

    for number in range(ROUNDS):
        start = morning() + number * QUARTER
        acts = [change_place(number), change_place(-number)]
        for schedule in rng.sample(at_place, 4):
            acts.append(rng.choice([book, hold])(schedule, start, factories.regulator_actor()))
        assert set(map(outcome, at_once(*acts))) <= {"done", BOOKED, HELD}
        judge_world()


def test_changes_of_one_visit_cross(rng: random.Random, pair: tuple[Schedule, Schedule]) -> None:
    """Moved, given away, cancelled and its time booked at once: one change counts, the others are told to read again."""
    one, other = pair
    by = factories.practice_actor(one.practitioner, other.practitioner)
    for number in range(ROUNDS):
        start = morning() + 3 * number * QUARTER
        visit = factories.appointment(schedule_=one, start=start)
        cancel = partial(cancel_appointment, appointment_id=visit.id, version=visit.version, by=by, now=timezone.now())
        acts = [move(visit, start + QUARTER, by), reassign(visit, other, by), cancel]
        rivals = [
            book(one, start + QUARTER, factories.regulator_actor()),
            book(other, start, factories.regulator_actor()),
        ]
        changed, booked = (found := at_once(*acts, *rivals))[:3], found[3:]
        assert sum(isinstance(result, Appointment) for result in changed) <= 1
        for result in changed:
            assert isinstance(result, Appointment | ChangedMeanwhile | InTheWay | SlotTaken), repr(result)
        assert {outcome(result) for result in booked} <= {BOOKED, Cause.BOOKED}
        judge_world()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["holds", "reassignments"])
def test_these_tests_would_see_a_deadlock(
    kind: str, pair: tuple[Schedule, Schedule], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sabotage: one of the two acts locks in the reverse order. Between its two locks, and the other's, is just enough time."""
    both = threading.Barrier(2)

    def one_by_one(calendars: object, *, by: object = None) -> dict[object, int]:
        rows = Calendar.objects.filter(pk__in=calendars).values_list("pk", flat=True)  # type: ignore[misc]
        first, *others = sorted(rows, reverse=threading.current_thread() is reverse_thread[0])
        list(Calendar.objects.select_for_update(no_key=True).filter(pk=first))
        if others:
            try:
                both.wait(1)
            except threading.BrokenBarrierError:
                both.reset()
            list(Calendar.objects.select_for_update(no_key=True).filter(pk__in=others))
        return dict.fromkeys([first, *others], 0)

    reverse_thread: list[threading.Thread] = [threading.main_thread()]
    seen = 0
    for number in range(40):
        acts, free = crossing(kind, *pair, number)

        def backwards(act: Act = acts[0]) -> object:
            reverse_thread[0] = threading.current_thread()
            return act()

        with monkeypatch.context() as patch:
            for module in (holds, changing):
                patch.setattr(module, "lock_calendars", one_by_one)
            results = at_once(backwards, acts[1])
        deadlocks = [one for one in results if isinstance(one, OperationalError)]
        for one in deadlocks:
            assert one.__cause__.sqlstate == "40P01"  # type: ignore[union-attr]
        seen += len(deadlocks)
        free()
        Hold.objects.all().delete()
        if seen:
            return
    pytest.fail("no deadlock in 40 rounds: these tests could not fail")
