"""What the provider of SMS says later: signed, once or twice, late, of unknown messages, and STOP."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from appointments.booking.services.moving import move_appointment
from appointments.enums import MessageState
from appointments.messages.reach import look_up_refusals, usual_way
from appointments.messages.services.planning import SETTLES
from appointments.messages.services.receipts import PATIENCE, end_silent
from appointments.messages.services.sending import send_message
from appointments.models import Appointment, ContactRefusal, PatientMessage
from outbox import sms
from tests import factories
from tests.appointments.call.conftest import NOW
from tests.appointments.call.requests import TEN

pytestmark = pytest.mark.django_db
MOBILE, KEY = "+33639980045", "a key"


@pytest.fixture
def sent(settings: Any) -> PatientMessage:
    """A change that left by SMS."""
    settings.SMS_PROVIDER, settings.SMS_WEBHOOK_KEY = sms.Kept(), KEY
    made = factories.appointment(start=TEN + timedelta(days=3), patient=factories.patient(phone=MOBILE))
    PatientMessage.objects.all().delete()
    by = factories.practice_actor(made.practitioner)
    move_appointment(appointment_id=made.id, version=1, start=TEN + timedelta(days=4), by=by, now=NOW, despite=True)
    message = PatientMessage.objects.get()
    assert send_message(message_id=message.pk, now=NOW + SETTLES)
    message.refresh_from_db()
    return message


def tell(page: str = "accuses", *, key: str = KEY, moment: str = "", **said: Any) -> int:
    body, moment = json.dumps(said).encode(), moment or str(int(NOW.timestamp()))
    headers = {"X-Sms-Timestamp": moment, "X-Sms-Signature": f"sha256={sms.signature(key, moment, body)}"}
    client = Client(enforce_csrf_checks=True, headers=headers)
    return client.post(f"/messages/{page}/", body, content_type="application/json").status_code


def state(message: PatientMessage) -> str:
    message.refresh_from_db()
    return message.state


@pytest.fixture(autouse=True)
def _this_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appointments.messages.views.time.time", NOW.timestamp)


def test_a_receipt_settles_it_and_twice_changes_nothing(sent: PatientMessage) -> None:
    for _ in range(2):
        assert tell(reference=str(sent.reference), status="delivered") == 204
        assert state(sent) == MessageState.RECEIVED
    # Who lies afterwards is not believed.
    assert tell(reference=str(sent.reference), status="failed") == 204
    assert state(sent) == MessageState.RECEIVED


def test_a_final_refusal_is_to_be_told_at_once_and_a_late_receipt_puts_that_away(sent: PatientMessage) -> None:
    tell(reference=str(sent.reference), status="FAILED")
    assert state(sent) == MessageState.REFUSED
    [call] = PatientMessage.objects.filter(state=MessageState.TO_CALL)
    tell(reference=str(sent.reference), status="failed")
    assert PatientMessage.objects.filter(state=MessageState.TO_CALL).count() == 1
    tell(reference=str(sent.reference), status="delivered")
    assert (state(sent), state(call)) == (MessageState.RECEIVED, MessageState.REPLACED)


def test_what_is_on_its_way_says_nothing_yet(sent: PatientMessage) -> None:
    assert tell(reference=str(sent.reference), status="queued") == 204
    assert state(sent) == MessageState.SENT


def test_one_that_is_quicker_than_our_own_record_counts(sent: PatientMessage) -> None:
    PatientMessage.objects.update(state=MessageState.PLANNED, lease_until=NOW + timedelta(minutes=5))
    tell(reference=str(sent.reference), status="delivered")
    assert (state(sent), sent.lease_until) == (MessageState.RECEIVED, None)


FORGED = [
    ({"key": "forged"}, 403),
    ({"moment": "0"}, 403),
    ({"moment": "soon"}, 403),
    ({"reference": "no reference"}, 400),
    ({"reference": str(uuid.uuid4())}, 404),
]


def test_what_is_forged_old_or_of_nothing_changes_nothing(sent: PatientMessage) -> None:
    for given, answer in FORGED:
        assert tell(**{"reference": str(sent.reference), "status": "delivered"} | given) == answer, given
        assert state(sent) == MessageState.SENT, given


def test_without_a_key_nothing_is_heard(sent: PatientMessage, settings: Any) -> None:
    settings.SMS_WEBHOOK_KEY = ""
    assert tell(key="", reference=str(sent.reference), status="delivered") == 403


def test_of_which_nothing_is_heard_for_long_nobody_knows_and_somebody_calls(
    sent: PatientMessage, settings: Any
) -> None:
    assert sent.sent_at is not None
    end_silent(now=sent.sent_at + PATIENCE - timedelta(seconds=1))
    assert state(sent) == MessageState.SENT
    settings.SMS_WEBHOOK_KEY = ""
    end_silent(now=sent.sent_at + PATIENCE)
    assert state(sent) == MessageState.SENT
    settings.SMS_WEBHOOK_KEY = KEY
    end_silent(now=sent.sent_at + PATIENCE)
    assert state(sent) == MessageState.UNKNOWN
    assert PatientMessage.objects.filter(state=MessageState.TO_CALL).exists()


@pytest.mark.parametrize("word", ["STOP", " stop. merci", "Arrêt"])
def test_who_answers_stop_gets_no_more_until_they_say_start(
    word: str, sent: PatientMessage, django_assert_num_queries: Any
) -> None:
    for _ in range(2):
        assert tell("reponses", **{"from": MOBILE, "text": word}) == 204
    assert MOBILE not in str(list(ContactRefusal.objects.values()))
    by = factories.practice_actor(sent.appointment.practitioner)
    move_appointment(
        appointment_id=sent.appointment_id, version=2, start=TEN + timedelta(days=5), by=by, now=NOW, despite=True
    )
    assert not PatientMessage.objects.filter(state=MessageState.PLANNED).exists()
    [call] = PatientMessage.objects.filter(state=MessageState.TO_CALL)
    assert call.cause == "A répondu STOP à nos SMS."
    # Lists of many say the same for one query.
    many = list(Appointment.objects.select_related("patient"))
    with django_assert_num_queries(1):
        look_up_refusals(many)
        assert [usual_way(one) for one in many] == [""]
    many[0].contact_email = "kumquat@exemple.test"
    assert usual_way(many[0]) == "par e-mail"
    tell("reponses", **{"from": MOBILE, "text": "START"})
    assert not ContactRefusal.objects.exists()


def test_a_refusal_that_comes_while_it_waits_is_heard(sent: PatientMessage) -> None:
    PatientMessage.objects.update(state=MessageState.PLANNED, body="", sent_at=None)
    tell("reponses", **{"from": MOBILE, "text": "STOP"})
    assert not send_message(message_id=sent.pk, now=NOW + SETTLES)
    assert state(sent) == MessageState.REFUSED
    assert tell("reponses", **{"from": "?", "text": "STOP"}) == 400
    assert tell("reponses", **{"from": MOBILE, "text": "Merci !"}) == 204
