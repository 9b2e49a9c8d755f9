import atexit
import gc

# What a process loads stays to its end: looking for rubbish in it, while it loads and as it ends, took a third of a short one.
# Once all is loaded (OperationsConfig.ready) it is looked for again, in what came since.
gc.disable()
gc.set_threshold(20_000, 20, 50)
atexit.register(gc.freeze)

from sas_agenda.celery import app as celery_app  # noqa: E402 - from here on

__all__ = ["celery_app"]
