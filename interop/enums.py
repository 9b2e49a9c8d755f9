"""Closed lists of the border."""

from django.db import models


class DeliveryState(models.TextChoices):
    PLANNED = "planned", "À envoyer"
    CLAIMED = "claimed", "En cours"
    SENT = "sent", "Transmis"
    RETRYING = "retrying", "Nouvel essai prévu"
    BLOCKED = "blocked", "Bloqué"
    OBSOLETE = "obsolete", "Remplacé"


class Outcome(models.TextChoices):
    """How one attempt ended."""

    ACCEPTED = "accepted", "Accepté"
    REFUSED = "refused", "Refusé"
    FAILED = "failed", "Échec passager"
    UNCLEAR = "unclear", "Sans réponse"
