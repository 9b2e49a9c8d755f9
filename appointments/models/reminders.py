"""The evening's mail to whoever keeps agendas in which visits were left open."""

from typing import ClassVar

from django.db import models

from accounts.enums import NoticeState
from accounts.models import User
from outbox.models import OutboxRow


class ClosingReminder(OutboxRow):
    """One for a person and an evening. Written when it leaves, from what is open then."""

    TO_SEND = [NoticeState.PLANNED]

    user = models.ForeignKey(User, models.CASCADE, related_name="+", verbose_name="compte")
    evening = models.DateField("soir du")
    state = models.CharField("état", max_length=10, choices=NoticeState.choices, default=NoticeState.PLANNED)
    sent_at = models.DateTimeField("envoyé le", null=True, blank=True)

    class Meta:
        verbose_name = "rappel de clôture"
        verbose_name_plural = "rappels de clôture"
        ordering = ["-pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(state=NoticeState.PLANNED), name="reminder_to_send"
            )
        ]
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "evening"], name="reminder_once_an_evening")]

    def __str__(self) -> str:
        return f"{self.evening:%Y-%m-%d}"
