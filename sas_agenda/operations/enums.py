"""Closed lists of operations."""

from django.db import models


class Part(models.TextChoices):
    """The background processes that give signs of life."""

    WORKER = "worker", "Exécutant des tâches"
    BEAT = "beat", "Horloge des tâches"
