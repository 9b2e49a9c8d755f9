"""A practitioner's agenda for their own calendar application: read by whoever has its secret address."""

from django.db import models

from accounts.models import Practitioner, Versioned

SHA256 = r"^[0-9a-f]{64}$"


class CalendarFeed(Versioned):
    """An address that the practitioner had made: there is one at most, none once it is withdrawn.

    `secret_hash`: SHA-256 of the secret in the address, which nobody can read again. `digest` is that of what was last read,
    `changed_at` when that was first so. `with_names`: of patients, and the labels of absences.
    """

    practitioner = models.OneToOneField(
        Practitioner, models.CASCADE, related_name="calendar_feed", verbose_name="praticien"
    )
    secret_hash = models.CharField("empreinte du secret", max_length=64, unique=True, editable=False)
    with_names = models.BooleanField("avec les noms", default=False)
    made_at = models.DateTimeField("faite le")
    digest = models.CharField("empreinte du contenu", max_length=64, blank=True, editable=False)
    changed_at = models.DateTimeField("contenu changé le", editable=False)
    last_read_at = models.DateTimeField("lue pour la dernière fois le", null=True, editable=False)

    class Meta:
        verbose_name = "adresse de calendrier"
        verbose_name_plural = "adresses de calendrier"
        constraints = [
            models.CheckConstraint(condition=models.Q(secret_hash__regex=SHA256), name="feed_holds_a_hash"),
        ]

    def __str__(self) -> str:
        return f"Adresse de calendrier {self.pk}"
