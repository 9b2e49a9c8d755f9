"""Rows that people edit: a change made from an older one is refused."""

from django.db import models


class Versioned(models.Model):
    """`version` grows with each change that a service makes.

    A form carries the one it was opened on; the service compares it under its lock, refuses an older one, and the page tells
    what the row is now beside what was typed. The administration's own pages neither raise it nor compare it.
    """

    version = models.PositiveIntegerField("version", default=0, editable=False)

    class Meta:
        abstract = True
