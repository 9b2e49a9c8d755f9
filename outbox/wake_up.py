"""The wake-up signal: a worker is told that there is something to do, now rather than at the next sweep.

It may be lost, it costs nothing then: the database is the truth, and the sweeps find every row.
"""

import contextvars
import logging
import queue
import threading
from typing import TYPE_CHECKING, Any

from kombu.exceptions import OperationalError

if TYPE_CHECKING:
    from celery import Task

logger = logging.getLogger(__name__)

# Seconds after which a signal that no worker took is forgotten: a sweep has found its row meanwhile. Behind a SAS that
# answers slowly this is what lets the sweeps through, which take the oldest first.
WAKE_UP_SECONDS = 120

# What was not published yet, each with the context (the request's identifier) it comes from. When it is full, more is dropped.
_waiting: "queue.Queue[tuple[contextvars.Context, Task[Any, Any], tuple[Any, ...]]]" = queue.Queue(maxsize=1000)
_starting = threading.Lock()
_publisher: threading.Thread | None = None


def wake_up(task: "Task[Any, Any]", *arguments: Any) -> None:
    """Have a worker run `task` soon. Returns at once and never fails, whatever the broker does.

    It goes through a thread, because a dead broker costs seconds for each message (2 s refused, 5 s hung, seen with
    kombu 5.7) and what the worker is woken for is already committed.
    """
    try:
        _waiting.put_nowait((contextvars.copy_context(), task, arguments))
    except queue.Full:
        logger.warning("too many wake-up signals: %s waits for the sweep", task.name)
    _start_publisher()


def _start_publisher() -> None:
    """In this very process: a thread that was started before a fork does not live on in the child."""
    global _publisher  # noqa: PLW0603 - one thread per process
    with _starting:
        if _publisher is None or not _publisher.is_alive():
            _publisher = threading.Thread(target=_publish, name="wake-up", daemon=True)
            _publisher.start()


def _publish() -> None:
    while True:
        context, task, arguments = _waiting.get()
        try:
            context.run(task.delay, *arguments)
        except OperationalError:
            logger.warning("broker out of reach: %s waits for the sweep", task.name)
        except Exception:
            logger.exception("wake-up signal: %s waits for the sweep", task.name)
        finally:
            _waiting.task_done()
