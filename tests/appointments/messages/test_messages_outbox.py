"""Messages to patients as an outbox: planned with the event, sent once, tried again, never lost with the broker."""

import itertools
import smtplib
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from appointments.booking.services.changes import cancel_appointment, set_status
from appointments.booking.services.moving import move_appointment
from appointments.enums import EventKind, MessageKind, MessageState
from appointments.messages import tasks, waking
from appointments.messages.services import planning as service
from appointments.messages.services import sending
from appointments.messages.services.sending import due_messages, end_forsaken, send_message
from appointments.models import Appointment, PatientMessage
from outbox.mail import FIRST_DELAY, LEASE, LONGEST_DELAY, MAX_ATTEMPTS, told
from tests import factories
from tests.appointments.call.conftest import NOW
from tests.appointments.call.requests import TEN
from tests.appointments.messages.sending import another, died, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def woken() -> Iterator[list[int]]:
    """Ids of the messages a worker was woken for."""
    heard: list[int] = []

    def listen(sender: object, message_id: int, **_: object) -> None:
        heard.append(message_id)

    waking.message_planned.connect(listen)
    yield heard
    waking.message_planned.disconnect(listen)


def test_it_is_sent_once(message: PatientMessage) -> None:
    assert send(message)
    assert (message.state, message.sent_at, message.attempts) == (MessageState.SENT, NOW, 1)
    assert not send(message, NOW + timedelta(days=1))
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    ("kind", "planned"),
    [
        (EventKind.BOOKED, MessageKind.CONFIRMATION),
        (EventKind.MOVED, MessageKind.CHANGE),
        (EventKind.REASSIGNED, MessageKind.CHANGE),
        (EventKind.CANCELLED, MessageKind.CANCELLATION),
        (EventKind.FULFILLED, None),
        (EventKind.NOSHOW, None),
        (EventKind.REOPENED, None),
    ],
)
def test_patients_hear_of_what_concerns_them(kind: EventKind, planned: MessageKind | None) -> None:
    made = factories.appointment(start=TEN, patient=factories.patient(email="kumquat@exemple.test"))
    event = factories.event(made, kind)
    message = PatientMessage.objects.filter(event=event).first()
    assert (message.kind if message is not None else None) == planned


def test_a_worker_is_woken_after_the_commit_only(woken: list[int], django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        message = another()
        assert woken == []
    assert woken == [message.pk]


def test_a_dead_broker_does_not_undo_the_booking(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(tasks, "wake_up", broken)
    with django_capture_on_commit_callbacks(execute=True):
        message = another()
    assert Appointment.objects.get().is_booked
    assert due_messages(now=NOW) == [message.pk]


def test_the_sweep_sends_what_no_signal_announced(message: PatientMessage) -> None:
    tasks.sweep_messages()
    assert [one.to for one in mail.outbox] == [["kumquat@exemple.test"]]
    tasks.sweep_messages()
    assert len(mail.outbox) == 1


def test_the_task_that_is_woken_sends_it(message: PatientMessage) -> None:
    tasks.send_message(message.pk)
    tasks.send_message(message.pk)
    tasks.send_message(message.pk + 1000)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        smtplib.SMTPServerDisconnected("kumquat@exemple.test"),
        smtplib.SMTPRecipientsRefused({"kumquat@exemple.test": (450, b"kumquat@exemple.test: later")}),
        UnicodeError("label too long"),
    ],
)
def test_a_failure_is_tried_again_and_quotes_no_address(
    message: PatientMessage, failing: Any, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    failing(error)
    assert not send(message)
    assert (message.state, message.cause) == (MessageState.PLANNED, told(error))
    assert FIRST_DELAY * 0.75 <= message.next_attempt_at - NOW <= FIRST_DELAY
    assert "kumquat" not in caplog.text
    assert due_messages(now=NOW) == []
    assert due_messages(now=NOW + FIRST_DELAY) == [message.pk]


def test_tries_are_spaced_out_then_given_up(far: PatientMessage, failing: Any) -> None:
    message = far
    failing(ConnectionRefusedError())
    moment, waits = NOW, []
    while message.state == MessageState.PLANNED:
        send(message, moment)
        waits.append(message.next_attempt_at - moment)
        moment = message.next_attempt_at
    assert message.state == MessageState.ABANDONED
    assert len(waits) == message.attempts == MAX_ATTEMPTS
    assert FIRST_DELAY * 0.75 <= waits[0] <= FIRST_DELAY
    assert LONGEST_DELAY * 0.75 <= waits[-2] <= LONGEST_DELAY
    assert not waits[-1], "after the last one nothing is waited for"
    assert not send(message, moment + timedelta(days=1))


def test_it_goes_through_once_the_server_is_back(message: PatientMessage, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(sending, "_compose", lambda *_: (_ for _ in ()).throw(ConnectionRefusedError()))
        assert not send(message)
    assert send(message, message.next_attempt_at)
    assert (message.state, message.cause, message.attempts) == (MessageState.SENT, "", 2)


def test_a_worker_that_died_leaves_it_to_another(message: PatientMessage, monkeypatch: pytest.MonkeyPatch) -> None:
    died(message)
    for moment, sent in ((NOW + LEASE - timedelta(seconds=1), 0), (NOW + LEASE, 1)):
        monkeypatch.setattr(tasks, "database_clock", lambda moment=moment: moment)
        tasks.sweep_messages()
        assert len(mail.outbox) == sent
    message.refresh_from_db()
    assert (message.state, message.attempts, message.lease_until) == (MessageState.SENT, 2, None)


def test_one_that_workers_die_of_waits_longer_each_time_then_is_given_up(far: PatientMessage) -> None:
    """As one that fails: it is not to be a worker's death at every lease's end for ever."""
    message = far
    PatientMessage.objects.update(attempts=MAX_ATTEMPTS - 2)
    died(message)
    end_forsaken(now=NOW + LEASE)
    message.refresh_from_db()
    assert (message.state, message.cause) == (MessageState.PLANNED, "L’envoi a été interrompu.")
    assert NOW + timedelta(hours=3) < message.next_attempt_at < NOW + LONGEST_DELAY + LEASE

    PatientMessage.objects.update(next_attempt_at=NOW)
    died(message)
    end_forsaken(now=NOW + LEASE)
    message.refresh_from_db()
    assert message.state == MessageState.ABANDONED
    assert due_messages(now=NOW + timedelta(days=1)) == []


def test_a_message_replaced_while_its_worker_died_is_not_sent(message: PatientMessage) -> None:
    died(message)
    PatientMessage.objects.update(state=MessageState.REPLACED)
    end_forsaken(now=NOW + LEASE)
    assert not send(message, NOW + LEASE)
    assert message.state == MessageState.REPLACED


def test_a_message_replaced_while_it_left_is_told_as_sent(
    message: PatientMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(_: object) -> None:
        PatientMessage.objects.filter(pk=message.pk).update(state=MessageState.REPLACED)

    monkeypatch.setattr("django.core.mail.EmailMessage.send", overtaken)
    assert send(message)
    assert message.state == MessageState.SENT


def test_a_message_still_waiting_is_replaced_by_the_next(message: PatientMessage) -> None:
    """It would be written from the appointment as it is by then: a confirmation of what is cancelled."""
    practice = factories.practice_actor(message.appointment.practitioner)
    cancel_appointment(appointment_id=message.appointment_id, version=1, by=practice, now=NOW)
    assert not send(message)
    assert message.state == MessageState.REPLACED
    assert due_messages(now=NOW) == []
    [cancellation] = due_messages(now=NOW + service.SETTLES)
    assert send_message(message_id=cancellation, now=NOW + service.SETTLES)
    assert [one.subject for one in mail.outbox] == ["Votre rendez-vous est annulé"]


def test_a_message_replaced_while_it_failed_stays_so(message: PatientMessage, monkeypatch: pytest.MonkeyPatch) -> None:
    def overtaken(_: object) -> None:
        PatientMessage.objects.filter(pk=message.pk).update(state=MessageState.REPLACED)
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", overtaken)
    assert not send(message)
    assert message.state == MessageState.REPLACED


def test_a_message_that_left_is_not_taken_back(message: PatientMessage) -> None:
    send(message)
    practice = factories.practice_actor(message.appointment.practitioner)
    move_appointment(
        appointment_id=message.appointment_id,
        version=1,
        start=TEN + timedelta(hours=3),
        by=practice,
        now=NOW,
        despite=True,
    )
    message.refresh_from_db()
    assert message.state == MessageState.SENT


def test_closing_an_appointment_sends_nothing(message: PatientMessage) -> None:
    send(message)
    practice = factories.practice_actor(message.appointment.practitioner)
    appointment_id = message.appointment_id
    set_status(appointment_id=appointment_id, version=1, status="fulfilled", by=practice, now=TEN)  # type: ignore[arg-type]
    assert due_messages(now=NOW + timedelta(days=1)) == []


def test_the_oldest_due_goes_first_and_not_all_at_once(message: PatientMessage) -> None:
    second = factories.appointment(start=TEN, patient=factories.patient(email="b@exemple.test"))
    earlier = second.events.get().messages.get()
    PatientMessage.objects.filter(pk=earlier.pk).update(next_attempt_at=NOW - timedelta(minutes=1))
    assert due_messages(now=NOW) == [earlier.pk, message.pk]
    assert due_messages(now=NOW, limit=1) == [earlier.pk]


@pytest.mark.django_db(transaction=True)
def test_of_four_workers_one_sends(message: PatientMessage) -> None:
    barrier, results = threading.Barrier(4), []

    def work() -> None:
        try:
            barrier.wait()
            results.append(send_message(message_id=message.pk, now=NOW))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, False, False, True]
    assert len(mail.outbox) == 1


def test_the_sweep_stops_when_its_time_is_up(
    message: PatientMessage, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    another()
    settings.SWEEP_SECONDS = 10
    clock = itertools.count(11)
    monkeypatch.setattr(tasks.time, "monotonic", lambda: next(clock) if mail.outbox else 0)
    tasks.sweep_messages()
    assert len(mail.outbox) == 1


def test_one_that_can_t_be_written_does_not_stop_the_others(
    message: PatientMessage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other, real = another(), sending._compose

    def compose(one: PatientMessage, now: datetime) -> Any:
        if one.pk == message.pk:
            raise RuntimeError("can't be written")
        return real(one, now)

    monkeypatch.setattr(sending, "_compose", compose)
    tasks.sweep_messages()
    other.refresh_from_db()
    assert other.state == MessageState.SENT
    assert f"sweep: message {message.pk}" in caplog.text


def test_nobody_is_told_that_what_is_past_is_cancelled(message: PatientMessage) -> None:
    """Nor is what was still waiting about it sent any more."""
    practice = factories.practice_actor(message.appointment.practitioner)
    cancel_appointment(appointment_id=message.appointment_id, version=1, by=practice, now=TEN)
    message.refresh_from_db()
    assert message.state == MessageState.REPLACED
    assert PatientMessage.objects.count() == 1
    tasks.sweep_messages()
    assert mail.outbox == []


@pytest.mark.parametrize("told_before", [True, False])
def test_a_change_taken_back_within_its_wait_is_told_to_nobody(message: PatientMessage, told_before: bool) -> None:
    if told_before:
        send(message)
    _moved(message, TEN + timedelta(hours=3), version=1)
    _moved(message, TEN, version=2)
    left = due_messages(now=NOW + service.SETTLES)
    # Who was told nothing yet is told once, where the visit stands.
    assert len(left) == (0 if told_before else 1)


def test_who_was_never_written_to_knows_the_visit_as_it_was_taken(message: PatientMessage) -> None:
    """Booked at the desk, or by the former software: a change taken back is told to nobody, another says what it was at first."""
    message.delete()
    _moved(message, TEN + timedelta(hours=3), version=1)
    _moved(message, TEN, version=2)
    assert due_messages(now=NOW + service.SETTLES) == []
    _moved(message, TEN + timedelta(hours=3), version=3)
    _moved(message, TEN + timedelta(hours=4), version=4)
    change = PatientMessage.objects.get(state=MessageState.PLANNED)
    former = sending.said_by(change).former
    assert former is not None
    assert (change.kind, former.start) == (MessageKind.CHANGE, TEN)


def test_several_changes_leave_as_one_message(message: PatientMessage) -> None:
    send(message)
    for version, hours in enumerate((3, 4, 5), start=1):
        _moved(message, TEN + timedelta(hours=hours), version=version)
    assert due_messages(now=NOW + service.SETTLES - timedelta(seconds=1)) == []
    [left] = due_messages(now=NOW + service.SETTLES)
    assert send_message(message_id=left, now=NOW + service.SETTLES)
    assert "15\u202fh\u202f00" in mail.outbox[-1].body


def test_a_change_taken_back_while_it_is_being_sent_is_told(message: PatientMessage) -> None:
    send(message)
    _moved(message, TEN + timedelta(hours=3), version=1)
    PatientMessage.objects.filter(state=MessageState.PLANNED).update(lease_until=NOW + LEASE)
    _moved(message, TEN, version=2)
    assert PatientMessage.objects.get(state=MessageState.PLANNED).kind == MessageKind.CHANGE


def _moved(message: PatientMessage, start: datetime, *, version: int) -> None:
    practice = factories.practice_actor(message.appointment.practitioner)
    visit = message.appointment_id
    move_appointment(appointment_id=visit, version=version, start=start, by=practice, now=NOW, despite=True)


def test_what_may_have_left_with_its_worker_is_not_taken_for_unsaid(message: PatientMessage) -> None:
    """A change whose worker died in the sending, then the visit is put back: the patient may have read the change."""
    send(message)
    _moved(message, TEN + timedelta(hours=3), version=1)
    moved = PatientMessage.objects.latest("pk")
    PatientMessage.objects.filter(pk=moved.pk).update(next_attempt_at=NOW)
    died(moved)
    PatientMessage.objects.filter(pk=moved.pk).update(body="as it was about to leave")
    end_forsaken(now=NOW + LEASE)
    _moved(message, TEN, version=2)
    moved.refresh_from_db()
    assert moved.state == MessageState.UNKNOWN
    assert PatientMessage.objects.get(state=MessageState.PLANNED).kind == MessageKind.CHANGE


def test_one_replaced_while_its_worker_died_may_have_left(message: PatientMessage) -> None:
    died(message)
    PatientMessage.objects.update(state=MessageState.REPLACED, body="as it was about to leave")
    end_forsaken(now=NOW + LEASE)
    message.refresh_from_db()
    assert (message.state, message.lease_until) == (MessageState.UNKNOWN, None)
