"""What must survive the broker: signs of life of the background processes, and alerts already told."""

from typing import ClassVar

from django.db import models

from sas_agenda.operations.enums import Part


class Heartbeat(models.Model):
    """The last sign of life of a background process, by the database's clock. In the database and not in the broker: it
    has to be readable while the broker is what is broken."""

    part = models.CharField("processus", max_length=10, choices=Part.choices, primary_key=True)
    at = models.DateTimeField("le")

    class Meta:
        verbose_name = "signe de vie"
        verbose_name_plural = "signes de vie"

    def __str__(self) -> str:
        return f"{self.get_part_display()}\u00a0: {self.at:%Y-%m-%d %H:%M:%S}"


class Alert(models.Model):
    """An alert of one day. The row decides who mails it: whoever claims it, once.

    `ended_at`: the condition was seen to hold no more after it was mailed. If it comes back it is news.
    """

    condition = models.CharField("condition", max_length=60)
    day = models.DateField("jour")
    raised_at = models.DateTimeField("le")
    next_try_at = models.DateTimeField("prochain essai")
    mailed_at = models.DateTimeField("envoyée le", null=True, blank=True)
    ended_at = models.DateTimeField("terminée le", null=True, blank=True)
    # Addresses of operators, at the last try.
    refused = models.TextField("refusée pour", blank=True)

    class Meta:
        verbose_name = "alerte"
        verbose_name_plural = "alertes"
        ordering = ["-raised_at"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["condition", "day"], name="alert_once_a_day")]

    def __str__(self) -> str:
        return f"{self.condition}, {self.day}"
