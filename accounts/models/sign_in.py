"""The facts of the SAS sign-in: who arrived, how they had signed in there, and what came of it. Append-only."""

from django.db import models

from accounts.enums import SignInOutcome
from accounts.models.regulator import Regulator


class SignIn(models.Model):
    """One attempt to come in through the SAS.

    Written for refusals too, so that a person who was not let in can be told why. `regulator` is empty when no account
    was found; `subject` is then what the SAS has to look up. It is empty too when the attempt failed before: no token came
    back, or none that was good. `departure` is a digest of what the browser left with: it opens a session once.
    """

    at = models.DateTimeField("le", auto_now_add=True)
    regulator = models.ForeignKey(
        Regulator, models.PROTECT, null=True, blank=True, related_name="sign_ins", verbose_name="régulateur"
    )
    subject = models.CharField("identifiant chez le SAS (sub)", max_length=255)
    idp_connect = models.CharField("mode de connexion au SAS", max_length=60, blank=True)
    idp_connect_known = models.BooleanField("mode connu")
    outcome = models.CharField("issue", max_length=20, choices=SignInOutcome.choices)
    departure = models.CharField("départ", max_length=64, null=True, unique=True, editable=False)

    class Meta:
        verbose_name = "arrivée par le SAS"
        verbose_name_plural = "arrivées par le SAS"
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["-at"], name="sign_in_latest")]

    def __str__(self) -> str:
        return f"{self.regulator or self.subject}\u00a0: {self.get_outcome_display()}"
