"""The broker is only a bell: dead, hung or full, it neither fails nor delays a committed booking."""

import socket
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from interop import tasks
from interop.models import Delivery
from interop.services.deliveries import LEASE, claim_next
from sas_agenda import celery
from tests.interop.deliveries import booked, cancelled, moved, only, states
from tests.interop.sas_stub import Reply, SasStub


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["no socket", "nobody listens", "hung"])
def test_a_broker_that_does_not_answer_costs_the_booking_nothing(
    settings: Any, tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hung, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = {
            "no socket": f"redis+socket://{tmp_path / 'nobody.sock'}",
            "nobody listens": f"redis://127.0.0.1:{closed.getsockname()[1]}/0",
            "hung": f"redis://127.0.0.1:{hung.getsockname()[1]}/0",
        }[kind]
        monkeypatch.setattr(tasks, "deliver", _task_behind(url, settings))
        started = time.monotonic()
        with transaction.atomic():
            booked()
        took = time.monotonic() - started
        celery._bell.join()

    assert took < 1
    assert Delivery.objects.get().state == "planned"
    assert "broker out of reach: interop.tasks.deliver waits for the sweep" in caplog.text


def _task_behind(url: str, settings: Any) -> Any:
    """The task as the product publishes it, through this broker. A shorter wait than the product's, for the test."""
    app = celery.Celery("elsewhere", broker=url, set_as_current=False)
    app.conf.task_publish_retry = settings.CELERY_TASK_PUBLISH_RETRY
    app.conf.broker_connection_timeout = settings.CELERY_BROKER_CONNECTION_TIMEOUT
    app.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS | {"socket_timeout": 1}

    @app.task(name="interop.tasks.deliver")
    def deliver(appointment_id: str) -> None:
        """Never run: nobody listens."""

    return deliver


def test_a_full_bell_drops_and_says_so(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(celery, "_bell", celery.queue.Queue(maxsize=1))
    monkeypatch.setattr(celery, "_wake_ringer", lambda: None)

    celery.ring(tasks.deliver, "a")
    celery.ring(tasks.deliver, "b")

    assert "bell full: interop.tasks.deliver waits for the sweep" in caplog.text


def test_a_ringer_that_died_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a fork: the thread object is there, the thread is not."""
    monkeypatch.setattr(celery, "_ringer", celery.threading.Thread(target=lambda: None))
    rung: list[tuple[Any, ...]] = []
    monkeypatch.setattr(tasks.deliver, "delay", lambda *arguments: rung.append(arguments))

    celery.ring(tasks.deliver, "a")
    celery._bell.join()

    assert rung == [("a",)]


def test_a_bell_that_breaks_otherwise_goes_on_ringing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rung: list[str] = []

    def delay(argument: str) -> None:
        rung.append(argument)
        if argument == "bad":
            raise RuntimeError("not the broker's fault")

    monkeypatch.setattr(tasks.deliver, "delay", delay)

    celery.ring(tasks.deliver, "bad")
    celery.ring(tasks.deliver, "good")
    celery._bell.join()

    assert rung == ["bad", "good"]
    assert "not the broker's fault" in caplog.text


def test_a_bell_that_nobody_heard_for_minutes_is_forgotten() -> None:
    """Behind a SAS that answers slowly, old bells would keep the sweeps from coming through."""
    appointment = str(uuid.uuid4())
    before = datetime.now(UTC)
    tasks.deliver.delay(appointment)

    with celery.app.connection_for_read() as broker, broker.SimpleQueue(celery.app.amqp.queues["sas"]) as queue:
        message = queue.get_nowait()
        while message.payload[0] != [appointment]:
            message = queue.get_nowait()
    left = datetime.fromisoformat(message.headers["expires"]) - before
    assert timedelta(seconds=celery.BELL_SECONDS) <= left <= timedelta(seconds=celery.BELL_SECONDS + 5)


@pytest.mark.django_db
class TestTasks:
    def test_deliver_sends_all_that_is_owed_about_one_appointment(self, sas: SasStub) -> None:
        appointment, other = booked(), booked()
        moved(appointment)

        tasks.deliver(str(appointment.id))

        assert states(appointment) == ["sent", "sent"]
        assert states(other) == ["planned"]

    def test_the_sweep_finds_what_a_lost_bell_missed(self, sas: SasStub) -> None:
        first, second = booked(), booked()
        cancelled(second)

        tasks.sweep_deliveries()

        assert states(first) == ["sent"]
        assert states(second) == ["sent", "sent"]

    def test_the_sweep_finds_what_a_dead_worker_left(self, sas: SasStub) -> None:
        appointment = booked()
        claim_next(appointment_id=appointment.id, now=timezone.now() - LEASE)

        tasks.sweep_deliveries()

        assert states(appointment) == ["sent"]

    def test_a_backlog_goes_in_as_many_shares_as_the_sas_takes_calls(
        self, sas: SasStub, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One sweep alone would send one delivery after the other, however many processes wait beside it."""
        settings.SAS_MAX_CALLS = 3
        shares: list[list[str]] = []
        monkeypatch.setattr(tasks.deliver_share, "delay", shares.append)
        appointments = [booked() for _ in range(7)]

        tasks.sweep_deliveries()
        celery._bell.join()

        assert sorted(map(len, shares)) == [2, 2]
        assert [states(one) for one in appointments].count(["sent"]) == 3
        for share in shares:
            tasks.deliver_share(share)
        assert [states(one) for one in appointments] == [["sent"]] * 7

    def test_little_is_swept_by_one(self, sas: SasStub, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tasks.deliver_share, "delay", lambda _: pytest.fail("nothing to share"))
        booked()

        tasks.sweep_deliveries()
        celery._bell.join()

    def test_the_sweep_stops_when_its_time_is_up(
        self, sas: SasStub, settings: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings.SAS_MAX_CALLS = 1
        monkeypatch.setattr(tasks, "_SWEEP_SHARE", 0.2)
        sas.reply(Reply(silence=0.5))
        for _ in range(5):
            booked()

        tasks.sweep_deliveries()

        assert len(sas.asked) == 1

    def test_a_task_stops_when_its_time_is_up_and_the_sweep_finds_the_rest(
        self, sas: SasStub, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        appointment = booked()
        moved(appointment)
        monkeypatch.setattr(tasks, "LAST_START", -1)
        tasks.deliver(str(appointment.id))
        assert states(appointment) == ["sent", "planned"]

        tasks.sweep_deliveries()
        assert states(appointment) == ["sent", "sent"]

    def test_one_that_breaks_does_not_stop_the_others(
        self, sas: SasStub, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        broken, fine = booked(), booked()
        real = tasks.deliver_next

        def breaking(**arguments: Any) -> bool:
            if arguments["appointment_id"] == broken.id:
                raise RuntimeError("nobody thought of it")
            return real(**arguments)

        monkeypatch.setattr(tasks, "deliver_next", breaking)
        tasks.sweep_deliveries()

        assert states(fine) == ["sent"]
        assert only(broken).state == "planned"
        assert f"sweep: appointment {broken.id}" in caplog.text
