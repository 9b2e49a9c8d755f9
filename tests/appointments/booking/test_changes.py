"""Moving, giving away, closing and cancelling an appointment."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.rights import Actor
from appointments.booking.services.changes import cancel_appointment, set_status
from appointments.booking.services.moving import move_appointment, reassign_appointment
from appointments.booking.services.obstacles import InTheWay
from appointments.enums import CalendarKind, EventKind, MessageKind, Status
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Appointment, Calendar, PatientMessage, ReasonAt
from tests import factories
from tests.factories import at

NOW = at("2026-11-25", "08:00")
START = at("2026-11-25", "09:00")
pytestmark = pytest.mark.django_db


@pytest.fixture
def regulator() -> Actor:
    return factories.regulator_actor()


@pytest.fixture
def appointment(regulator: Actor) -> Appointment:
    return factories.appointment(by=regulator, start=START, patient=factories.patient(email="patient@exemple.test"))


@pytest.fixture
def practice(appointment: Appointment) -> Actor:
    return factories.practice_actor(appointment.practitioner)


def kinds(appointment: Appointment) -> list[str]:
    return list(appointment.events.order_by("sequence").values_list("kind", flat=True))


def move(appointment: Appointment, by: Actor, start: datetime, **fields: object) -> Appointment:
    defaults = {"appointment_id": appointment.id, "version": appointment.version, "now": NOW}
    return move_appointment(by=by, start=start, **defaults | fields)  # type: ignore[arg-type]


def test_moving_keeps_the_length_and_tells_everybody(appointment: Appointment, practice: Actor) -> None:
    moved = move(appointment, practice, at("2026-11-26", "10:10"), despite=True)
    assert (moved.start, moved.end) == (at("2026-11-26", "10:10"), at("2026-11-26", "10:25"))
    assert kinds(moved) == [EventKind.BOOKED, EventKind.MOVED]
    event = moved.events.get(sequence=2)
    assert event.snapshot["start"] == "2026-11-26T09:10:00+00:00"
    assert event.snapshot["previous"]["start"] == "2026-11-25T08:00:00+00:00"
    assert event.by_user == practice.user
    assert PatientMessage.objects.get(event=event).kind == MessageKind.CHANGE


def test_moving_onto_another_appointment_is_refused(appointment: Appointment, practice: Actor) -> None:
    factories.appointment(schedule_=appointment.schedule, start=at("2026-11-25", "10:00"))
    with pytest.raises(InTheWay, match="Un rendez-vous est déjà pris de 10"):
        move(appointment, practice, at("2026-11-25", "09:50"))
    appointment.refresh_from_db()
    assert appointment.start == START
    assert kinds(appointment) == [EventKind.BOOKED]


def test_moving_within_its_own_time_is_fine(appointment: Appointment, practice: Actor) -> None:
    assert move(appointment, practice, START + timedelta(minutes=5), despite=True).start == START + timedelta(minutes=5)


def test_moving_into_an_absence_is_refused(appointment: Appointment, practice: Actor) -> None:
    factories.absence(practitioner=appointment.practitioner, start=at("2026-11-25", "14:00"))
    with pytest.raises(Refused, match="pas disponible"):
        move(appointment, practice, at("2026-11-25", "15:00"))


@pytest.mark.parametrize(
    ("start", "why"),
    [(at("2026-11-24", "09:00"), "passé"), (START, "déjà"), (at("2028-11-26", "09:00"), "dans les deux ans")],
)
def test_moving_nowhere_sensible_is_refused(
    appointment: Appointment, practice: Actor, start: datetime, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        move(appointment, practice, start)


def test_a_stale_page_changes_nothing(appointment: Appointment, practice: Actor) -> None:
    move(appointment, practice, at("2026-11-25", "10:00"), despite=True)
    with pytest.raises(ChangedMeanwhile):
        move(appointment, practice, at("2026-11-25", "11:00"))


def test_another_practice_can_touch_nothing(appointment: Appointment) -> None:
    stranger = factories.practice_actor(factories.practitioner())
    same = {"appointment_id": appointment.id, "version": appointment.version, "by": stranger, "now": NOW}
    with pytest.raises(NotAllowed):
        move(appointment, stranger, at("2026-11-25", "10:00"))
    with pytest.raises(NotAllowed):
        cancel_appointment(**same)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        set_status(status=Status.FULFILLED, **same)  # type: ignore[arg-type]


def reassign(appointment: Appointment, by: Actor, schedule_id: object, now: datetime = NOW) -> Appointment:
    return reassign_appointment(
        appointment_id=appointment.id,
        version=appointment.version,
        schedule_id=schedule_id,
        by=by,
        now=now,  # type: ignore[arg-type]
    )


def test_giving_an_appointment_to_a_colleague(appointment: Appointment) -> None:
    colleague = factories.rule(schedule=factories.colleague(appointment.schedule)).schedule
    both = factories.practice_actor(appointment.practitioner, colleague.practitioner)
    given = reassign(appointment, both, colleague.id)
    assert (given.schedule, given.practitioner, given.start) == (colleague, colleague.practitioner, START)
    event = given.events.get(kind=EventKind.REASSIGNED)
    assert event.snapshot["practitioner"] == colleague.practitioner.national_id
    assert event.snapshot["previous"]["practitioner"] == appointment.practitioner.national_id


def test_a_busy_colleague_does_not_take_it(appointment: Appointment) -> None:
    colleague = factories.colleague(appointment.schedule)
    factories.appointment(schedule_=colleague, start=START)
    both = factories.practice_actor(appointment.practitioner, colleague.practitioner)
    with pytest.raises(InTheWay, match="déjà pris"):
        reassign(appointment, both, colleague.id)


def test_a_colleague_outside_their_hours_is_asked_about_first(appointment: Appointment) -> None:
    colleague = factories.colleague(appointment.schedule)
    both = factories.practice_actor(appointment.practitioner, colleague.practitioner)
    with pytest.raises(InTheWay, match="en dehors des horaires"):
        reassign(appointment, both, colleague.id)


def test_an_appointment_never_goes_to_another_organization(appointment: Appointment) -> None:
    """Not by whoever keeps both agendas, and not by a statement past the services."""
    elsewhere = factories.schedule()
    both = factories.practice_actor(appointment.practitioner, elsewhere.practitioner)
    with pytest.raises(Refused, match="reste à son cabinet"):
        reassign(appointment, both, elsewhere.id)
    appointment.refresh_from_db()
    assert kinds(appointment) == [EventKind.BOOKED]
    appointment.at(elsewhere)
    with pytest.raises(IntegrityError, match="never changes organization"), transaction.atomic():
        appointment.save()


def test_a_reason_is_not_done_by_everybody(appointment: Appointment) -> None:
    """Given away, the visit keeps no reason its new agenda may not offer."""
    appointment.reason = factories.reason(appointment.schedule)
    appointment.save()
    colleague = factories.rule(schedule=factories.colleague(appointment.schedule)).schedule
    both = factories.practice_actor(appointment.practitioner, colleague.practitioner)
    assert reassign(appointment, both, colleague.id).reason is None


@pytest.mark.parametrize("modes", [["AMB"], ["VR"]])
def test_a_reason_follows_where_it_is_done_that_way(appointment: Appointment, modes: list[str]) -> None:
    """With the minutes that are kept free after it there."""
    appointment.reason = reason = factories.reason(appointment.schedule, consultation_types=modes)
    appointment.save()
    colleague = factories.rule(schedule=factories.colleague(appointment.schedule)).schedule
    ReasonAt.objects.create(schedule=colleague, reason=reason, buffer_after=5)
    both = factories.practice_actor(appointment.practitioner, colleague.practitioner)
    given = reassign(appointment, both, colleague.id)
    given.refresh_from_db()
    assert (given.reason, given.buffer_after) == ((reason, 5) if modes == ["AMB"] else (None, 0))


def test_one_gives_only_to_agendas_one_keeps(appointment: Appointment, practice: Actor) -> None:
    with pytest.raises(NotAllowed):
        reassign(appointment, practice, factories.schedule().id)


def close(appointment: Appointment, status: Status, by: Actor, now: datetime) -> Appointment:
    return set_status(appointment_id=appointment.id, version=appointment.version, status=status, by=by, now=now)


@pytest.mark.parametrize(
    ("status", "now", "allowed"),
    [
        (Status.FULFILLED, at("2026-11-25", "00:10"), True),  # the same day
        (Status.FULFILLED, at("2026-11-24", "20:00"), False),
        (Status.FULFILLED, at("2026-11-26", "20:00"), True),
        (Status.NOSHOW, at("2026-11-25", "08:59"), False),
        (Status.NOSHOW, START, True),
    ],
)
def test_when_a_visit_may_be_closed(
    appointment: Appointment, practice: Actor, status: Status, now: datetime, allowed: bool
) -> None:
    if allowed:
        closed = close(appointment, status, practice, now)
        assert closed.status == status
        assert kinds(closed)[-1] == f"appointment.{status.value}"
    else:
        with pytest.raises(Refused):
            close(appointment, status, practice, now)


def test_just_before_midnight_the_next_patient_may_already_be_there(practice: Actor, appointment: Appointment) -> None:
    early = factories.appointment(schedule_=appointment.schedule, start=at("2026-11-26", "00:15"))
    assert close(early, Status.FULFILLED, practice, at("2026-11-25", "23:50")).status == Status.FULFILLED


def test_a_mistake_is_corrected(appointment: Appointment, practice: Actor) -> None:
    closed = close(appointment, Status.NOSHOW, practice, START)
    corrected = close(closed, Status.FULFILLED, practice, START)
    reopened = close(corrected, Status.BOOKED, practice, START)
    assert kinds(reopened) == [EventKind.BOOKED, EventKind.NOSHOW, EventKind.FULFILLED, EventKind.REOPENED]


def test_the_same_status_again_is_no_event(appointment: Appointment, practice: Actor) -> None:
    closed = close(appointment, Status.FULFILLED, practice, START)
    assert close(closed, Status.FULFILLED, practice, START).version == 2


def cancel(appointment: Appointment, by: Actor, now: datetime = NOW) -> Appointment:
    return cancel_appointment(appointment_id=appointment.id, version=appointment.version, by=by, now=now)


def test_cancelling_frees_the_time_and_tells_the_patient(appointment: Appointment, practice: Actor) -> None:
    cancelled = cancel(appointment, practice)
    assert cancelled.status == Status.CANCELLED
    assert PatientMessage.objects.get(event__kind=EventKind.CANCELLED).kind == MessageKind.CANCELLATION
    factories.appointment(schedule_=appointment.schedule, start=START)


def test_a_cancelled_appointment_stays_cancelled(appointment: Appointment, practice: Actor) -> None:
    cancelled = cancel(appointment, practice)
    with pytest.raises(Refused):
        close(cancelled, Status.BOOKED, practice, START)
    with pytest.raises(Refused):
        move(cancelled, practice, at("2026-11-25", "10:00"))
    with pytest.raises(Refused):
        cancel(cancelled, practice)


def test_a_regulator_cancels_what_they_booked_until_it_begins(appointment: Appointment, regulator: Actor) -> None:
    with pytest.raises(Refused, match="commencé"):
        cancel(appointment, regulator, START)
    assert cancel(appointment, regulator).status == Status.CANCELLED


def test_a_change_of_a_visit_at_a_place_locks_its_practitioner_s_own_line_of_time_too() -> None:
    own = factories.schedule()
    place = factories.schedule(calendar=Calendar.objects.create(kind=CalendarKind.PLACE))
    by = factories.practice_actor(own.practitioner)
    taken = factories.appointment(schedule_=place, start=START, practitioner=own.practitioner, by=by)
    with CaptureQueriesContext(connection) as captured:
        cancel(taken, by)
    lock = next(one["sql"] for one in captured if "FOR NO KEY UPDATE" in one["sql"])
    assert own.calendar_id.hex in lock
    assert place.calendar_id.hex in lock


def test_another_regulator_sees_nothing_of_it(appointment: Appointment) -> None:
    with pytest.raises(NotAllowed):
        cancel(appointment, factories.regulator_actor())


def test_a_regulator_neither_moves_nor_closes(appointment: Appointment, regulator: Actor) -> None:
    """The agenda is the practice's: what a regulator may do to it is book and cancel."""
    with pytest.raises(NotAllowed):
        move(appointment, regulator, at("2026-11-25", "10:00"))
    with pytest.raises(NotAllowed):
        close(appointment, Status.FULFILLED, regulator, START)
