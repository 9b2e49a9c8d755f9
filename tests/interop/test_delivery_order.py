"""Per appointment: the oldest first, one at a time, and the SAS ends with the last state."""

from datetime import timedelta

import pytest
from django.utils import timezone

from interop.models import Delivery
from interop.sas import client
from interop.services.deliveries import claim_next, due_appointments, record_answer, send_again
from tests.interop.deliveries import at, booked, cancelled, deliver, moved, outcomes, states
from tests.interop.sas_stub import Reply, SasStub, outcome

pytestmark = pytest.mark.django_db

LATER = timedelta(hours=1)


def test_a_later_one_waits_for_an_earlier_one_that_is_tried_again(sas: SasStub) -> None:
    sas.reply(Reply(500))
    appointment, now = booked(), timezone.now()
    deliver(appointment, now=now)
    cancelled(appointment)

    deliver(appointment, now=now + timedelta(seconds=1))
    assert states(appointment) == ["retrying", "planned"]
    assert len(sas.asked) == 1

    deliver(appointment, now=now + LATER)
    assert states(appointment) == ["sent", "sent"]
    assert [asked.resource["status"] for asked in sas.asked] == ["booked", "booked", "cancelled"]


def test_a_later_one_waits_for_an_earlier_one_being_sent(sas: SasStub) -> None:
    appointment, now = booked(), timezone.now()
    moved(appointment)
    first = claim_next(appointment_id=appointment.id, now=now)
    assert first is not None

    assert claim_next(appointment_id=appointment.id, now=now + timedelta(seconds=30)) is None

    record_answer(claim=first, answer=client.send(first.call), now=now)
    second = claim_next(appointment_id=appointment.id, now=now)
    assert second is not None
    assert (second.delivery.sequence, second.call.method) == (2, "PUT")


def test_a_change_that_comes_during_the_sending_is_sent_after(sas: SasStub) -> None:
    appointment = booked()
    sas.meanwhile = lambda: None

    claim = claim_next(appointment_id=appointment.id, now=timezone.now())
    assert claim is not None
    cancelled(appointment)
    assert record_answer(claim=claim, answer=client.send(claim.call), now=timezone.now())
    deliver(appointment)

    assert [asked.resource["status"] for asked in sas.asked] == ["booked", "cancelled"]
    assert states(appointment) == ["sent", "sent"]


def test_a_blocked_one_does_not_hold_back_the_next_which_replaces_it(sas: SasStub) -> None:
    """The SAS refused a state; the next may cure it, and the SAS ends with the last state without an operator."""
    sas.reply(Reply(422, outcome("Praticien inconnu")))
    appointment = booked()
    deliver(appointment)
    moved(appointment)

    deliver(appointment)

    assert sas.methods == ["POST", "PUT"]
    assert states(appointment) == ["obsolete", "sent"]


def test_a_replaced_one_can_not_be_sent_again(sas: SasStub) -> None:
    sas.reply(Reply(422))
    appointment = booked()
    deliver(appointment)
    cancelled(appointment)
    deliver(appointment)

    assert send_again(delivery_ids=list(Delivery.objects.values_list("pk", flat=True)), now=timezone.now()) == 0
    deliver(appointment)
    assert sas.last["status"] == "cancelled"
    assert len(sas.asked) == 2


def test_two_blocked_ones_sent_again_go_in_order(sas: SasStub) -> None:
    sas.reply(Reply(422), Reply(422))
    appointment = booked()
    moved(appointment)
    deliver(appointment)
    assert states(appointment) == ["blocked", "blocked"]

    send_again(delivery_ids=[at(2, appointment).pk, at(1, appointment).pk], now=timezone.now())
    deliver(appointment)

    assert states(appointment) == ["sent", "sent"]
    assert sas.methods == ["POST", "PUT", "POST", "PUT"]


def test_one_sent_again_while_a_later_one_is_being_sent_waits_and_is_replaced(sas: SasStub) -> None:
    sas.reply(Reply(422))
    appointment, now = booked(), timezone.now()
    deliver(appointment, now=now)
    moved(appointment)
    later = claim_next(appointment_id=appointment.id, now=now)
    assert later is not None
    assert later.delivery.sequence == 2

    send_again(delivery_ids=[at(1, appointment).pk], now=now)
    assert claim_next(appointment_id=appointment.id, now=now) is None

    record_answer(claim=later, answer=client.send(later.call), now=now)
    assert states(appointment) == ["obsolete", "sent"]


def test_one_sent_again_goes_before_a_later_one_that_failed(sas: SasStub) -> None:
    sas.reply(Reply(422), Reply(500))
    appointment, now = booked(), timezone.now()
    moved(appointment)
    deliver(appointment, now=now)
    assert states(appointment) == ["blocked", "retrying"]

    send_again(delivery_ids=[at(1, appointment).pk], now=now)
    deliver(appointment, now=now + LATER)

    assert states(appointment) == ["sent", "sent"]
    # The failed update may have created it: no second POST.
    assert sas.methods == ["POST", "PUT", "PUT", "PUT"]
    assert outcomes(appointment) == ["refused", "unclear", "accepted", "accepted"]


def test_one_appointments_trouble_is_not_anothers(sas: SasStub) -> None:
    sas.reply(Reply(500))
    troubled, fine = booked(), booked()

    deliver(troubled)
    deliver(fine)

    assert states(troubled) == ["retrying"]
    assert states(fine) == ["sent"]


def test_the_sweep_looks_at_what_may_go_now_the_longest_waiting_first(sas: SasStub) -> None:
    sas.reply(Reply(500))
    now = timezone.now()
    waiting, first, second, sent = booked(), booked(), booked(), booked()
    deliver(waiting, now=now)
    cancelled(waiting)  # due by itself, but behind one that is not
    deliver(sent, now=now)
    Delivery.objects.filter(appointment=second).update(next_attempt_at=now - timedelta(minutes=1))
    Delivery.objects.filter(appointment=first).update(next_attempt_at=now - timedelta(minutes=2))

    assert due_appointments(now=now + timedelta(seconds=1)) == [first.id, second.id]
    assert due_appointments(now=now + LATER) == [first.id, second.id, waiting.id]
    assert due_appointments(now=now + LATER, limit=1) == [first.id]
