"""What Celery's own processes do beside tasks: carry the request's identifier, give signs of life, watch each other."""

import logging
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from celery import signals
from django.db import Error, connection
from django.utils import timezone

from outbox import mail
from sas_agenda.celery import app
from sas_agenda.operations import alerts, conditions, heartbeats, request_id
from sas_agenda.operations.enums import SERVES, Part
from sas_agenda.operations.starting import refuse_unsafe_start

logger = logging.getLogger(__name__)

HEARTBEAT_TASK = "sas_agenda.operations.tasks.heartbeat"
_WATCH_SECONDS = 60.0
# A queue that nobody serves for so long is emptied, or what beat publishes would fill the broker (Redis keeps what has expired).
_FORGET_AFTER = timedelta(days=1)
# On the monotonic clock, of this process.
_next_watch = 0.0
_next_signs: dict[Part, float] = {}
_judges_from = math.inf


@signals.before_task_publish.connect(dispatch_uid="operations.send_request_id")
def send_request_id(headers: dict[str, Any] | None = None, **_: object) -> None:
    if headers is not None and (identifier := request_id.current.get()):
        headers[request_id.MESSAGE_HEADER] = identifier


@signals.task_prerun.connect(dispatch_uid="operations.take_request_id")
def take_request_id(task: Any = None, **_: object) -> None:
    """Without one (beat's own tasks), the task's: its lines still belong together."""
    given = getattr(task.request, request_id.MESSAGE_HEADER, None) or (task.request.headers or {}).get(
        request_id.MESSAGE_HEADER
    )
    request_id.current.set(str(given or task.request.id or ""))


@signals.task_postrun.connect(dispatch_uid="operations.forget_request_id")
def forget_request_id(task: Any = None, **_: object) -> None:
    request_id.current.set("")


@signals.worker_init.connect(dispatch_uid="operations.worker_starts")
def worker_starts(**_: object) -> None:
    refuse_unsafe_start()


@signals.beat_init.connect(dispatch_uid="operations.beat_started")
def beat_started(**_: object) -> None:
    """Seen at once, not only when the first sign of life is due. The workers get the time to take what it publishes."""
    global _judges_from  # noqa: PLW0603 - one beat per process
    refuse_unsafe_start()
    _judges_from = time.monotonic() + heartbeats.SILENT_AFTER.total_seconds()
    _note(Part.BEAT)


@signals.worker_ready.connect(dispatch_uid="operations.worker_started")
def worker_started(**_: object) -> None:
    for queue in app.amqp.queues.consume_from:
        _note(SERVES[queue])


def _note(part: Part) -> None:
    with _briefly_in_the_database(part):
        heartbeats.note(part)


@signals.task_postrun.connect(dispatch_uid="operations.worker_works")
def worker_works(task: Any = None, **_: object) -> None:
    """Behind a long queue the `heartbeat` task comes late, or never: any task done is a sign of life, of the queue that
    it came through."""
    part = SERVES.get((task.request.delivery_info or {}).get("routing_key", ""))
    if part is None or (task.name != HEARTBEAT_TASK and time.monotonic() < _next_signs.get(part, 0.0)):
        return
    _next_signs[part] = time.monotonic() + heartbeats.SECONDS
    try:
        heartbeats.note(part)
    except Error as error:
        logger.warning("%s: no database (%s)", part, type(error).__name__)


@signals.after_task_publish.connect(sender=HEARTBEAT_TASK, dispatch_uid="operations.beat_lives")
def beat_lives(**_: object) -> None:
    """Only beat publishes this task."""
    with _briefly_in_the_database(Part.BEAT):
        heartbeats.note(Part.BEAT)
        if time.monotonic() >= _judges_from:
            _tell([one for one in conditions.silences() if one.group != "beat_silent"])
            _empty_forgotten_queues()


def _tell(silences: list[conditions.Condition]) -> None:
    """These loops must go on: no minutes for a mail server that does not answer."""
    alerts.tell(silences, now=timezone.now(), patience=mail.BRIEF_PATIENCE)


def _empty_forgotten_queues() -> None:
    """Wake-up signals, for whose rows the sweeps come again, and links to set a password that nobody waits for any more."""
    ages = heartbeats.ages()
    # Of one that nobody ever served, this beat knows no more than since when it runs itself.
    rings_for = timedelta(seconds=time.monotonic() - _judges_from)
    for queue, part in SERVES.items():
        age = ages[part]
        if (rings_for if age is None else age) <= _FORGET_AFTER:
            continue
        with app.connection_for_write() as broker:
            emptied = app.amqp.queues[queue].bind(broker.default_channel).purge()
        if emptied:
            logger.warning("queue %s: nobody serves it, %s messages dropped", queue, emptied)


@signals.heartbeat_sent.connect(dispatch_uid="operations.worker_watches")
def worker_watches(**_: object) -> None:
    """The worker's main loop, every two seconds, whatever tasks come."""
    global _next_watch
    if time.monotonic() < _next_watch:
        return
    # The first time only sets the clock: everything starts together.
    first, _next_watch = not _next_watch, time.monotonic() + _WATCH_SECONDS
    if first:
        return
    with _briefly_in_the_database(Part.WORKER):
        _tell([one for one in conditions.silences() if one.group == "beat_silent"])


@contextmanager
def _briefly_in_the_database(part: Part) -> Iterator[None]:
    """A database that is down must end neither process. No connection stays: the tasks' processes fork from the worker's."""
    try:
        yield
    except Error as error:
        logger.warning("%s: no database (%s)", part, type(error).__name__)
    finally:
        connection.close()
