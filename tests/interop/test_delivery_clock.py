"""One clock for all workers, and no call by one that was held up."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from interop.models import Delivery, DeliveryAttempt
from interop.sas import client
from interop.services.deliveries import LEASE, claim_next, deliver_next, due_appointments, record_answer
from outbox.ledger import database_clock
from tests.interop.deliveries import booked, deliver, moved, only, outcomes, states
from tests.interop.outage import SECOND, opened
from tests.interop.sas_stub import Reply, SasStub


def moments(*shown: datetime) -> Iterator[datetime]:
    """A clock that was looked at these times."""
    return iter(shown)


@pytest.mark.django_db
class TestHeldUp:
    def test_a_worker_held_up_between_claim_and_call_sends_nothing(self, sas: SasStub) -> None:
        """By then somebody else may have sent this one and the next: a late call would take the SAS back in time."""
        appointment, now = booked(), timezone.now()
        shown = moments(now, now + LEASE - client.longest_call() + SECOND)

        assert deliver_next(appointment_id=appointment.id, clock=shown.__next__) is False

        assert sas.asked == []
        assert (states(appointment), outcomes(appointment)) == (["retrying"], ["failed"])
        assert "retenu trop longtemps" in only(appointment).cause

    def test_what_it_gave_back_is_due_at_once_and_still_a_creation(self, sas: SasStub) -> None:
        appointment, now = booked(), timezone.now()
        late = now + LEASE - SECOND
        deliver_next(appointment_id=appointment.id, clock=moments(now, late).__next__)

        assert due_appointments(now=late) == [appointment.id]
        deliver(appointment, now=late)
        assert sas.methods == ["POST"]
        assert states(appointment) == ["sent"]

    def test_its_probe_is_somebody_elses_at_once(self, sas: SasStub) -> None:
        now = timezone.now()
        probe_at = opened(sas, now).probe_at
        assert probe_at is not None
        held_up, other = booked(), booked()
        late = probe_at + LEASE - SECOND
        deliver_next(appointment_id=held_up.id, clock=moments(probe_at, late).__next__)
        assert sas.asked == []

        deliver(other, now=late)

        assert states(other) == ["sent"]

    def test_what_was_not_sent_is_no_attempt(self, sas: SasStub) -> None:
        """Neither its waits grow, nor do its three days begin."""
        appointment, now = booked(), timezone.now()
        deliver_next(appointment_id=appointment.id, clock=moments(now, now + LEASE).__next__)
        assert only(appointment).attempts == 0

    def test_with_time_enough_for_the_longest_call_it_sends(self, sas: SasStub) -> None:
        appointment, now = booked(), timezone.now()
        then = now + LEASE - client.longest_call()

        deliver_next(appointment_id=appointment.id, clock=moments(now, then, then).__next__)

        assert states(appointment) == ["sent"]

    def test_what_another_holds_by_now_is_left_alone(self, sas: SasStub) -> None:
        appointment, now = booked(), timezone.now()
        taken: list[object] = []

        def clock() -> Iterator[datetime]:
            yield now
            taken.append(claim_next(appointment_id=appointment.id, now=now + LEASE))
            yield now + LEASE

        assert deliver_next(appointment_id=appointment.id, clock=clock().__next__) is False

        assert taken[0] is not None
        assert sas.asked == []
        assert (only(appointment).state, only(appointment).lease_until) == ("claimed", now + 2 * LEASE)


@pytest.mark.django_db
class TestOneClock:
    @pytest.mark.parametrize("away", [timedelta(hours=1), timedelta(hours=-1)], ids=["ahead", "behind"])
    def test_a_worker_whose_clock_is_wrong_takes_over_nothing(self, sas: SasStub, away: timedelta) -> None:
        appointment = booked()
        claim = claim_next(appointment_id=appointment.id, now=database_clock())
        assert claim is not None
        moved(appointment)

        with time_machine.travel(timezone.now() + away, tick=True):
            assert deliver_next(appointment_id=appointment.id) is False
        assert sas.asked == []

        assert record_answer(claim=claim, answer=client.send(claim.call), now=database_clock()) is True
        deliver(appointment)
        assert sas.methods == ["POST", "PUT"]

    @pytest.mark.parametrize("away", [timedelta(hours=1), timedelta(hours=-1)], ids=["ahead", "behind"])
    def test_a_worker_whose_clock_is_wrong_sends_as_any_other(self, sas: SasStub, away: timedelta) -> None:
        sas.reply(Reply(500))
        appointment = booked()
        with time_machine.travel(timezone.now() + away, tick=True):
            deliver(appointment)
        waits = only(appointment).next_attempt_at - database_clock()
        assert timedelta(0) < waits < timedelta(seconds=10)

        Delivery.objects.update(next_attempt_at=database_clock())
        with time_machine.travel(timezone.now() + away, tick=True):
            deliver(appointment)
        assert states(appointment) == ["sent"]

    def test_an_attempt_tells_when_it_was_by_that_clock(self, sas: SasStub) -> None:
        with time_machine.travel(timezone.now() + timedelta(days=1), tick=True):
            deliver(booked())

        assert abs(DeliveryAttempt.objects.get().at - timezone.now()) < timedelta(seconds=30)
