"""Closed lists of operations."""

from django.db import models


class Part(models.TextChoices):
    """The background processes that give signs of life: who serves each queue, and who schedules. One worker may be both."""

    WORKER = "worker", "Exécutant des tâches courantes"
    WORKER_SAS = "worker_sas", "Exécutant des envois au SAS"
    BEAT = "beat", "Horloge des tâches"


# Each queue of CELERY_TASK_QUEUES → who serves it.
SERVES = {"celery": Part.WORKER, "sas": Part.WORKER_SAS}
