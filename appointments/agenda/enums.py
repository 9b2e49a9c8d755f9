"""Closed lists of the practice's own pages."""

from django.db import models


class Outcome(models.TextChoices):
    """What became of a visit that is over, as whoever closes the day says it."""

    FULFILLED = "fulfilled", "Honoré"
    NOSHOW = "noshow", "Non honoré"
    CANCELLED = "cancelled", "Annulé"
    LATER = "later", "Plus tard"
