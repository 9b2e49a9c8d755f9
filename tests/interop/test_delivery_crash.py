"""Workers that die, and workers that come at once: nothing lost, nothing doubled."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from interop.models import Delivery, DeliveryAttempt
from interop.sas import client
from interop.services.deliveries import LEASE, claim_next, deliver_next, due_appointments, record_answer, send_again
from tests.interop.deliveries import at, booked, deliver, moved, only, outcomes, standing, states
from tests.interop.sas_stub import Reply, SasStub

WORKERS = 8


@pytest.mark.django_db
class TestDeath:
    def test_before_the_call(self, sas: SasStub) -> None:
        """Claimed, then nothing: when the lease ends another worker takes over, with a PUT, for it can't know."""
        appointment, now = booked(), timezone.now()
        assert claim_next(appointment_id=appointment.id, now=now) is not None

        deliver(appointment, now=now + LEASE - timedelta(seconds=1))
        assert sas.asked == []
        assert due_appointments(now=now + LEASE - timedelta(seconds=1)) == []

        assert due_appointments(now=now + LEASE) == [appointment.id]
        deliver(appointment, now=now + LEASE)
        assert sas.methods == ["PUT"]
        assert states(appointment) == ["sent"]

    def test_between_the_call_and_its_record(self, sas: SasStub) -> None:
        """The SAS has it and we don't know: the PUT says the same again, no duplicate appears."""
        appointment, now = booked(), timezone.now()
        claim = claim_next(appointment_id=appointment.id, now=now)
        assert claim is not None
        client.send(claim.call)

        interrupted = DeliveryAttempt.objects.get()
        assert (interrupted.outcome, interrupted.status_code) == ("unclear", None)
        assert interrupted.error.startswith("L’envoi a été interrompu")

        deliver(appointment, now=now + LEASE)
        assert sas.methods == ["POST", "PUT"]
        assert sas.asked[0].resource == sas.asked[1].resource
        assert outcomes(appointment) == ["unclear", "accepted"]

    def test_the_next_ones_wait_for_the_lease_too(self, sas: SasStub) -> None:
        appointment, now = booked(), timezone.now()
        claim_next(appointment_id=appointment.id, now=now)
        moved(appointment)

        deliver(appointment, now=now + LEASE / 2)
        assert sas.asked == []
        deliver(appointment, now=now + LEASE)
        assert states(appointment) == ["sent", "sent"]
        assert sas.methods == ["PUT", "PUT"]

    def test_a_worker_that_lost_its_lease_records_its_exchange_and_decides_nothing(self, sas: SasStub) -> None:
        appointment, now = booked(), timezone.now()
        slow = claim_next(appointment_id=appointment.id, now=now)
        assert slow is not None
        answer = client.send(slow.call)
        taken = claim_next(appointment_id=appointment.id, now=now + LEASE)
        assert taken is not None

        assert record_answer(claim=slow, answer=answer, now=now + LEASE) is False
        assert only(appointment).state == "claimed"
        assert only(appointment).lease_until == taken.delivery.lease_until
        assert outcomes(appointment) == ["accepted", "unclear"]

        assert record_answer(claim=taken, answer=client.send(taken.call), now=now + LEASE) is True
        assert states(appointment) == ["sent"]

    def test_what_was_accepted_after_its_lease_is_not_created_again(self, sas: SasStub) -> None:
        appointment, now = booked(), timezone.now()
        slow = claim_next(appointment_id=appointment.id, now=now)
        assert slow is not None
        answer = client.send(slow.call)
        Delivery.objects.update(state="retrying", lease_until=None)
        assert record_answer(claim=slow, answer=answer, now=now + LEASE) is False

        deliver(appointment, now=now + LEASE)

        assert sas.methods == ["POST", "PUT"]
        assert states(appointment) == ["sent"]

    def test_an_earlier_one_sent_again_comes_before_a_dead_workers_claim(self, sas: SasStub) -> None:
        sas.reply(Reply(422))
        appointment, now = booked(), timezone.now()
        deliver(appointment, now=now)
        moved(appointment)
        assert claim_next(appointment_id=appointment.id, now=now) is not None
        send_again(delivery_ids=[at(1, appointment).pk], now=now)

        deliver(appointment, now=now + LEASE / 2)
        assert len(sas.asked) == 1
        deliver(appointment, now=now + LEASE)
        assert sas.methods == ["POST", "PUT", "PUT"]
        assert states(appointment) == ["sent", "sent"]


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_one_of_many_workers_sends(self, sas: SasStub) -> None:
        appointment = booked()
        now, gate = timezone.now(), threading.Barrier(WORKERS)

        def work(_: int) -> bool:
            try:
                gate.wait(10)
                return deliver_next(appointment_id=appointment.id, clock=standing(now))
            finally:
                connection.close()

        with ThreadPoolExecutor(WORKERS) as pool:
            sent = list(pool.map(work, range(WORKERS)))

        assert sent.count(True) == 1
        assert sas.methods == ["POST"]
        assert states(appointment) == ["sent"]

    def test_many_workers_on_a_backlog_keep_the_order_and_send_each_once(self, sas: SasStub) -> None:
        sas.reply(*(Reply(silence=0.02) for _ in range(200)))
        appointments = [booked() for _ in range(4)]
        for appointment in appointments:
            for hours in (1, 2, 3, 4):
                moved(appointment, hours=hours)
        gate = threading.Barrier(WORKERS)

        def work(number: int) -> None:
            try:
                gate.wait(10)
                for _ in range(20):
                    for appointment in appointments[number % 4 :] + appointments[: number % 4]:
                        deliver_next(appointment_id=appointment.id)
            finally:
                connection.close()

        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(work, range(WORKERS)))

        assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
        for appointment in appointments:
            heard = [one for one in sas.asked if one.resource["identifier"][0]["value"] == str(appointment.id)]
            assert [one.method for one in heard] == ["POST", "PUT", "PUT", "PUT", "PUT"]
            assert len({one.resource["start"] for one in heard}) == 5
            assert [one.resource["start"] for one in heard] == sorted(one.resource["start"] for one in heard)

    def test_nothing_is_locked_while_the_sas_thinks(self, sas: SasStub) -> None:
        """The appointment can be changed meanwhile, at once: a booking never waits for the SAS."""
        appointment = booked()
        changed: list[bool] = []

        def change() -> None:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SET statement_timeout = '500ms'")
                    cursor.execute("SET lock_timeout = '500ms'")
                if not changed:
                    changed.append(True)
                    moved(appointment)
            finally:
                connection.close()

        sas.meanwhile = change
        deliver(appointment)

        assert changed == [True]
        assert sas.methods == ["POST", "PUT"]
        assert states(appointment) == ["sent", "sent"]
