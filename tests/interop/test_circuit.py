"""An outage costs a few calls, whatever waits; the first clear answer lets everything go, in order."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from appointments.enums import Status
from appointments.models import Appointment
from appointments.services.changes import reassign_appointment
from interop import tasks
from interop.models import Delivery, SasCircuit
from interop.services import circuit
from interop.services.circuit import FAILURES_TO_OPEN, FIRST_PAUSE, LONGEST_PAUSE, is_refusing, pause_after, probe_soon
from interop.services.deliveries import LEASE, claim_next, deliver_next, due_appointments, record_answer
from interop.waking import circuit_closed
from tests import factories
from tests.interop.deliveries import booked, cancelled, deliver, marked, moved, only, standing, states
from tests.interop.sas_stub import Reply, SasStub, outcome

WORKERS = 8
SECOND = timedelta(seconds=1)


def down(sas: SasStub, count: int = 10_000) -> None:
    sas.reply(*(Reply(503) for _ in range(count)))


def opened(sas: SasStub, now: datetime) -> SasCircuit:
    """The circuit of a SAS that has just failed often enough; what failed stays owed."""
    down(sas, FAILURES_TO_OPEN)
    for appointment in [booked() for _ in range(FAILURES_TO_OPEN)]:
        deliver(appointment, now=now)
    made = SasCircuit.objects.get()
    assert made.is_open
    sas.asked.clear()
    return made


@pytest.fixture
def bells() -> Iterator[list[str]]:
    rung: list[str] = []

    def heard(**_: object) -> None:
        rung.append("closed")

    circuit_closed.connect(heard)
    yield rung
    circuit_closed.disconnect(heard)


@pytest.mark.django_db
class TestOpening:
    def test_failures_in_a_row_of_any_delivery_open_it(self, sas: SasStub) -> None:
        down(sas)
        now = timezone.now()
        for number in range(1, FAILURES_TO_OPEN + 1):
            assert not is_refusing(now=now)
            deliver(booked(), now=now)
            assert SasCircuit.objects.get().failures == number

        row = SasCircuit.objects.get()
        assert row.opened_at is not None
        assert row.opened_at >= now
        assert row.last_cause.startswith("HTTP 503")
        assert is_refusing(now=now + SECOND)

    @pytest.mark.parametrize("clear", [Reply(201), Reply(422, outcome("Non"))], ids=["accepted", "refused"])
    def test_a_clear_answer_starts_the_count_again(self, sas: SasStub, clear: Reply) -> None:
        down(sas, FAILURES_TO_OPEN - 1)
        sas.reply(clear)
        now = timezone.now()
        for _ in range(FAILURES_TO_OPEN):
            deliver(booked(), now=now)

        row = SasCircuit.objects.get()
        assert (row.failures, row.is_open) == (0, False)

    def test_a_healthy_sas_costs_no_write(self, sas: SasStub) -> None:
        deliver(booked())
        before = SasCircuit.objects.values().get()
        deliver(booked())

        assert SasCircuit.objects.values().get() == before

    def test_open_nothing_is_called_and_nothing_changes(self, sas: SasStub) -> None:
        now = timezone.now()
        opened(sas, now)
        new = booked()
        deliver(new, now=now + SECOND)

        assert sas.asked == []
        assert (only(new).state, only(new).attempts_count) == ("planned", 0)

    def test_another_server_has_a_record_of_its_own(self, sas: SasStub, settings: Any) -> None:
        now = timezone.now()
        opened(sas, now)
        settings.SAS_FHIR_URL = sas.url.replace("127.0.0.1", "localhost")
        deliver(booked(), now=now + SECOND)

        assert len(sas.asked) == 1
        assert SasCircuit.objects.count() == 2


@pytest.mark.django_db
class TestProbing:
    def test_one_delivery_probes_and_a_failure_lengthens_the_wait(self, sas: SasStub) -> None:
        row = opened(sas, timezone.now())
        down(sas)
        owed, waits = [booked() for _ in range(3)], []
        for _ in range(10):
            probed = row.probe_at
            assert probed is not None
            for appointment in owed:
                deliver(appointment, now=probed)
            row.refresh_from_db()
            assert row.probe_at is not None
            waits.append(row.probe_at - probed)
            Delivery.objects.filter(state="retrying").update(next_attempt_at=row.probe_at)

        assert len(sas.asked) == 10
        assert waits[0] <= FIRST_PAUSE * 2 + SECOND
        assert LONGEST_PAUSE * 0.75 <= waits[-1] <= LONGEST_PAUSE + SECOND

    def test_the_wait_is_doubled_up_to_ten_minutes_with_some_chance(self) -> None:
        for failed in range(40):
            full = min(FIRST_PAUSE * 2**failed, LONGEST_PAUSE)
            assert full * 0.75 <= pause_after(failed) <= full
        assert len({pause_after(30) for _ in range(10)}) > 1

    def test_an_outage_of_hours_costs_few_calls_whatever_waits(self, sas: SasStub) -> None:
        down(sas)
        began = now = timezone.now()
        waiting = [booked() for _ in range(30)]
        while now < began + timedelta(hours=6):
            for appointment_id in due_appointments(now=now):
                if is_refusing(now=now):
                    break
                deliver_next(appointment_id=appointment_id, clock=standing(now))
            # Nothing can go before: sweeps until then ask one thing.
            now = SasCircuit.objects.get().probe_at or now + SECOND

        assert len(sas.asked) <= 6 * 8 + FAILURES_TO_OPEN + 6
        assert {state for appointment in waiting for state in states(appointment)} <= {"planned", "retrying"}

    def test_a_wait_that_the_sas_asks_for_is_kept(self, sas: SasStub) -> None:
        now = timezone.now()
        down(sas, FAILURES_TO_OPEN - 1)
        sas.reply(Reply(503, headers={"Retry-After": "3600"}))
        for _ in range(FAILURES_TO_OPEN):
            deliver(booked(), now=now)

        assert is_refusing(now=now + timedelta(minutes=59))
        assert not is_refusing(now=now + timedelta(minutes=61))

    def test_the_least_tried_probes_so_that_one_stumbling_block_does_not_stop_all(self, sas: SasStub) -> None:
        now = timezone.now()
        poison = booked()
        down(sas, FAILURES_TO_OPEN)
        for number in range(FAILURES_TO_OPEN):
            deliver(poison, now=now + number * timedelta(hours=1))
        now = now + FAILURES_TO_OPEN * timedelta(hours=1)
        assert SasCircuit.objects.get().is_open
        well = booked()
        Delivery.objects.filter(appointment=well).update(next_attempt_at=now)

        assert due_appointments(now=now) == [well.id, poison.id]

    def test_a_probe_whose_worker_dies_is_over_with_its_lease(self, sas: SasStub) -> None:
        now = timezone.now()
        probe_at = opened(sas, now).probe_at
        assert probe_at is not None
        first, second = booked(), booked()
        assert claim_next(appointment_id=first.id, now=probe_at) is not None

        assert claim_next(appointment_id=second.id, now=probe_at + LEASE - SECOND) is None
        assert claim_next(appointment_id=second.id, now=probe_at + LEASE) is not None

    def test_a_claim_that_comes_to_nothing_does_not_use_up_the_probe(self, sas: SasStub) -> None:
        now = timezone.now()
        probe_at = opened(sas, now).probe_at
        assert probe_at is not None
        done = booked()
        Delivery.objects.filter(appointment=done).update(state="sent")

        assert claim_next(appointment_id=done.id, now=probe_at) is None
        assert not is_refusing(now=probe_at)

    def test_a_late_failure_of_before_does_not_lengthen_the_wait(self, sas: SasStub) -> None:
        now = timezone.now()
        under_way = claim_next(appointment_id=booked().id, now=now)
        assert under_way is not None
        row = opened(sas, now + SECOND)

        answer = circuit.client.Answer(outcome=circuit.Outcome.UNCLEAR, error="Trop long")
        record_answer(claim=under_way, answer=answer, now=now + 2 * SECOND)

        assert SasCircuit.objects.get().probe_at == row.probe_at

    def test_after_a_clock_that_went_back_it_probes(self, sas: SasStub) -> None:
        now = timezone.now()
        opened(sas, now + timedelta(days=30))

        assert not is_refusing(now=now)

    def test_an_operator_need_not_wait(
        self, sas: SasStub, bells: list[str], django_capture_on_commit_callbacks: Any
    ) -> None:
        now = timezone.now()
        assert not probe_soon(now=now)
        opened(sas, now)
        with django_capture_on_commit_callbacks(execute=True):
            assert probe_soon(now=now + SECOND)

        assert not is_refusing(now=now + SECOND)
        assert bells == ["closed"]


@pytest.mark.django_db
class TestClosing:
    def test_a_clear_answer_closes_it_and_the_backlog_is_due_at_once(
        self, sas: SasStub, bells: list[str], django_capture_on_commit_callbacks: Any
    ) -> None:
        now = timezone.now()
        probe_at = opened(sas, now).probe_at
        assert probe_at is not None
        Delivery.objects.update(next_attempt_at=now + timedelta(hours=1))
        with django_capture_on_commit_callbacks(execute=True):
            deliver(booked(), now=probe_at)

        row = SasCircuit.objects.get()
        assert (row.is_open, row.failures) == (False, 0)
        assert row.closed_at is not None
        assert row.closed_at >= probe_at
        assert bells == ["closed"]
        waiting = Delivery.objects.filter(state="retrying")
        assert waiting.count() == FAILURES_TO_OPEN
        assert len(due_appointments(now=row.closed_at)) == FAILURES_TO_OPEN

    def test_what_the_sas_asked_to_wait_for_is_still_waited_for(
        self, sas: SasStub, django_capture_on_commit_callbacks: Any
    ) -> None:
        """Closed early by a call that was under way: the others keep to the Retry-After."""
        now = timezone.now()
        under_way = claim_next(appointment_id=booked().id, now=now)
        assert under_way is not None
        down(sas, FAILURES_TO_OPEN - 1)
        sas.reply(Reply(503, headers={"Retry-After": "600"}))
        for _ in range(FAILURES_TO_OPEN):
            deliver(booked(), now=now)

        with django_capture_on_commit_callbacks(execute=True):
            answer = circuit.client.Answer(outcome=circuit.Outcome.ACCEPTED, status=201)
            record_answer(claim=under_way, answer=answer, now=now + SECOND)

        assert not is_refusing(now=now + SECOND)
        assert min(Delivery.objects.filter(state="retrying").values_list("next_attempt_at", flat=True)) < now + LEASE
        latest = Delivery.objects.filter(state="retrying").order_by("-next_attempt_at").first()
        assert latest is not None
        assert latest.next_attempt_at >= now + timedelta(minutes=10)

    def test_what_it_asked_for_in_one_outage_does_not_lengthen_the_next(self, sas: SasStub) -> None:
        now = timezone.now()
        sas.reply(Reply(503, headers={"Retry-After": "20000"}), Reply(201))
        deliver(booked(), now=now)
        deliver(booked(), now=now + SECOND)

        row = opened(sas, now + timedelta(minutes=1))

        assert row.probe_at is not None
        assert row.probe_at <= now + timedelta(minutes=1) + 2 * FIRST_PAUSE

    def test_a_shorter_wait_asked_for_later_does_not_shorten_the_longer_one(self, sas: SasStub) -> None:
        now = timezone.now()
        down(sas, FAILURES_TO_OPEN - 2)
        sas.reply(Reply(503, headers={"Retry-After": "3600"}), Reply(503, headers={"Retry-After": "5"}))
        for _ in range(FAILURES_TO_OPEN):
            deliver(booked(), now=now)

        assert is_refusing(now=now + timedelta(minutes=59))

    def test_what_fails_by_itself_since_before_keeps_its_own_pace(
        self, sas: SasStub, django_capture_on_commit_callbacks: Any
    ) -> None:
        now = timezone.now()
        poison = booked()
        sas.reply(Reply(500))
        deliver(poison, now=now - timedelta(hours=1))
        Delivery.objects.filter(appointment=poison).update(next_attempt_at=now + timedelta(hours=1))
        SasCircuit.objects.update(failures=0)
        probe_at = opened(sas, now).probe_at
        assert probe_at is not None
        with django_capture_on_commit_callbacks(execute=True):
            deliver(booked(), now=probe_at)

        assert not SasCircuit.objects.get().is_open
        assert only(poison).next_attempt_at == now + timedelta(hours=1)

    def test_a_long_backlog_is_released_in_batches(
        self, sas: SasStub, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
    ) -> None:
        monkeypatch.setattr(circuit, "_BATCH", 2)
        now = timezone.now()
        probe_at = opened(sas, now).probe_at
        assert probe_at is not None
        Delivery.objects.update(next_attempt_at=now + timedelta(hours=1))
        with django_capture_on_commit_callbacks(execute=True):
            deliver(booked(), now=probe_at)

        assert len(due_appointments(now=probe_at)) == FAILURES_TO_OPEN

    def test_the_next_outage_begins_with_short_waits_again(self, sas: SasStub) -> None:
        now = timezone.now()
        row = opened(sas, now)
        SasCircuit.objects.update(failed_probes=30)
        assert row.probe_at is not None
        deliver(booked(), now=row.probe_at)

        again = opened(sas, now + timedelta(hours=1))

        assert again.probe_at is not None
        assert again.probe_at <= now + timedelta(hours=1) + 2 * FIRST_PAUSE

    def test_the_sweep_drains_what_waited_every_trigger_in_order(self, sas: SasStub, monkeypatch: Any) -> None:
        """Created, moved, cancelled while the SAS was down: it hears of each, and ends with the last."""
        monkeypatch.setattr(tasks, "ring", lambda task, *arguments: task(*arguments))
        now = timezone.now()
        opened(sas, now)
        appointment = booked()
        start = moved(appointment)
        moved(Appointment.objects.get(pk=appointment.pk), hours=2)
        cancelled(appointment)
        other = booked()
        marked(other, Status.NOSHOW)
        marked(other, Status.FULFILLED)
        tasks.sweep_deliveries()
        assert sas.asked == []

        SasCircuit.objects.update(probe_at=now)
        Delivery.objects.filter(state="retrying").update(next_attempt_at=now)
        tasks.sweep_deliveries()  # one of them, which closes it
        tasks.sweep_deliveries()

        assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
        heard = [one.resource for one in sas.asked if one.resource["identifier"][0]["value"] == str(appointment.id)]
        assert [one["status"] for one in heard] == ["booked", "booked", "booked", "cancelled"]
        assert datetime.fromisoformat(heard[1]["start"]) == start.replace(microsecond=0)
        assert len({one["start"] for one in heard}) == 3
        statuses = [one.resource["status"] for one in sas.asked if str(other.id) in str(one.resource["identifier"])]
        assert statuses == ["booked", "noshow", "fulfilled"]

    def test_a_change_of_practitioner_is_a_trigger_of_its_own(self, sas: SasStub) -> None:
        """Given away and moved during the outage: three calls, the last with the other practitioner and the other hour."""
        now = timezone.now()
        opened(sas, now)
        appointment = booked()
        taker = factories.schedule()
        reassign_appointment(
            appointment_id=appointment.id,
            version=Appointment.objects.get(pk=appointment.pk).version,
            schedule_id=taker.id,
            by=factories.practice_actor(appointment.practitioner, taker.practitioner),
            now=now,
        )
        moved(Appointment.objects.get(pk=appointment.pk))
        SasCircuit.objects.update(probe_at=now)
        deliver(appointment, now=now)

        people = [one.resource["participant"][0]["actor"]["identifier"]["value"] for one in sas.asked]
        giver = appointment.practitioner.national_id
        assert people == [giver, taker.practitioner.national_id, taker.practitioner.national_id]
        assert sas.methods == ["POST", "PUT", "PUT"]
        assert sas.asked[1].resource["start"] != sas.last["start"]

    def test_while_open_the_sweep_asks_one_thing(
        self, sas: SasStub, django_assert_num_queries: Callable[[int], Any]
    ) -> None:
        """The moment, and the circuit."""
        opened(sas, timezone.now())
        with django_assert_num_queries(2):
            tasks.sweep_deliveries()

    def test_for_a_probe_the_sweep_wakes_one_worker(self, sas: SasStub, monkeypatch: Any) -> None:
        opened(sas, timezone.now())
        SasCircuit.objects.update(probe_at=timezone.now())
        rung: list[object] = []
        monkeypatch.setattr(tasks, "ring", lambda *arguments: rung.append(arguments))
        for _ in range(3):
            booked()
        tasks.sweep_deliveries()

        assert len(rung) == 1


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
