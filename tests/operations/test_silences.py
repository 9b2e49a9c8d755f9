"""Workers and beat that give no sign of life, and what becomes of a queue that nobody serves."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError

from sas_agenda.celery import app
from sas_agenda.operations import conditions, heartbeats, processes, tasks
from sas_agenda.operations.enums import SERVES, Part
from sas_agenda.operations.models import Heartbeat
from tests.operations.conftest import keys, silent_for

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lively", "operators", "settled_beat")]
NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)


class TestSilence:
    @pytest.fixture(autouse=True)
    def _kept_connection(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The processes end theirs; the test's own must stay."""
        monkeypatch.setattr(processes.connection, "close", lambda: None)

    @pytest.mark.parametrize("part", list(Part))
    def test_a_minute_without_a_sign_of_life(self, part: Part) -> None:
        silent_for(part, timedelta(seconds=55))
        assert keys() == []
        silent_for(part, timedelta(seconds=65))
        assert keys() == [f"{part}-silent"]

    @pytest.mark.parametrize(
        ("worker", "subject", "queue"),
        [
            (Part.WORKER, "Exécutant des tâches courantes", "celery"),
            (Part.WORKER_SAS, "Exécutant des envois au SAS", "sas"),
        ],
    )
    def test_beat_watches_over_the_workers(self, mailoutbox: list[Any], worker: Part, subject: str, queue: str) -> None:
        silent_for(worker, timedelta(minutes=5))
        silent_for(Part.BEAT, timedelta(minutes=5))
        processes.beat_lives()
        assert not heartbeats.is_silent(heartbeats.ages()[Part.BEAT])
        [mail] = mailoutbox
        assert mail.subject == f"[SAS Agenda] {subject}\u00a0: aucun signe de vie depuis 300 secondes"
        assert f"la file «\u00a0{queue}\u00a0»" in mail.body
        assert f"{worker}_silent" in mail.body

    def test_a_beat_that_starts_gives_the_workers_a_minute_to_hear_it(self, mailoutbox: list[Any]) -> None:
        """After a long stop of beat nobody had anything to run, nor had a worker that the upgrade has only just added."""
        silent_for(Part.WORKER, timedelta(minutes=5))
        processes.beat_started()
        processes.beat_lives()
        assert mailoutbox == []
        assert 59 < processes._judges_from - time.monotonic() <= 60

    @pytest.mark.parametrize(
        ("silent", "rings_for", "emptied"),
        [
            (timedelta(hours=23), timedelta(days=9), False),
            (timedelta(hours=25), timedelta(minutes=2), True),
            (None, timedelta(hours=23), False),
            (None, timedelta(hours=25), True),
        ],
        ids=["since today", "since yesterday", "never seen, young beat", "never seen, old beat"],
    )
    def test_a_queue_that_nobody_serves_for_a_day_is_emptied(
        self, monkeypatch: pytest.MonkeyPatch, silent: timedelta | None, rings_for: timedelta, emptied: bool
    ) -> None:
        """Not before: it may hold the link that somebody waits for."""
        if silent is None:
            Heartbeat.objects.filter(part=Part.WORKER).delete()
        else:
            silent_for(Part.WORKER, silent)
        monkeypatch.setattr(processes, "_judges_from", time.monotonic() - rings_for.total_seconds())
        tasks.watch.delay()

        processes.beat_lives()

        with app.connection_for_read() as broker, broker.SimpleQueue(app.amqp.queues["celery"]) as queue:
            assert (queue.qsize() == 0) is emptied
            queue.clear()

    def test_the_worker_watches_over_beat(self, mailoutbox: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(processes, "_next_watch", 0.0)
        silent_for(Part.BEAT, timedelta(minutes=5))
        processes.worker_watches()
        assert mailoutbox == []
        monkeypatch.setattr(processes, "_next_watch", 0.1)
        processes.worker_watches()
        processes.worker_watches()
        assert [mail.subject for mail in mailoutbox] == [
            "[SAS Agenda] Horloge des tâches\u00a0: aucun signe de vie depuis 300 secondes"
        ]

    def test_a_database_that_is_down_ends_neither(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> None:
            raise OperationalError("no database")

        monkeypatch.setattr(heartbeats, "note", refuse)
        monkeypatch.setattr(conditions, "silences", refuse)
        monkeypatch.setattr(processes, "_next_watch", 0.1)
        processes.beat_lives()
        processes.worker_watches()
        processes.worker_started()
        tasks.heartbeat.apply(routing_key="sas")

    def test_each_gives_its_sign(self) -> None:
        Heartbeat.objects.all().delete()
        tasks.heartbeat.apply(routing_key="celery")
        assert signs() == {"worker"}
        tasks.heartbeat.apply(routing_key="sas")
        assert signs() == {"worker", "worker_sas"}
        processes.beat_lives()
        assert signs() == {"worker", "worker_sas", "beat"}

    def test_every_heartbeat_counts(self) -> None:
        """They come each fifteen seconds, now a little sooner, now a little later."""
        for _ in range(2):
            silent_for(Part.WORKER, timedelta(minutes=5))
            tasks.heartbeat.apply(routing_key="celery")
            assert keys() == []

    @pytest.mark.parametrize("worker", [Part.WORKER, Part.WORKER_SAS])
    def test_a_worker_too_busy_for_its_heartbeat_is_not_silent(
        self, worker: Part, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What counts is where the task came from: the other queue's silence stays told."""
        monkeypatch.setattr(processes, "_next_signs", {})
        queue = {part: queue for queue, part in SERVES.items()}[worker]
        for part in (Part.WORKER, Part.WORKER_SAS):
            silent_for(part, timedelta(minutes=5))
        tasks.watch.apply(routing_key=queue)
        other = Part.WORKER_SAS if worker == Part.WORKER else Part.WORKER
        assert keys() == [f"{other}-silent"]
        silent_for(worker, timedelta(minutes=5))
        tasks.watch.apply(routing_key=queue)
        assert f"{worker}-silent" in keys(), "one sign in fifteen seconds is enough"

    def test_a_worker_that_starts_gives_a_sign_for_each_queue_it_serves(self, monkeypatch: pytest.MonkeyPatch) -> None:
        Heartbeat.objects.all().delete()
        queues = app.amqp.queues
        monkeypatch.setattr(queues, "_consume_from", {"sas": queues["sas"]})
        processes.worker_started()
        assert signs() == {"worker_sas"}
        monkeypatch.setattr(queues, "_consume_from", None)
        processes.worker_started()
        assert signs() == {"worker", "worker_sas"}


def signs() -> set[str]:
    return set(Heartbeat.objects.values_list("part", flat=True))


class TestQueues:
    @pytest.fixture(autouse=True)
    def _kept_connection(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(processes.connection, "close", lambda: None)

    def test_each_has_who_serves_it_and_a_heartbeat_that_a_late_worker_need_not_run(self, settings: Any) -> None:
        assert settings.CELERY_TASK_QUEUES.keys() == SERVES.keys()
        published = [
            (one["options"].get("queue", "celery"), one["options"]["expires"])
            for one in settings.CELERY_BEAT_SCHEDULE.values()
            if one["task"] == processes.HEARTBEAT_TASK
        ]
        assert sorted(published) == [("celery", 15), ("sas", 15)]

    @pytest.mark.parametrize("task", sorted(name for name in app.tasks if not name.startswith("celery.")))
    def test_deliveries_have_one_of_their_own(self, task: str) -> None:
        routed = app.amqp.router.route({}, task)
        assert routed["queue"].name == ("sas" if task.startswith("interop.") else "celery")

    def test_one_that_nobody_serves_is_emptied_after_a_day(self) -> None:
        with app.connection_for_write() as broker, broker.SimpleQueue(app.amqp.queues["sas"]) as queue:
            queue.clear()
            queue.put({})
            silent_for(Part.WORKER_SAS, timedelta(hours=23))
            processes.beat_lives()
            assert queue.qsize() == 1
            silent_for(Part.WORKER_SAS, timedelta(hours=25))
            processes.beat_lives()
            assert queue.qsize() == 0
