"""What Celery's own processes do beside tasks: carry the request's identifier, give signs of life, watch each other."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import signals
from django.db import Error, connection
from django.utils import timezone

from sas_agenda.operations import alerts, conditions, heartbeats, request_id
from sas_agenda.operations.enums import Part

logger = logging.getLogger(__name__)

HEARTBEAT_TASK = "sas_agenda.operations.tasks.heartbeat"
_WATCH_SECONDS = 60.0
# On the monotonic clock, of this process.
_next_watch = 0.0
_next_sign = 0.0


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


@signals.beat_init.connect(dispatch_uid="operations.beat_started")
def beat_started(**_: object) -> None:
    """Seen at once, not only when the first sign of life is due."""
    _note(Part.BEAT)


@signals.worker_ready.connect(dispatch_uid="operations.worker_started")
def worker_started(**_: object) -> None:
    _note(Part.WORKER)


def _note(part: Part) -> None:
    with _briefly_in_the_database(part):
        heartbeats.note(part)


@signals.task_postrun.connect(dispatch_uid="operations.worker_works")
def worker_works(**_: object) -> None:
    """Behind a long queue the `heartbeat` task comes late, or never: any task done is a sign of life."""
    global _next_sign  # noqa: PLW0603 - one clock per process
    if time.monotonic() < _next_sign:
        return
    _next_sign = time.monotonic() + heartbeats.SECONDS
    try:
        heartbeats.note(Part.WORKER)
    except Error as error:
        logger.warning("worker: no database (%s)", type(error).__name__)


@signals.after_task_publish.connect(sender=HEARTBEAT_TASK, dispatch_uid="operations.beat_lives")
def beat_lives(**_: object) -> None:
    """Only beat publishes this task."""
    with _briefly_in_the_database(Part.BEAT):
        heartbeats.note(Part.BEAT)
        alerts.tell([one for one in conditions.silences() if one.group == "worker_silent"], now=timezone.now())


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
        alerts.tell([one for one in conditions.silences() if one.group == "beat_silent"], now=timezone.now())


@contextmanager
def _briefly_in_the_database(part: Part) -> Iterator[None]:
    """A database that is down must end neither process. No connection stays: the tasks' processes fork from the worker's."""
    try:
        yield
    except Error as error:
        logger.warning("%s: no database (%s)", part, type(error).__name__)
    finally:
        connection.close()
