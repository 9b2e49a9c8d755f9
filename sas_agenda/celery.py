"""The Celery application. Tasks live in `*/tasks.py`; the schedule of the sweeps is in the settings."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sas_agenda.settings")

app = Celery("sas_agenda")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
