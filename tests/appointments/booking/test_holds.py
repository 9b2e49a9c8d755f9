"""A slot kept while somebody types: taken, renewed, given back, booked over, ended."""

import uuid
from datetime import datetime, time, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.rights import Actor
from appointments.booking.services.booking import book_appointment, book_freely
from appointments.booking.services.holds import give_back_hold, renew_hold, take_hold
from appointments.booking.services.moving import move_appointment
from appointments.booking.services.obstacles import InTheWay
from appointments.enums import AppointmentType
from appointments.exceptions import NotAllowed, Refused, SlotTaken
from appointments.models import Appointment, Closure, Hold, ReasonAt, Rule, Schedule
from appointments.slots.selectors import free_slot, free_slots_of, viewer_of
from appointments.slots.slot_key import SlotKey
from appointments.slots.values import PATIENT, PRACTICE, REGULATOR, Viewer
from tests import factories
from tests.factories import at

NOW = at("2026-11-25", "08:00")
NINE = at("2026-11-25", "09:00")
TEN_PAST = NINE + timedelta(minutes=10)
QUARTER = timedelta(minutes=15)
pytestmark = pytest.mark.django_db


@pytest.fixture
def schedule() -> Schedule:
    return factories.rule().schedule


@pytest.fixture
def regulator() -> Actor:
    return factories.regulator_actor()


@pytest.fixture
def other() -> Actor:
    return factories.regulator_actor()


def key_of(schedule: Schedule, start: datetime = NINE, minutes: int = 15) -> SlotKey:
    return SlotKey(schedule.id, start, minutes)


def take(schedule: Schedule, by: Actor | None, start: datetime = NINE, **fields: object) -> Hold:
    return take_hold(key=key_of(schedule, start), by=by, now=NOW, **fields)  # type: ignore[arg-type]


def book(
    schedule: Schedule, by: Actor, start: datetime = NINE, hold: uuid.UUID | None = None, **fields: object
) -> Appointment:
    visit = factories.visit(**fields)
    return book_appointment(key=key_of(schedule, start), visit=visit, by=by, now=NOW, hold=hold)


def book_despite(schedule: Schedule, start: datetime = NINE, minutes: int = 15, *, despite: bool = True) -> Appointment:
    by = factories.practice_actor(schedule.practitioner)
    return book_freely(
        schedule_id=schedule.id, start=start, minutes=minutes, visit=factories.visit(), by=by, now=NOW, despite=despite
    )


def hours(schedule: Schedule, viewer: Viewer) -> list[str]:
    """The starts before half past nine that this viewer is shown."""
    found = free_slots_of([schedule], since=NINE, until=NINE + timedelta(minutes=29), now=NOW, viewer=viewer)
    return [f"{slot.start.astimezone(factories.PARIS):%H:%M}" for slot in found]


def expire(hold: Hold) -> None:
    Hold.objects.filter(pk=hold.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


# Taking, renewing, giving back


def test_a_hold_hides_its_slot_from_everybody_but_its_holder(
    schedule: Schedule, regulator: Actor, other: Actor
) -> None:
    take(schedule, regulator)
    assert hours(schedule, viewer_of(regulator)) == ["09:00", "09:15"]
    for viewer in (REGULATOR, viewer_of(other), PATIENT, PRACTICE):
        assert hours(schedule, viewer) == ["09:15"], viewer
    slot = free_slot(key_of(schedule), schedule=schedule, now=NOW, viewer=viewer_of(regulator))
    assert slot is not None
    with pytest.raises(SlotTaken, match="retenu par quelqu’un"):
        book(schedule, other)
    with pytest.raises(SlotTaken, match="retenu par quelqu’un"):
        take(schedule, other)


def test_it_lasts_five_minutes_by_the_databases_clock(schedule: Schedule, regulator: Actor) -> None:
    """`now`, our own clock, may be anything."""
    hold = take(schedule, regulator)
    with connection.cursor() as cursor:
        cursor.execute("SELECT expires_at - statement_timestamp() FROM appointments_hold WHERE id = %s", [hold.id])
        [left] = cursor.fetchone()
    assert timedelta(minutes=4, seconds=50) < left <= timedelta(minutes=5)


def test_renewed_it_lasts_longer(schedule: Schedule, regulator: Actor) -> None:
    hold = take(schedule, regulator)
    Hold.objects.update(expires_at=F("expires_at") - timedelta(minutes=4))
    before = Hold.objects.get().expires_at
    assert renew_hold(token=hold.token)
    assert Hold.objects.get().expires_at > before + timedelta(minutes=3)


def test_an_ended_one_is_not_renewed(schedule: Schedule, regulator: Actor, other: Actor) -> None:
    hold = take(schedule, regulator)
    expire(hold)
    assert hours(schedule, REGULATOR) == ["09:00", "09:15"]
    assert not renew_hold(token=hold.token)
    take(schedule, other)  # the ended one is deleted by the next on its line of time
    assert not renew_hold(token=hold.token)
    assert Hold.objects.get().by_regulator == other.regulator
    assert not renew_hold(token=uuid.uuid4())


@pytest.mark.parametrize("ended", ["absence", "closure", "agenda"])
def test_what_closes_its_time_is_told_by_renewing(schedule: Schedule, regulator: Actor, ended: str) -> None:
    hold = take(schedule, regulator)
    close(schedule, ended)
    assert not renew_hold(token=hold.token)


def test_given_back_the_slot_is_free_at_once(schedule: Schedule, regulator: Actor, other: Actor) -> None:
    give_back_hold(token=take(schedule, regulator).token)
    assert not Hold.objects.exists()
    give_back_hold(token=uuid.uuid4())
    assert take(schedule, other).lane == 0


def test_a_regulator_has_one_at_a_time(schedule: Schedule, regulator: Actor) -> None:
    elsewhere = factories.rule().schedule
    take(schedule, regulator)
    take(schedule, regulator, NINE + QUARTER)
    assert Hold.objects.get().start == NINE + QUARTER
    take(elsewhere, regulator)
    assert Hold.objects.get().schedule == elsewhere
    assert hours(schedule, REGULATOR) == ["09:00", "09:15"]


def test_one_that_ended_on_another_line_of_time_is_no_obstacle_to_the_next(
    schedule: Schedule, regulator: Actor
) -> None:
    expire(take(factories.rule().schedule, regulator))
    assert take(schedule, regulator) == Hold.objects.get()


def test_what_cannot_be_held_leaves_the_former_hold(schedule: Schedule, regulator: Actor, other: Actor) -> None:
    take(schedule, other)
    kept = take(schedule, regulator, NINE + QUARTER)
    with pytest.raises(SlotTaken):
        take(schedule, regulator)
    assert Hold.objects.get(by_regulator=regulator.regulator) == kept


def test_the_database_lets_a_regulator_have_one(schedule: Schedule, regulator: Actor) -> None:
    hold = take(schedule, regulator)
    hold.pk, hold.token, hold.start, hold.end = uuid.uuid4(), uuid.uuid4(), hold.start + QUARTER, hold.end + QUARTER
    with pytest.raises(IntegrityError, match="hold_one_for_a_regulator"), transaction.atomic():
        hold.save(force_insert=True)


def test_who_has_no_right_holds_nothing(schedule: Schedule) -> None:
    with pytest.raises(NotAllowed):
        take(schedule, factories.practice_actor(factories.practitioner()))
    with pytest.raises(SlotTaken, match="n’est plus proposé"):
        take_hold(key=SlotKey(uuid.uuid4(), NINE, 15), by=None, now=NOW)
    read_before = Schedule.objects.with_place().get(pk=schedule.pk)
    Schedule.objects.update(active=False)
    with pytest.raises(SlotTaken, match="cet agenda est fermé"):
        take(schedule, factories.regulator_actor(), known=read_before)


def test_where_the_patient_simply_comes_nothing_is_held(regulator: Actor) -> None:
    walk_in = factories.rule(appointment_type=AppointmentType.WALKIN).schedule
    with pytest.raises(Refused, match="sans rendez-vous"):
        take(walk_in, regulator)
    assert not Hold.objects.exists()


@pytest.mark.parametrize(("start", "minutes"), [(TEN_PAST, 15), (NINE, 30), (at("2026-11-24", "09:00"), 15)])
def test_only_slots_that_exist_are_held(schedule: Schedule, regulator: Actor, start: datetime, minutes: int) -> None:
    with pytest.raises(SlotTaken):
        take_hold(key=SlotKey(schedule.id, start, minutes), by=regulator, now=NOW)


# Booking


@pytest.mark.parametrize("with_token", [True, False])
def test_its_holder_books_it(schedule: Schedule, regulator: Actor, with_token: bool) -> None:
    hold = take(schedule, regulator)
    assert book(schedule, regulator, hold=hold.token if with_token else None).start == NINE
    assert not Hold.objects.exists()


def test_booking_another_slot_gives_it_back(schedule: Schedule, regulator: Actor) -> None:
    elsewhere = factories.rule().schedule
    take(schedule, regulator)
    book(elsewhere, regulator)
    assert not Hold.objects.exists()


def change_rule(schedule: Schedule) -> None:
    """Nothing at nine any more, for anybody, for any reason."""
    Rule.objects.filter(schedule=schedule).delete()
    ReasonAt.objects.filter(schedule=schedule).update(active=False)
    factories.rule(schedule=schedule, start_time=time(14), end_time=time(15))


def close(schedule: Schedule, how: str) -> None:
    if how == "absence":
        factories.absence(practitioner=schedule.practitioner, start=TEN_PAST)
    elif how == "closure":
        Closure.objects.create(location=schedule.location, first_day=NINE.date(), last_day=NINE.date())
    else:
        Schedule.objects.filter(pk=schedule.pk).update(active=False)


def test_what_was_offered_when_held_stays_bookable_when_the_rule_changes(regulator: Actor, other: Actor) -> None:
    schedule = factories.schedule()
    reason = factories.reason(schedule)
    factories.rule(schedule=schedule, reasons=[reason])
    hold = take(schedule, regulator)
    change_rule(schedule)
    with pytest.raises(SlotTaken, match=r"retenu|n’est plus proposé"):
        book(schedule, other)
    again = take(schedule, regulator)  # the page loaded again
    assert (again.token, again.offered) == (hold.token, hold.offered)
    booked = book(schedule, regulator, reason_id=reason.id)
    assert (booked.start, booked.reason) == (NINE, reason)


def test_once_it_has_ended_the_changed_rule_counts(schedule: Schedule, regulator: Actor) -> None:
    hold = take(schedule, regulator)
    change_rule(schedule)
    expire(hold)
    with pytest.raises(SlotTaken, match="a changé ses horaires"):
        book(schedule, regulator, hold=hold.token)


@pytest.mark.parametrize(
    ("how", "why"), [("absence", "est absent"), ("closure", "lieu est fermé"), ("agenda", "agenda est fermé")]
)
def test_what_closes_its_time_ends_it_and_is_told(schedule: Schedule, regulator: Actor, how: str, why: str) -> None:
    hold = take(schedule, regulator)
    close(schedule, how)
    with pytest.raises(SlotTaken, match=why):
        book(schedule, regulator, hold=hold.token)
    with pytest.raises(SlotTaken, match=why):
        take(schedule, regulator)
    assert not Appointment.objects.exists()


def test_the_practice_books_over_it_and_the_holder_is_told(schedule: Schedule, regulator: Actor) -> None:
    hold = take(schedule, regulator)
    with pytest.raises(InTheWay, match="retenu de 9"):
        book_despite(schedule, despite=False)
    book_despite(schedule, TEN_PAST)
    assert not Hold.objects.exists()
    assert not renew_hold(token=hold.token)
    with pytest.raises(SlotTaken, match="vient d’être pris"):
        book(schedule, regulator, hold=hold.token)


def test_a_move_onto_held_time_is_refused_with_its_cause(schedule: Schedule, regulator: Actor) -> None:
    moved = factories.appointment(schedule_=schedule, start=at("2026-11-25", "10:00"))
    take(schedule, regulator)
    practice = factories.practice_actor(schedule.practitioner)
    with pytest.raises(InTheWay, match="par quelqu’un qui est en train de le réserver"):
        move_appointment(appointment_id=moved.id, version=moved.version, start=NINE, by=practice, now=NOW)


def test_two_holds_at_two_places_of_one_line_of_time_are_refused(regulator: Actor, other: Actor) -> None:
    here = factories.rule(capacity=2).schedule
    there = factories.schedule(practitioner=here.practitioner)
    factories.rule(schedule=there, capacity=2)
    hold = take(here, regulator)
    with pytest.raises(SlotTaken, match="dans un autre lieu"):
        take(there, other)
    hold.pk, hold.token, hold.by_regulator, hold.schedule = uuid.uuid4(), uuid.uuid4(), other.regulator, there
    hold.organization, hold.lane = there.organization, 1
    with pytest.raises(IntegrityError, match="hold_one_place"), transaction.atomic():
        hold.save(force_insert=True)


def test_where_two_are_received_two_hold(regulator: Actor, other: Actor) -> None:
    schedule = factories.rule(capacity=2).schedule
    assert (take(schedule, regulator).lane, take(schedule, other).lane) == (0, 1)
    assert hours(schedule, REGULATOR) == ["09:15"]
    third = factories.regulator_actor()
    with pytest.raises(SlotTaken, match="retenu"):
        take(schedule, third)
    assert {book(schedule, regulator).lane, book(schedule, other).lane} == {0, 1}
    with pytest.raises(SlotTaken, match="vient d’être pris"):
        book(schedule, third)


def test_the_time_kept_free_after_it_is_held_too(regulator: Actor, other: Actor) -> None:
    """Else somebody could take it meanwhile, and the reason offered when held could not be booked."""
    schedule = factories.schedule()
    reason = factories.reason(schedule)
    ReasonAt.objects.update(buffer_after=10)
    factories.rule(schedule=schedule, reasons=[reason])
    take(schedule, regulator)
    with pytest.raises(SlotTaken, match="temps gardé libre"):
        take(schedule, other, NINE + QUARTER)
    assert book(schedule, regulator, reason_id=reason.id).buffer_after == 10


def test_time_kept_free_that_came_meanwhile_is_told_though_the_rule_is_gone(
    schedule: Schedule, regulator: Actor
) -> None:
    take(schedule, regulator)
    Rule.objects.filter(schedule=schedule).delete()
    factories.appointment(schedule_=schedule, start=NINE - QUARTER, buffer_after=10)
    with pytest.raises(SlotTaken, match="temps gardé libre"):
        take(schedule, regulator)


# Visitors


def test_a_weak_hold_hides_from_patients_only(schedule: Schedule, regulator: Actor) -> None:
    hold = take(schedule, None, weak=True)
    assert hours(schedule, PATIENT) == ["09:15"]
    for viewer in (
        REGULATOR,
        viewer_of(regulator),
        PRACTICE,
        Viewer(PATIENT.reach, is_patient=True, holder=hold.token),
    ):
        assert hours(schedule, viewer) == ["09:00", "09:15"], viewer
    with pytest.raises(SlotTaken, match="retenu"):
        take(schedule, None, weak=True)


@pytest.mark.parametrize("who", ["holds", "books", "books freely", "moves"])
def test_who_takes_the_time_firmly_deletes_weak_holds(schedule: Schedule, regulator: Actor, who: str) -> None:
    weak = take(schedule, None, weak=True)
    if who == "holds":
        take(schedule, regulator)
    elif who == "books":
        book(schedule, regulator)
    elif who == "books freely":
        book_despite(schedule, despite=False)
    else:
        moved = factories.appointment(schedule_=schedule, start=at("2026-11-25", "10:00"))
        practice = factories.practice_actor(schedule.practitioner)
        move_appointment(appointment_id=moved.id, version=moved.version, start=NINE, by=practice, now=NOW)
    assert not Hold.objects.filter(weak=True).exists()
    with pytest.raises(SlotTaken):
        take(schedule, None, former=weak.token)


def test_a_weak_hold_becomes_firm_and_keeps_its_name(schedule: Schedule) -> None:
    weak = take(schedule, None, weak=True)
    firm = take(schedule, None, former=weak.token)
    assert (firm.weak, firm.token, Hold.objects.count()) == (False, weak.token, 1)
    assert hours(schedule, REGULATOR) == ["09:15"]


def test_a_visitors_former_hold_is_given_back(schedule: Schedule) -> None:
    first = take(schedule, None, weak=True)
    second = take(schedule, None, NINE + QUARTER, weak=True, former=first.token)
    assert Hold.objects.get() == second


def test_only_visitors_hold_weakly(schedule: Schedule, regulator: Actor) -> None:
    with pytest.raises(IntegrityError, match="hold_weak_by_visitors"):
        take(schedule, regulator, weak=True)
