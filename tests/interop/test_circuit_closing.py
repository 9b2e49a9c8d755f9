"""The first clear answer lets everything that waited go, in order."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from appointments.booking.services.moving import reassign_appointment
from appointments.enums import Status
from appointments.models import Appointment
from interop import tasks
from interop.models import Delivery, SasCircuit
from interop.services import circuit
from interop.services.circuit import FAILURES_TO_OPEN, FIRST_PAUSE, is_refusing
from interop.services.deliveries import LEASE, claim_next, due_appointments, record_answer
from tests import factories
from tests.interop.deliveries import booked, cancelled, deliver, marked, moved, only
from tests.interop.outage import SECOND, down, opened
from tests.interop.sas_stub import Reply, SasStub


@pytest.mark.django_db
class TestClosing:
    def test_a_clear_answer_closes_it_and_the_backlog_is_due_at_once(
        self, sas: SasStub, signals: list[str], django_capture_on_commit_callbacks: Any
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
        assert signals == ["closed"]
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

    def test_what_was_given_up_a_moment_ago_is_not_released_yet(
        self, sas: SasStub, settings: Any, django_capture_on_commit_callbacks: Any
    ) -> None:
        """It may still be under way there: an update must not overtake it."""
        now = timezone.now()
        probe_at = opened(sas, now).probe_at
        assert probe_at is not None
        settings.SAS_READ_TIMEOUT = 10
        Delivery.objects.update(next_attempt_at=now + timedelta(hours=1))
        with django_capture_on_commit_callbacks(execute=True):
            deliver(booked(), now=probe_at)

        assert not SasCircuit.objects.get().is_open
        assert due_appointments(now=probe_at) == []

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
        monkeypatch.setattr(tasks, "wake_up", lambda task, *arguments: task(*arguments))
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
        taker = factories.colleague(appointment.schedule)
        reassign_appointment(
            appointment_id=appointment.id,
            version=Appointment.objects.get(pk=appointment.pk).version,
            schedule_id=taker.id,
            by=factories.practice_actor(appointment.practitioner, taker.practitioner),
            now=now,
            despite=True,
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

    def test_for_a_probe_the_sweep_wakes_nobody_else(self, sas: SasStub, monkeypatch: Any, settings: Any) -> None:
        settings.SAS_MAX_CALLS = 2
        opened(sas, timezone.now())
        SasCircuit.objects.update(probe_at=timezone.now())
        woken: list[object] = []
        monkeypatch.setattr(tasks, "wake_up", lambda *arguments: woken.append(arguments))
        down(sas)
        for _ in range(3):
            booked()
        tasks.sweep_deliveries()

        assert woken == []
        assert len(sas.asked) == 1
