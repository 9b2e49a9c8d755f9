"""Booking a free slot, and everything that must refuse it."""

import threading
import uuid
from datetime import datetime, time, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.rights import NOBODY, Actor
from appointments.booking.services.booking import book_appointment
from appointments.enums import AppointmentType, Audience, CalendarKind, ConsultationType, EventKind, Origin, Status
from appointments.exceptions import NotAllowed, Refused, SlotTaken
from appointments.models import Appointment, AppointmentEvent, Calendar, PatientMessage, ReasonAt, Schedule
from appointments.slots.slot_key import SlotKey
from tests import factories
from tests.factories import at

NOW = at("2026-11-25", "08:00")
NINE = at("2026-11-25", "09:00")
pytestmark = pytest.mark.django_db


def key_of(schedule: Schedule, start: datetime = NINE, minutes: int = 15) -> SlotKey:
    return SlotKey(schedule.id, start, minutes)


def book(
    schedule: Schedule, by: Actor, key: SlotKey | None = None, now: datetime = NOW, **fields: object
) -> Appointment:
    return book_appointment(key=key or key_of(schedule), visit=factories.visit(**fields), by=by, now=now)


@pytest.fixture
def schedule() -> Schedule:
    return factories.rule().schedule


@pytest.fixture
def regulator() -> Actor:
    return factories.regulator_actor()


def test_a_regulator_books_a_published_slot(schedule: Schedule, regulator: Actor) -> None:
    patient = factories.patient(email="patient@exemple.test")
    appointment = book(schedule, regulator, patient=patient)
    appointment.refresh_from_db()
    assert (appointment.start, appointment.end) == (at("2026-11-25", "09:00"), at("2026-11-25", "09:15"))
    assert appointment.practitioner == schedule.practitioner
    assert appointment.status == Status.BOOKED
    assert appointment.origin == Origin.REGULATOR
    assert appointment.by_regulator == regulator.regulator
    event = AppointmentEvent.objects.get(appointment=appointment)
    assert (event.kind, event.sequence, appointment.version) == (EventKind.BOOKED, 1, 1)
    assert PatientMessage.objects.get(event=event).kind == "confirmation"


def test_the_event_holds_no_patient_data(schedule: Schedule, regulator: Actor) -> None:
    names = {"family_name": "Secretissime", "given_name": "Discrète"}
    patient = factories.patient(**names, phone="+33612345678", email="tres@secret.test")
    event = book(schedule, regulator, patient=patient, note="Confidentiel").events.get()
    for secret in ("Secretissime", "612345678", "secret.test", "Confidentiel", "Discrète"):
        assert secret not in str(event.snapshot)


def test_a_patient_without_address_gets_no_message(schedule: Schedule, regulator: Actor) -> None:
    book(schedule, regulator, patient=factories.patient(email=""))
    assert not PatientMessage.objects.exists()


def test_a_booked_slot_is_taken(schedule: Schedule, regulator: Actor) -> None:
    book(schedule, regulator)
    with pytest.raises(SlotTaken):
        book(schedule, factories.regulator_actor())


def test_the_same_form_sent_twice_books_once(schedule: Schedule, regulator: Actor) -> None:
    request_id = uuid.uuid4()
    first = book(schedule, regulator, request_id=request_id)
    assert book(schedule, regulator, request_id=request_id) == first
    assert AppointmentEvent.objects.count() == 1


def test_somebody_elses_form_is_not_replayed(schedule: Schedule, regulator: Actor) -> None:
    request_id = uuid.uuid4()
    book(schedule, regulator, request_id=request_id)
    with pytest.raises(NotAllowed):
        book(schedule, factories.regulator_actor(), request_id=request_id)


@pytest.mark.parametrize(
    ("start", "minutes"),
    [
        (at("2026-11-25", "09:05"), 15),  # not on the rule's grid
        (at("2026-11-25", "09:00"), 30),  # not its length
        (at("2026-11-25", "12:00"), 15),  # after closing
        (at("2026-11-24", "09:00"), 15),  # yesterday
    ],
)
def test_only_slots_that_exist_are_booked(schedule: Schedule, regulator: Actor, start: datetime, minutes: int) -> None:
    with pytest.raises(SlotTaken):
        book(schedule, regulator, key_of(schedule, start, minutes))


def test_a_slot_that_began_is_gone(schedule: Schedule, regulator: Actor) -> None:
    with pytest.raises(SlotTaken):
        book(schedule, regulator, now=at("2026-11-25", "09:01"))


def test_an_unpublished_slot_is_for_the_practice_only(regulator: Actor) -> None:
    schedule = factories.rule(audiences=[]).schedule
    with pytest.raises(SlotTaken):
        book(schedule, regulator)
    assert book(schedule, factories.practice_actor(schedule.practitioner)).origin == Origin.PRACTICE


def test_an_internal_rule_on_the_same_hours_hides_nothing(regulator: Actor) -> None:
    """What is shown is the union of what two rules offer."""
    schedule = factories.rule(audiences=[]).schedule
    with pytest.raises(SlotTaken, match="n’est plus proposé"):
        book(schedule, regulator)
    factories.rule(schedule=schedule)
    assert book(schedule, regulator).start == NINE


def test_where_the_patient_simply_comes_only_the_practice_books(regulator: Actor) -> None:
    schedule = factories.rule(appointment_type=AppointmentType.WALKIN).schedule
    with pytest.raises(Refused, match="sans rendez-vous"):
        book(schedule, regulator)
    assert book(schedule, factories.practice_actor(schedule.practitioner)).appointment_type == AppointmentType.WALKIN


def test_an_absence_closes_every_place(schedule: Schedule, regulator: Actor) -> None:
    factories.absence(
        practitioner=schedule.practitioner, start=at("2026-11-25", "09:10"), end=at("2026-11-25", "09:20")
    )
    with pytest.raises(SlotTaken):
        book(schedule, regulator)


def test_an_appointment_at_another_place_takes_the_slot(schedule: Schedule, regulator: Actor) -> None:
    elsewhere = factories.schedule(practitioner=schedule.practitioner)
    factories.appointment(schedule_=elsewhere, start=at("2026-11-25", "08:55"), minutes=10)
    with pytest.raises(SlotTaken):
        book(schedule, regulator)


def test_a_closed_schedule_is_not_booked(schedule: Schedule, regulator: Actor) -> None:
    Schedule.objects.update(active=False)
    with pytest.raises(SlotTaken):
        book(schedule, regulator)


@pytest.mark.parametrize("stranger", [NOBODY, Actor()])
def test_nobody_books_without_rights(schedule: Schedule, stranger: Actor) -> None:
    with pytest.raises(NotAllowed):
        book(schedule, stranger)


def test_a_practice_does_not_book_with_another(schedule: Schedule) -> None:
    with pytest.raises(NotAllowed):
        book(schedule, factories.practice_actor(factories.practitioner()))


def test_the_consultation_type_is_one_the_slot_offers(schedule: Schedule, regulator: Actor) -> None:
    with pytest.raises(Refused, match="consultation"):
        book(schedule, regulator, consultation_type=ConsultationType.VR)


def test_the_reason_is_one_the_slot_offers(regulator: Actor) -> None:
    schedule = factories.schedule()
    offered = factories.reason(schedule)
    other = factories.reason(schedule)
    factories.rule(schedule=schedule, reasons=[offered])
    with pytest.raises(Refused, match="motif"):
        book(schedule, regulator, reason_id=other.id)
    assert book(schedule, regulator, reason_id=offered.id).reason == offered


@pytest.mark.parametrize(("who", "lane"), [("regulator", 1), ("practice", 0)])
@pytest.mark.parametrize("whose", ["own", "the former visit's"])
def test_of_a_group_the_lane_from_outside_is_free_with_its_buffers(
    regulator: Actor, who: str, lane: int, whose: str
) -> None:
    schedule = factories.schedule()
    reason = factories.reason(schedule)
    factories.rule(schedule=schedule, reasons=[reason], capacity=2)
    if whose == "own":
        ReasonAt.objects.update(buffer_after=10)
        factories.appointment(schedule_=schedule, start=NINE + timedelta(minutes=15))
    else:
        factories.appointment(schedule_=schedule, start=NINE - timedelta(minutes=15), buffer_after=10)
    by = regulator if who == "regulator" else factories.practice_actor(schedule.practitioner)
    assert book(schedule, by, reason_id=reason.id).lane == lane


def test_a_refused_booking_leaves_nothing(schedule: Schedule, regulator: Actor) -> None:
    with pytest.raises(Refused):
        book(schedule, regulator, consultation_type=ConsultationType.HH, patient=factories.patient(email="a@b.test"))
    assert not Appointment.objects.exists()
    assert not AppointmentEvent.objects.exists()


def test_the_database_refuses_two_overlapping_appointments(schedule: Schedule) -> None:
    start = at("2026-11-25", "09:00")
    factories.appointment(schedule_=schedule, start=start, minutes=30)
    with pytest.raises(IntegrityError, match="appointment_lane_free"), transaction.atomic():
        factories.appointment(schedule_=schedule, start=start + timedelta(minutes=29))
    factories.appointment(schedule_=schedule, start=start + timedelta(minutes=30))


def test_a_cancelled_appointment_frees_its_slot(schedule: Schedule, regulator: Actor) -> None:
    factories.appointment(schedule_=schedule, start=at("2026-11-25", "09:00"), status=Status.CANCELLED)
    assert book(schedule, regulator).status == Status.BOOKED


def test_the_database_ties_the_practitioner_to_the_schedule(schedule: Schedule) -> None:
    rows = Appointment.objects.filter(pk=factories.appointment(schedule_=schedule).pk)
    with pytest.raises(IntegrityError, match="appointment_practitioner_of_calendar"), transaction.atomic():
        rows.update(practitioner=factories.practitioner())


@time_machine.travel(NOW, tick=False)
def test_nobody_books_at_a_place_of_nobody_s(regulator: Actor) -> None:
    """The shape is there, its pages are not: nobody has a right to it."""
    place = factories.schedule(calendar=Calendar.objects.create(kind=CalendarKind.PLACE))
    factories.rule(schedule=place)
    for actor in (regulator, factories.practice_actor(factories.practitioner())):
        with pytest.raises(NotAllowed):
            book(place, actor)


@pytest.mark.parametrize(
    "change",
    ["UPDATE {} SET kind = 'x'", "DELETE FROM {}", "TRUNCATE {} CASCADE"],
    ids=["update", "delete", "truncate"],
)
def test_events_are_append_only(change: str) -> None:
    factories.appointment()
    with connection.cursor() as cursor:
        # Else PostgreSQL refuses TRUNCATE for the checks of the keys just written.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change.format(AppointmentEvent._meta.db_table))


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_book_one_slot_at_once_exactly_one_gets_it() -> None:
    start = (timezone.now() + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    schedule = factories.rule(start_time=time(0), end_time=time(0)).schedule
    actors = [factories.regulator_actor() for _ in range(10)]
    patients = [factories.patient() for _ in actors]
    barrier = threading.Barrier(len(actors))
    results: list[str] = []

    def attempt(index: int) -> None:
        try:
            barrier.wait()
            book(schedule, actors[index], key_of(schedule, start), timezone.now(), patient=patients[index])
            results.append("booked")
        except SlotTaken:
            results.append("taken")
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=(index,)) for index in range(len(actors))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["booked"] + ["taken"] * 9
    assert Appointment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_form_sent_for_two_practitioners_at_once_books_once() -> None:
    """Forged, since a form names one slot; the unique request_id decides, and nobody sees an error."""
    start = (timezone.now() + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
    schedules = [factories.rule(start_time=time(0), end_time=time(0)).schedule for _ in range(4)]
    actor, request_id, patient = factories.regulator_actor(), uuid.uuid4(), factories.patient()
    barrier = threading.Barrier(len(schedules))
    booked: list[Appointment] = []

    def attempt(schedule: Schedule) -> None:
        try:
            barrier.wait()
            key = key_of(schedule, start)
            booked.append(book(schedule, actor, key, timezone.now(), request_id=request_id, patient=patient))
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=(schedule,)) for schedule in schedules]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(booked) == len(schedules)
    assert {appointment.pk for appointment in booked} == {Appointment.objects.get().pk}


@time_machine.travel(NOW, tick=False)
def test_slot_types_do_not_matter_to_the_practice(schedule: Schedule) -> None:
    factories.rule(schedule=schedule, start_time=time(14), end_time=time(15), audiences=[Audience.PRO])
    actor = factories.practice_actor(schedule.practitioner)
    assert book(schedule, actor, key_of(schedule, at("2026-11-25", "14:00"))).start == at("2026-11-25", "14:00")
