"""A message has an end and a name: refused, too late, or the same one sent again."""

import smtplib
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from appointments.booking.services.changes import cancel_appointment
from appointments.booking.services.moving import move_appointment
from appointments.enums import MessageState
from appointments.messages.services import planning as service
from appointments.messages.services.sending import due_messages, end_forsaken
from appointments.models import PatientMessage
from outbox.mail import AT_ONCE, FIRST_DELAY, LEASE, MAX_ATTEMPTS
from tests import factories
from tests.appointments.call.conftest import NOW
from tests.appointments.call.requests import TEN
from tests.appointments.messages.sending import another, died, send

pytestmark = pytest.mark.django_db

# --- A message has an end ---------------------------------------------------------------------------------------------
UNKNOWN = smtplib.SMTPRecipientsRefused({"kumquat@exemple.test": (550, b"5.1.1 <kumquat@exemple.test>: user unknown")})


def test_a_final_refusal_is_told_at_once_and_never_tried_again(
    message: PatientMessage, failing: Any, caplog: pytest.LogCaptureFixture
) -> None:
    failing(UNKNOWN)
    assert not send(message)
    assert (message.state, message.attempts, message.lease_until) == (MessageState.REFUSED, 1, None)
    assert message.cause == "SMTPRecipientsRefused 550"
    assert due_messages(now=NOW + timedelta(days=1)) == []
    assert "kumquat" not in caplog.text


def test_an_address_corrected_after_a_refusal_is_told(message: PatientMessage, failing: Any) -> None:
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", lambda _: (_ for _ in ()).throw(UNKNOWN))
        send(message)
    appointment = message.appointment
    appointment.contact_email = "kumquat.juste@exemple.test"
    appointment.save(update_fields=["contact_email"])
    again = service.tell_again(appointment=appointment, at=NOW)
    assert [send(one) for one in again] == [True]
    assert [one.to for one in mail.outbox] == [["kumquat.juste@exemple.test"]]


@pytest.mark.parametrize("kind", [None, "moved", "cancelled"])
def test_nothing_is_sent_once_the_visit_has_begun(message: PatientMessage, kind: str | None) -> None:
    """The workers, the broker or the mail server were down; it is too late to tell."""
    appointment = message.appointment
    practice = factories.practice_actor(appointment.practitioner)
    common: dict[str, Any] = {"appointment_id": appointment.id, "version": 1, "by": practice, "now": NOW}
    start = TEN
    if kind == "cancelled":
        cancel_appointment(**common)
    elif kind == "moved":
        start = TEN + timedelta(hours=3)
        move_appointment(**common, start=start, despite=True)
    last = PatientMessage.objects.latest("pk")
    assert not send(last, start)
    assert (last.state, last.cause) == (MessageState.ABANDONED, "Le rendez-vous a commencé avant l’envoi.")
    assert mail.outbox == []


def test_until_the_visit_begins_it_is_sent(message: PatientMessage) -> None:
    assert send(message, TEN - timedelta(microseconds=1))


def test_of_a_visit_that_has_begun_nothing_is_planned() -> None:
    """« Nouveau rendez-vous » takes today's past hours too."""
    patient = factories.patient(email="kumquat@exemple.test")
    for start, planned in ((NOW, False), (NOW + timedelta(minutes=1), True)):
        made = factories.appointment(start=start, patient=patient)
        assert made.events.get().messages.exists() is planned


def test_what_can_t_be_tried_again_before_the_visit_is_given_up_at_once(message: PatientMessage, failing: Any) -> None:
    """Two hours before it: tries double, and the one that would come after 10:00 is not waited for."""
    failing(ConnectionRefusedError())
    moment = NOW
    while message.state == MessageState.PLANNED:
        assert moment < TEN
        send(message, moment)
        last, moment = moment, message.next_attempt_at
    assert message.state == MessageState.ABANDONED
    assert message.attempts < MAX_ATTEMPTS
    assert TEN - last <= FIRST_DELAY * 2 ** (message.attempts - 1), "the next one would have come too late"


def test_one_whose_workers_die_until_the_visit_is_given_up(message: PatientMessage) -> None:
    died(message)
    end_forsaken(now=TEN)
    message.refresh_from_db()
    assert message.state == MessageState.ABANDONED


# --- … and a name -----------------------------------------------------------------------------------------------------
def test_a_message_keeps_its_name_however_often_it_leaves(
    message: PatientMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker died after the dot, or the server never said that it took it: mailboxes know it again by its Message-ID."""
    left: list[str] = []

    def taken_in_silence(letter: Any) -> None:
        left.append(letter.message()["Message-ID"])
        raise smtplib.SMTPServerDisconnected

    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", taken_in_silence)
        send(message)
        send(another())
        send(message, message.next_attempt_at)
    send(message, message.next_attempt_at)
    first, other, again = left
    assert first == again == mail.outbox[0].message()["Message-ID"] != other


def test_of_one_visit_each_message_has_a_name_of_its_own(message: PatientMessage) -> None:
    send(message)
    practice = factories.practice_actor(message.appointment.practitioner)
    cancel_appointment(appointment_id=message.appointment_id, version=1, by=practice, now=NOW)
    send(PatientMessage.objects.latest("pk"), NOW + service.SETTLES)
    assert len({one.message()["Message-ID"] for one in mail.outbox}) == 2


def test_a_mail_server_that_never_answers_holds_a_few_workers_only(message: PatientMessage) -> None:
    for _ in range(AT_ONCE):
        died(another())
    assert not send(message)
    assert message.attempts == 0
    assert send(message, NOW + LEASE)
