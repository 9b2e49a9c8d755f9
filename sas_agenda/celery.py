"""The Celery application, and the way web processes wake its workers.

Tasks live in `*/tasks.py`; the schedule of the sweeps is in the settings.
"""

import contextvars
import logging
import os
import queue
import threading
from typing import Any

from celery import Celery, Task, signals
from kombu.exceptions import OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sas_agenda.settings")

logger = logging.getLogger(__name__)

# Seconds after which a bell that nobody heard is forgotten: a sweep has found its row meanwhile. Behind a SAS that answers
# slowly this is what lets the sweeps through, which take the oldest first.
BELL_SECONDS = 120

app = Celery("sas_agenda")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect(dispatch_uid="sas_agenda.celery.keep_the_log")
def keep_the_log(**_: object) -> None:
    """With a receiver here Celery leaves the log as the settings made it."""


# What is to be rung and was not yet, each with the context (the request's identifier) it was rung in. A full bell drops: the
# sweeps find every row.
_bell: "queue.Queue[tuple[contextvars.Context, Task[Any, Any], tuple[Any, ...]]]" = queue.Queue(maxsize=1000)
_starting = threading.Lock()
_ringer: threading.Thread | None = None


def ring(task: "Task[Any, Any]", *arguments: Any) -> None:
    """Have a worker run `task` soon. Returns at once and never fails, whatever the broker does.

    It goes through a thread, because a dead broker costs seconds for each message (2 s refused, 5 s hung, seen with
    kombu 5.7) and the booking that rings is already committed.
    """
    try:
        _bell.put_nowait((contextvars.copy_context(), task, arguments))
    except queue.Full:
        logger.warning("bell full: %s waits for the sweep", task.name)
    _wake_ringer()


def _wake_ringer() -> None:
    """Start the thread in this very process: one started before a fork does not live on in the child."""
    global _ringer  # noqa: PLW0603 - one thread per process
    with _starting:
        if _ringer is None or not _ringer.is_alive():
            _ringer = threading.Thread(target=_ring_on, name="bell", daemon=True)
            _ringer.start()


def _ring_on() -> None:
    while True:
        context, task, arguments = _bell.get()
        try:
            context.run(task.delay, *arguments)
        except OperationalError:
            logger.warning("broker out of reach: %s waits for the sweep", task.name)
        except Exception:
            logger.exception("bell: %s waits for the sweep", task.name)
        finally:
            _bell.task_done()
