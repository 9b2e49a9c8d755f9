"""Closed lists of the border."""

from django.db import models


class DeliveryState(models.TextChoices):
    PLANNED = "planned", "À envoyer"
    CLAIMED = "claimed", "En cours"
    SENT = "sent", "Transmis"
    RETRYING = "retrying", "Nouvel essai prévu"
    BLOCKED = "blocked", "Bloqué"
    OBSOLETE = "obsolete", "Remplacé"


# Neither acknowledged nor replaced: what still stands between us and the SAS.
OPEN_STATES = [DeliveryState.PLANNED, DeliveryState.CLAIMED, DeliveryState.RETRYING, DeliveryState.BLOCKED]
# Of these, what is still to be sent without anybody's doing.
STATES_TO_SEND = [DeliveryState.PLANNED, DeliveryState.RETRYING, DeliveryState.CLAIMED]


class Outcome(models.TextChoices):
    """How one attempt ended, that is: what it tells about what the SAS now holds."""

    ACCEPTED = "accepted", "Accepté"
    # Answers to a creation only: the SAS already holds this appointment.
    KNOWN = "known", "Déjà connu du SAS"
    REFUSED = "refused", "Refusé"
    # Surely not processed: the request never left, or was turned away before being looked at.
    FAILED = "failed", "Échec passager"
    # Surely not processed either, for a cause that meets every appointment alike: our certificate, our rights, the address.
    BARRED = "barred", "Refusé à l’entrée"
    # Perhaps processed. Also what an attempt is until its answer is recorded.
    UNCLEAR = "unclear", "Sans réponse claire"


class CallResult(models.TextChoices):
    """What became of a call of the SAS about a regulator's account."""

    CREATED = "created", "Créé"
    UPDATED = "updated", "Mis à jour"
    WITHDRAWN = "withdrawn", "Retiré"
    # The same content received twice.
    UNCHANGED = "unchanged", "Sans effet"
    REFUSED = "refused", "Refusé"
