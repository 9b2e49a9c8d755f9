"""What Celery's own processes do beside tasks: carry the request's identifier, give signs of life, watch each other."""

import logging
import time
from typing import Any

from celery import signals
from django.db import Error, close_old_connections, connection
from django.utils import timezone

from sas_agenda.operations import alerts, conditions, heartbeats, request_id
from sas_agenda.operations.enums import Part

logger = logging.getLogger(__name__)

HEARTBEAT_TASK = "sas_agenda.operations.tasks.heartbeat"
_WATCH_SECONDS = 60.0
_next_watch = 0.0


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


@signals.after_task_publish.connect(sender=HEARTBEAT_TASK, dispatch_uid="operations.beat_lives")
def beat_lives(**_: object) -> None:
    """Only beat publishes this task. A database that is down must not end beat."""
    try:
        close_old_connections()
        heartbeats.note(Part.BEAT)
        alerts.tell([one for one in conditions.silences() if one.group == "worker_silent"], now=timezone.now())
    except Error as error:
        logger.warning("beat: no sign of life, no database (%s)", type(error).__name__)


@signals.heartbeat_sent.connect(dispatch_uid="operations.worker_watches")
def worker_watches(**_: object) -> None:
    """The worker's main loop, every two seconds, whatever tasks come. The connection does not stay: tasks' processes fork
    from here."""
    global _next_watch
    if time.monotonic() < _next_watch:
        return
    # The first time only sets the clock: everything starts together.
    first, _next_watch = not _next_watch, time.monotonic() + _WATCH_SECONDS
    if first:
        return
    try:
        alerts.tell([one for one in conditions.silences() if one.group == "beat_silent"], now=timezone.now())
    except Error as error:
        logger.warning("worker: beat not looked at, no database (%s)", type(error).__name__)
    finally:
        connection.close()
