"""The circuit and its workers, all at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from appointments.models import Appointment
from interop.models import Delivery, SasCircuit
from interop.services.circuit import FAILURES_TO_OPEN
from interop.services.deliveries import LEASE, claim_next, deliver_next, due_appointments
from tests.interop.deliveries import booked, deliver, standing
from tests.interop.outage import SECOND, opened
from tests.interop.sas_stub import Reply, SasStub

WORKERS = 8


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def _all(self, appointments: list[Appointment], now: datetime) -> None:
        gate = threading.Barrier(WORKERS)

        def work(number: int) -> None:
            try:
                gate.wait(10)
                deliver_next(appointment_id=appointments[number].id, clock=standing(now))
            finally:
                connection.close()

        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(work, range(WORKERS)))

    def test_one_of_many_workers_probes(self, sas: SasStub) -> None:
        probe_at = opened(sas, timezone.now()).probe_at
        assert probe_at is not None
        sas.reply(*(Reply(503, silence=0.3) for _ in range(WORKERS)))

        self._all([booked() for _ in range(WORKERS)], probe_at)

        assert len(sas.asked) == 1
        assert Delivery.objects.filter(state="planned").count() == WORKERS - 1

    def test_no_more_calls_at_once_than_agreed(self, sas: SasStub, settings: Any) -> None:
        settings.SAS_MAX_CALLS = 3
        under_way, most, counting = 0, 0, threading.Lock()
        arrived = threading.Semaphore(0)

        def meanwhile() -> None:
            nonlocal under_way, most
            with counting:
                under_way += 1
                most = max(most, under_way)
            arrived.acquire(timeout=0.4)
            with counting:
                under_way -= 1

        sas.meanwhile = meanwhile
        self._all([booked() for _ in range(WORKERS)], timezone.now())

        assert most == 3
        assert Delivery.objects.filter(state="sent").count() == 3
        assert Delivery.objects.filter(state="planned").count() == WORKERS - 3

    def test_calls_whose_worker_died_are_not_counted_for_ever(self, sas: SasStub, settings: Any) -> None:
        settings.SAS_MAX_CALLS = 1
        now = timezone.now()
        assert claim_next(appointment_id=booked().id, now=now) is not None
        waiting = booked()

        assert claim_next(appointment_id=waiting.id, now=now + LEASE - SECOND) is None
        assert claim_next(appointment_id=waiting.id, now=now + LEASE) is not None

    def test_a_row_that_is_being_worked_on_does_not_hold_the_release_up(self, sas: SasStub) -> None:
        now = timezone.now()
        probe_at = opened(sas, now).probe_at
        assert probe_at is not None
        Delivery.objects.update(next_attempt_at=now + timedelta(hours=1))
        held, probe = Delivery.objects.order_by("created_at").first(), booked()
        assert held is not None
        released: list[int] = []

        def release() -> None:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SET statement_timeout = '3s'")
                deliver(probe, now=probe_at)
                released.append(len(due_appointments(now=probe_at)))
            finally:
                connection.close()

        with transaction.atomic():
            Delivery.objects.select_for_update().get(pk=held.pk)
            thread = threading.Thread(target=release)
            thread.start()
            thread.join(10)

        assert released == [FAILURES_TO_OPEN - 1]

    def test_a_change_under_way_of_the_appointment_does_not_keep_its_delivery_from_being_released(
        self, sas: SasStub
    ) -> None:
        """Only the deliveries are locked."""
        now = timezone.now()
        probe_at = opened(sas, now).probe_at
        assert probe_at is not None
        Delivery.objects.update(next_attempt_at=now + timedelta(hours=1))
        probe = booked()

        def release() -> None:
            try:
                deliver(probe, now=probe_at)
            finally:
                connection.close()

        with transaction.atomic():
            list(Appointment.objects.select_for_update().exclude(pk=probe.pk))
            thread = threading.Thread(target=release)
            thread.start()
            thread.join(10)

        assert len(due_appointments(now=probe_at)) == FAILURES_TO_OPEN

    def test_many_failures_at_once_open_it_once(self, sas: SasStub) -> None:
        sas.reply(*(Reply(503, silence=0.1) for _ in range(WORKERS)))

        self._all([booked() for _ in range(WORKERS)], timezone.now())

        row = SasCircuit.objects.get()
        assert (row.is_open, row.failures, row.failed_probes) == (True, FAILURES_TO_OPEN, 0)
        assert Delivery.objects.filter(state="retrying").count() == WORKERS
