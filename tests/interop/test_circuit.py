"""An outage costs a few calls, whatever waits."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from interop.models import Delivery, SasCircuit
from interop.services import circuit
from interop.services.circuit import FAILURES_TO_OPEN, FIRST_PAUSE, LONGEST_PAUSE, is_refusing, pause_after, probe_soon
from interop.services.deliveries import LEASE, claim_next, deliver_next, due_appointments, record_answer
from tests.interop.deliveries import booked, deliver, only, standing, states
from tests.interop.outage import SECOND, down, opened
from tests.interop.sas_stub import Reply, SasStub, outcome


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

    def test_what_bars_us_opens_it_and_is_told_apart_from_an_outage(self, sas: SasStub) -> None:
        now, barred = timezone.now(), Reply(401, outcome("Certificat inconnu", code="login"))
        down(sas, FAILURES_TO_OPEN - 1)
        sas.reply(barred)
        for _ in range(FAILURES_TO_OPEN):
            deliver(booked(), now=now)

        assert SasCircuit.objects.get().is_barred
        assert is_refusing(now=now + SECOND)

        sas.reply(Reply(503), barred)
        for is_barred in (False, True):
            now = SasCircuit.objects.get().probe_at or now
            deliver(booked(), now=now)
            assert SasCircuit.objects.get().is_barred == is_barred, "as the last failure was"

        deliver(booked(), now=SasCircuit.objects.get().probe_at)
        assert not SasCircuit.objects.get().is_barred

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
        assert (only(new).state, only(new).attempts) == ("planned", 0)

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

    def test_what_an_old_call_was_asked_to_wait_for_counts_all_the_same(self, sas: SasStub) -> None:
        now = timezone.now()
        under_way = claim_next(appointment_id=booked().id, now=now)
        assert under_way is not None
        opened(sas, now)

        busy = circuit.client.Answer(outcome=circuit.Outcome.UNCLEAR, status=503, retry_after=timedelta(hours=1))
        record_answer(claim=under_way, answer=busy, now=now + SECOND)

        assert is_refusing(now=now + timedelta(minutes=59))

    def test_after_a_clock_that_went_back_it_probes(self, sas: SasStub) -> None:
        now = timezone.now()
        opened(sas, now + timedelta(days=30))

        assert not is_refusing(now=now)

    def test_an_operator_need_not_wait(
        self, sas: SasStub, signals: list[str], django_capture_on_commit_callbacks: Any
    ) -> None:
        now = timezone.now()
        assert not probe_soon(now=now)
        opened(sas, now)
        with django_capture_on_commit_callbacks(execute=True):
            assert probe_soon(now=now + SECOND)

        assert not is_refusing(now=now + SECOND)
        assert signals == ["closed"]
