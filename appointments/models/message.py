"""What the patient is told, as an outbox: the row is written with the event, a task sends it, a sweep finds the forgotten."""

from typing import ClassVar

from django.db import models

from appointments.enums import MessageKind, MessageState
from appointments.models.event import AppointmentEvent
from outbox.models import OutboxRow

UNDELIVERED = [MessageState.ABANDONED, MessageState.REFUSED]


class PatientMessage(OutboxRow):
    """One message about one event, to one address; the same is told again to another that was given since.

    The text is made when it is sent, from the appointment as it is then.
    """

    # It keeps this state while it is being sent, so that whatever replaces it then stands, should the sending fail.
    TO_SEND = [MessageState.PLANNED]

    event = models.ForeignKey(
        AppointmentEvent, models.CASCADE, related_name="messages", verbose_name="événement", db_index=False
    )
    # Blank once the patient is erased.
    address = models.EmailField("adresse", blank=True)
    kind = models.CharField("nature", max_length=20, choices=MessageKind.choices)
    state = models.CharField("état", max_length=10, choices=MessageState.choices, default=MessageState.PLANNED)
    sent_at = models.DateTimeField("envoyé le", null=True, blank=True)

    class Meta:
        verbose_name = "message au patient"
        verbose_name_plural = "messages aux patients"
        ordering = ["-event__at"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["event", "address"], condition=~models.Q(address=""), name="message_once_to_an_address"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["event"], name="message_by_event"),
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(state=MessageState.PLANNED), name="message_to_send"
            ),
        ]

    @property
    def is_undelivered(self) -> bool:
        """The patient was not told, and will not be by this message."""
        return self.state in UNDELIVERED

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_state_display()})"
