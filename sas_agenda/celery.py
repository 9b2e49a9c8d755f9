"""The Celery application. Tasks live in `*/tasks.py`; the schedule of the sweeps is in the settings."""

import os

from celery import Celery, signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sas_agenda.settings")

app = Celery("sas_agenda")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect(dispatch_uid="sas_agenda.celery.keep_the_log")
def keep_the_log(**_: object) -> None:
    """With a receiver here Celery leaves the log as the settings made it."""
