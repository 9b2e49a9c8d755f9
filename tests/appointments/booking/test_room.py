"""Where a visit of the practice stands among visits and holds, chosen under the lock."""

from datetime import datetime, timedelta

import pytest

from accounts.rights import Actor
from appointments.booking.services.booking import book_appointment, book_freely
from appointments.booking.services.holds import take_hold
from appointments.booking.services.moving import move_appointment, reassign_appointment
from appointments.booking.services.obstacles import InTheWay, Kind
from appointments.exceptions import NotAllowed, Refused
from appointments.models import Appointment, Hold, Reason, ReasonAt, Schedule
from appointments.slots.slot_key import SlotKey
from tests import factories
from tests.factories import at

NOW = at("2026-11-25", "08:00")
NINE = at("2026-11-25", "09:00")
TEN = at("2026-11-25", "10:00")
pytestmark = pytest.mark.django_db


@pytest.fixture
def schedule() -> Schedule:
    return factories.rule().schedule


@pytest.fixture
def practice(schedule: Schedule) -> Actor:
    return factories.practice_actor(schedule.practitioner)


def freely(
    schedule: Schedule,
    by: Actor,
    start: datetime = TEN,
    minutes: int = 15,
    despite: bool = False,
    reason: Reason | None = None,
) -> Appointment:
    return book_freely(
        schedule_id=schedule.id,
        start=start,
        minutes=minutes,
        visit=factories.visit(reason_id=reason and reason.id),
        by=by,
        now=NOW,
        despite=despite,
    )


def move(one: Appointment, by: Actor, start: datetime = TEN, despite: bool = False) -> Appointment:
    return move_appointment(appointment_id=one.id, version=one.version, start=start, by=by, now=NOW, despite=despite)


def hold(schedule: Schedule, start: datetime = TEN, **options: bool) -> Hold:
    by = None if options.get("weak") else factories.regulator_actor()
    return take_hold(key=SlotKey(schedule.id, start, 15), by=by, now=NOW, **options)


def book(schedule: Schedule) -> Appointment:
    by = factories.regulator_actor()
    return book_appointment(key=SlotKey(schedule.id, TEN, 15), visit=factories.visit(), by=by, now=NOW)


def kinds(told: pytest.ExceptionInfo[InTheWay]) -> list[Kind]:
    return [one.kind for one in told.value.obstacles]


class TestAnothersHold:
    """The practice is told; going on ends it."""

    def test_booking_over_it(self, schedule: Schedule, practice: Actor) -> None:
        hold(schedule)
        with pytest.raises(InTheWay, match="retenu de 10") as told:
            freely(schedule, practice)
        assert kinds(told) == [Kind.HOLD]
        assert Hold.objects.exists()
        one = freely(schedule, practice, despite=True)
        assert (one.overbooked, one.lane) == (False, 0)
        assert not Hold.objects.exists()

    def test_at_the_other_place_it_is_a_hold_too(self, schedule: Schedule, practice: Actor) -> None:
        elsewhere = factories.rule(schedule=factories.schedule(practitioner=schedule.practitioner)).schedule
        hold(elsewhere)
        with pytest.raises(InTheWay, match=r"retenu de 10.* dans un autre lieu") as told:
            freely(schedule, practice)
        assert kinds(told) == [Kind.HOLD]
        one = freely(schedule, practice, despite=True)
        assert (one.overbooked, one.lane) == (False, 0)
        assert not Hold.objects.exists()

    def test_moving_onto_it(self, schedule: Schedule, practice: Actor) -> None:
        hold(schedule)
        one = factories.appointment(schedule_=schedule, start=NINE)
        with pytest.raises(InTheWay, match="retenu") as told:
            move(one, practice)
        assert kinds(told) == [Kind.HOLD]
        assert not move(one, practice, despite=True).overbooked
        assert not Hold.objects.exists()

    def test_giving_a_visit_to_whose_time_is_held(self, schedule: Schedule) -> None:
        other = factories.rule(schedule=factories.colleague(schedule)).schedule
        both = factories.practice_actor(schedule.practitioner, other.practitioner)
        hold(other)
        one = factories.appointment(schedule_=schedule, start=TEN)
        change = {"appointment_id": one.id, "version": 1, "schedule_id": other.id, "by": both, "now": NOW}
        with pytest.raises(InTheWay, match="retenu"):
            reassign_appointment(**change)  # type: ignore[arg-type]
        assert not reassign_appointment(**change, despite=True).overbooked  # type: ignore[arg-type]
        assert not Hold.objects.exists()

    def test_a_weak_one_is_no_obstacle_and_ends(self, schedule: Schedule, practice: Actor) -> None:
        hold(schedule, weak=True)
        one = factories.appointment(schedule_=schedule, start=NINE)
        move(one, practice)
        assert not Hold.objects.exists()

    def test_one_in_another_lane_of_a_group_stays(self) -> None:
        schedule = factories.rule(capacity=2).schedule
        hold(schedule)
        practice = factories.practice_actor(schedule.practitioner)
        assert freely(schedule, practice).lane == 1
        assert Hold.objects.get().lane == 0

    def test_of_a_full_group_the_one_that_is_left_no_room_ends(self) -> None:
        schedule = factories.rule(capacity=2).schedule
        for _ in range(2):
            hold(schedule)
        practice = factories.practice_actor(schedule.practitioner)
        assert freely(schedule, practice, despite=True).lane == 0
        kept = Hold.objects.get()
        assert kept.lane == 1
        assert freely(schedule, practice, despite=True).lane == 1
        assert not Hold.objects.exists()

    def test_a_weak_one_in_a_group_stays_as_long_as_there_is_room(self) -> None:
        schedule = factories.rule(capacity=2).schedule
        weak = hold(schedule, weak=True)
        book(schedule)
        assert Hold.objects.get() == weak
        book(schedule)
        assert not Hold.objects.exists()

    def test_beside_a_visit_taken_over_the_lanes_none_stays(self, schedule: Schedule, practice: Actor) -> None:
        factories.appointment(schedule_=schedule, start=TEN, minutes=10)
        hold(schedule, TEN + timedelta(minutes=15))
        assert freely(schedule, practice, TEN + timedelta(minutes=5), despite=True).overbooked
        assert not Hold.objects.exists()

    def test_what_goes_on_despite_a_visit_does_not_end_a_hold_elsewhere_in_the_day(
        self, schedule: Schedule, practice: Actor
    ) -> None:
        hold(schedule, start=NINE)
        factories.appointment(schedule_=schedule, start=TEN)
        assert freely(schedule, practice, despite=True).overbooked
        assert Hold.objects.exists()


class TestMoving:
    """Its own time is free to it, another's is not."""

    def test_inside_its_own_former_time(self, schedule: Schedule, practice: Actor) -> None:
        one = factories.appointment(schedule_=schedule, start=TEN, minutes=30)
        moved = move(one, practice, TEN + timedelta(minutes=10))
        assert (moved.end, moved.overbooked) == (TEN + timedelta(minutes=40), False)

    def test_onto_another_visit_despite_it(self, schedule: Schedule, practice: Actor) -> None:
        factories.appointment(schedule_=schedule, start=TEN)
        one = factories.appointment(schedule_=schedule, start=NINE)
        with pytest.raises(InTheWay) as told:
            move(one, practice)
        assert kinds(told) == [Kind.VISIT]
        moved = move(one, practice, despite=True)
        assert (moved.overbooked, moved.lane) == (True, 1)

    def test_away_from_another_visit_it_is_an_ordinary_one_again(self, schedule: Schedule, practice: Actor) -> None:
        factories.appointment(schedule_=schedule, start=TEN)
        one = move(factories.appointment(schedule_=schedule, start=NINE), practice, despite=True)
        back = move(one, practice, NINE)
        assert (back.overbooked, back.lane) == (False, 0)

    def test_into_an_absence_despite_it_takes_an_ordinary_lane(self, schedule: Schedule, practice: Actor) -> None:
        factories.absence(practitioner=schedule.practitioner, start=TEN, end=TEN + timedelta(hours=1))
        one = factories.appointment(schedule_=schedule, start=NINE)
        assert not move(one, practice, despite=True).overbooked

    def test_the_hour_of_a_visit_at_the_other_place_despite_it(self, schedule: Schedule, practice: Actor) -> None:
        elsewhere = factories.schedule(practitioner=schedule.practitioner)
        factories.appointment(schedule_=elsewhere, start=TEN)
        one = factories.appointment(schedule_=schedule, start=NINE)
        with pytest.raises(InTheWay) as told:
            move(one, practice)
        assert kinds(told) == [Kind.ELSEWHERE]
        moved = move(one, practice, despite=True)
        assert (moved.overbooked, moved.lane) == (True, 1)


class TestBuffers:
    """They bind nobody of the practice, who is told."""

    @pytest.fixture
    def reason(self, schedule: Schedule) -> Reason:
        made = factories.reason(schedule)
        ReasonAt.objects.update(buffer_after=10)
        return made

    def test_one_s_own_meets_the_next_visit(self, schedule: Schedule, practice: Actor, reason: Reason) -> None:
        factories.appointment(schedule_=schedule, start=TEN + timedelta(minutes=20))
        assert freely(schedule, practice, TEN - timedelta(minutes=5), reason=reason).buffer_after == 10
        with pytest.raises(InTheWay, match=r"de 10.* commence dans le temps à garder libre") as told:
            freely(schedule, practice, TEN + timedelta(minutes=10), minutes=10, reason=reason)
        assert kinds(told) == [Kind.BUFFER, Kind.BUFFER]
        one = freely(schedule, practice, TEN + timedelta(minutes=10), minutes=10, reason=reason, despite=True)
        assert not one.overbooked

    def test_one_s_own_is_told_of_a_move_too(self, schedule: Schedule, practice: Actor) -> None:
        one = factories.appointment(schedule_=schedule, start=NINE, buffer_after=10)
        factories.appointment(schedule_=schedule, start=TEN + timedelta(minutes=20))
        with pytest.raises(InTheWay, match="commence dans le temps à garder libre"):
            move(one, practice, TEN)
        assert move(one, practice, TEN - timedelta(minutes=5)).start < TEN

    def test_of_a_group_they_count_where_no_place_is_left(self) -> None:
        schedule = factories.rule(capacity=2).schedule
        practice = factories.practice_actor(schedule.practitioner)
        factories.appointment(schedule_=schedule, start=NINE, buffer_after=10)
        later = NINE + timedelta(minutes=15)
        assert freely(schedule, practice, later).lane == 0
        with pytest.raises(InTheWay, match="gardé libre après le rendez-vous de 9") as told:
            freely(schedule, practice, later)
        assert kinds(told) == [Kind.BUFFER]

    def test_the_one_after_what_is_held_ends_no_hold(self, practice: Actor, schedule: Schedule, reason: Reason) -> None:
        hold(schedule, NINE)
        with pytest.raises(InTheWay, match="gardé libre après le créneau retenu de 9") as told:
            freely(schedule, practice, NINE + timedelta(minutes=15))
        assert kinds(told) == [Kind.BUFFER]
        freely(schedule, practice, NINE + timedelta(minutes=15), despite=True)
        assert Hold.objects.exists()


@pytest.mark.parametrize(
    ("start", "why"),
    [(at("2026-11-24", "23:59"), "est passé"), (at("2028-11-26", "00:00"), "dans les deux ans")],
)
def test_the_practice_takes_no_visit_on_a_day_that_is_past_or_too_far(
    schedule: Schedule, practice: Actor, start: datetime, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        freely(schedule, practice, start, despite=True)
    assert not Appointment.objects.exists()


@pytest.mark.parametrize("start", [at("2026-11-25", "00:00"), at("2028-11-25", "23:55")])
def test_it_does_from_the_beginning_of_today_until_the_same_day_in_two_years(
    schedule: Schedule, practice: Actor, start: datetime
) -> None:
    assert freely(schedule, practice, start, despite=True).start == start


@pytest.mark.parametrize("minutes", [4, 241])
def test_it_takes_none_of_another_length(schedule: Schedule, practice: Actor, minutes: int) -> None:
    with pytest.raises(Refused, match=r"dure de 5.minutes à 4.heures"):
        freely(schedule, practice, minutes=minutes, despite=True)


def test_a_third_visit_takes_a_third_lane(schedule: Schedule, practice: Actor) -> None:
    taken = [freely(schedule, practice, despite=True) for _ in range(3)]
    assert [(one.lane, one.overbooked) for one in taken] == [(0, False), (1, True), (2, True)]


def test_a_closed_agenda_takes_nothing(schedule: Schedule, practice: Actor) -> None:
    Schedule.objects.update(active=False)
    with pytest.raises(Refused, match="fermé"):
        freely(schedule, practice, despite=True)


def test_a_regulator_books_nothing_freely(schedule: Schedule) -> None:
    with pytest.raises(NotAllowed):
        freely(schedule, factories.regulator_actor(), despite=True)
