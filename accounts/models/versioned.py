"""Rows that people edit: a form opened on an older one is told so."""

from django.db import models


class Versioned(models.Model):
    """`version` grows with each change."""

    version = models.PositiveIntegerField("version", default=0, editable=False)

    class Meta:
        abstract = True
