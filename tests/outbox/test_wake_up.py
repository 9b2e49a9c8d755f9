"""The broker only wakes: dead, hung or full, it neither fails nor delays a committed booking."""

import queue
import socket
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery
from django.db import transaction

from bench.fragile import throw_away_broker
from interop import tasks
from interop.models import Delivery
from outbox import wake_up as waking
from outbox.wake_up import WAKE_UP_SECONDS, wake_up
from sas_agenda.celery import app
from tests.interop.deliveries import booked


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
        waking._waiting.join()

    assert took < 1
    assert Delivery.objects.get().state == "planned"
    assert "broker out of reach: interop.tasks.deliver waits for the sweep" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_has_become_a_replica_costs_the_booking_nothing(
    settings: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers, and takes nothing: a bell is lost, and no more."""
    with throw_away_broker() as url:
        redis.Redis.from_url(url.replace("redis+socket", "unix")).replicaof("127.0.0.1", "1")
        monkeypatch.setattr(tasks, "deliver", _task_behind(url, settings))
        with transaction.atomic():
            booked()
        waking._waiting.join()

    assert Delivery.objects.get().state == "planned"
    assert "broker out of reach: interop.tasks.deliver waits for the sweep" in caplog.text


def _task_behind(url: str, settings: Any) -> Any:
    """The task as the product publishes it, through this broker. A shorter wait than the product's, for the test."""
    elsewhere = Celery("elsewhere", broker=url, set_as_current=False)
    elsewhere.conf.task_publish_retry = settings.CELERY_TASK_PUBLISH_RETRY
    elsewhere.conf.broker_connection_timeout = settings.CELERY_BROKER_CONNECTION_TIMEOUT
    elsewhere.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS | {"socket_timeout": 1}

    @elsewhere.task(name="interop.tasks.deliver", shared=False)
    def deliver(appointment_id: str) -> None:
        """Never run: nobody listens."""

    return deliver


def test_too_many_signals_are_dropped_and_it_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(waking, "_waiting", queue.Queue(maxsize=1))
    monkeypatch.setattr(waking, "_start_publisher", lambda: None)

    wake_up(tasks.deliver, "a")
    wake_up(tasks.deliver, "b")

    assert "too many wake-up signals: interop.tasks.deliver waits for the sweep" in caplog.text


def test_a_publisher_that_died_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a fork: the thread object is there, the thread is not."""
    monkeypatch.setattr(waking, "_publisher", threading.Thread(target=lambda: None))
    published: list[tuple[Any, ...]] = []
    monkeypatch.setattr(tasks.deliver, "delay", lambda *arguments: published.append(arguments))

    wake_up(tasks.deliver, "a")
    waking._waiting.join()

    assert published == [("a",)]


def test_one_that_breaks_otherwise_does_not_stop_the_next(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    published: list[str] = []

    def delay(argument: str) -> None:
        published.append(argument)
        if argument == "bad":
            raise RuntimeError("not the broker's fault")

    monkeypatch.setattr(tasks.deliver, "delay", delay)

    wake_up(tasks.deliver, "bad")
    wake_up(tasks.deliver, "good")
    waking._waiting.join()

    assert published == ["bad", "good"]
    assert "not the broker's fault" in caplog.text


def test_a_signal_that_nobody_took_for_minutes_is_forgotten() -> None:
    """Behind a SAS that answers slowly, old signals would keep the sweeps from coming through."""
    appointment = str(uuid.uuid4())
    before = datetime.now(UTC)
    tasks.deliver.delay(appointment)

    with app.connection_for_read() as broker, broker.SimpleQueue(app.amqp.queues["sas"]) as signals:
        message = signals.get_nowait()
        while message.payload[0] != [appointment]:
            message = signals.get_nowait()
    left = datetime.fromisoformat(message.headers["expires"]) - before
    assert timedelta(seconds=WAKE_UP_SECONDS) <= left <= timedelta(seconds=WAKE_UP_SECONDS + 5)
