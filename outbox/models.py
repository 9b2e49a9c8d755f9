"""What all rows have in common that are to leave for somebody else: what they tell, and to whom, is the business of others."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self, TypeVar

from django.db import models

Row = TypeVar("Row", bound="OutboxRow")


class OutboxQuerySet(models.QuerySet[Row]):
    def to_send(self) -> Self:
        return self.filter(state__in=self.model.TO_SEND)

    def due(self, now: datetime) -> Self:
        """Whose moment has come and that nobody is sending, those whose sender never came back included."""
        moment = models.Q(next_attempt_at__lte=now) | models.Q(state__in=self.model.AT_ONCE)
        return self.to_send().filter((models.Q(lease_until=None) & moment) | models.Q(lease_until__lte=now))

    def forsaken(self, now: datetime) -> Self:
        """Whose sender never came back."""
        return self.to_send().filter(lease_until__lte=now)


class OutboxRow(models.Model):
    """One thing to send, and how that goes: written in the transaction of what it tells, sent by `outbox.ledger`.

    While `lease_until` is set and the row is to be sent, somebody is sending it; when that moment has passed, nobody is any
    more. Each table has its own states, and says which of them mean that a row is still to be sent.
    """

    # The states of what is still to be sent, whether or not somebody holds it.
    TO_SEND: ClassVar[Sequence[str]]
    # Those that don't wait for `next_attempt_at`.
    AT_ONCE: ClassVar[Sequence[str]] = ()

    state = models.CharField("état", max_length=10)
    next_attempt_at = models.DateTimeField("prochain essai")
    lease_until = models.DateTimeField("réservé jusqu’à", null=True, blank=True)
    attempts = models.PositiveIntegerField("essais", default=0)
    cause = models.TextField("cause", blank=True, help_text="Pourquoi le dernier essai n’a pas abouti.")

    objects = OutboxQuerySet.as_manager()

    class Meta:
        abstract = True

    def is_due(self, now: datetime) -> bool:
        """The same rule as `OutboxQuerySet.due`, for a row at hand."""
        if self.state not in self.TO_SEND:
            return False
        if self.lease_until is not None:
            return self.lease_until <= now
        return self.state in self.AT_ONCE or self.next_attempt_at <= now
