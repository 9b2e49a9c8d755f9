"""What the patient is told, as an outbox: the row is written with the event, a task sends it, a sweep finds the forgotten."""

import uuid
from datetime import datetime
from typing import ClassVar, cast

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.models import Organization, Versioned
from appointments.enums import Channel, MessageKind, MessageState, TellingSide, Way
from appointments.models.booking import Appointment
from appointments.models.event import AppointmentEvent
from appointments.models.waiting import WaitingEntry, WaitingOffer
from outbox.models import OutboxRow

# The patient was not told, and will not be by this message.
UNDELIVERED = [MessageState.ABANDONED, MessageState.REFUSED, MessageState.UNKNOWN]
# It left, or may have.
LEFT = [MessageState.SENT, MessageState.RECEIVED, MessageState.UNKNOWN]


class PatientMessage(OutboxRow):
    """One fact told one way, to one address: once. The same is told again to another address that was given since.

    The text is made when it is sent, from the appointment as it is then; `subject` and `body` keep it as it left (blank: none may
    have). `reference` is what the other side knows it by. Of channel CALL there is no address: somebody tells the patient, and
    says so (`told_by`, `answered_at`); `owner_…`: who has taken that upon themself.
    """

    # It keeps this state while it is being sent, so that whatever replaces it then stands, should the sending fail.
    TO_SEND = [MessageState.PLANNED]

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", editable=False, db_index=False, verbose_name="structure"
    )
    appointment = models.ForeignKey(
        Appointment, models.CASCADE, null=True, related_name="messages", verbose_name="rendez-vous", db_index=False
    )
    # Of no visit: of somebody's place on a waiting list, or of an hour proposed to them.
    entry = models.ForeignKey(
        WaitingEntry, models.CASCADE, null=True, related_name="messages", verbose_name="inscription"
    )
    offer = models.ForeignKey(
        WaitingOffer, models.CASCADE, null=True, related_name="messages", verbose_name="proposition"
    )
    # Null: of no event of the visit, but of the hour (reminders), or of the practitioner's day.
    event = models.ForeignKey(
        AppointmentEvent, models.CASCADE, null=True, related_name="messages", verbose_name="événement", db_index=False
    )
    # `event:<id>`, `reminder:<visit>:<start>:<delay>`, `late:…`, `call-back:…`, `waiting:<id>`, `offer:<id>`.
    fact = models.CharField("fait", max_length=120)
    channel = models.CharField("voie", max_length=5, choices=Channel.choices, default=Channel.EMAIL)
    # An e-mail address or a number (E.164). Blank once the patient is erased.
    address = models.CharField("adresse", max_length=254, blank=True)
    kind = models.CharField("nature", max_length=20, choices=MessageKind.choices)
    state = models.CharField("état", max_length=10, choices=MessageState.choices, default=MessageState.PLANNED)
    reference = models.UUIDField("référence", default=uuid.uuid4, unique=True, editable=False)
    # Minutes: of a practitioner who is late.
    minutes = models.PositiveSmallIntegerField("minutes", null=True, blank=True)
    subject = models.CharField("objet", max_length=200, blank=True)
    body = models.TextField("texte", blank=True)
    sent_at = models.DateTimeField("envoyé le", null=True, blank=True)
    # When a receipt, or who told the patient, said what became of it.
    answered_at = models.DateTimeField("su le", null=True, blank=True)
    told_by = models.CharField("prévenu par", max_length=200, blank=True)
    owner_side = models.CharField("pris en charge", max_length=10, choices=TellingSide.choices, blank=True)
    owner_name = models.CharField("par", max_length=200, blank=True)
    owned_at = models.DateTimeField("depuis", null=True, blank=True)

    class Meta:
        verbose_name = "message au patient"
        verbose_name_plural = "messages aux patients"
        ordering = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["fact", "channel", "address"],
                condition=~models.Q(address=""),
                name="message_once_to_an_address",
            ),
            models.UniqueConstraint(
                fields=["appointment"],
                condition=models.Q(state=MessageState.TO_CALL),
                name="message_one_call_for_a_visit",
            ),
            models.CheckConstraint(
                condition=models.Q(channel=Channel.CALL, address="")
                | (~models.Q(channel=Channel.CALL) & ~models.Q(state__in=[MessageState.TO_CALL, MessageState.TOLD])),
                name="message_told_is_a_call",
            ),
            models.CheckConstraint(condition=models.Q(channel__in=Channel.values), name="message_known_channel"),
            models.CheckConstraint(
                condition=models.Q(appointment__isnull=False, entry__isnull=True, offer__isnull=True)
                | models.Q(appointment__isnull=True, event__isnull=True, entry__isnull=False, offer__isnull=True)
                | models.Q(appointment__isnull=True, event__isnull=True, entry__isnull=True, offer__isnull=False),
                name="message_of_one_thing",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["event"], name="message_by_event"),
            models.Index(fields=["appointment"], name="message_by_appointment"),
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(state=MessageState.PLANNED), name="message_to_send"
            ),
            # Claims, those of the dead among them.
            models.Index(fields=["lease_until"], condition=models.Q(lease_until__isnull=False), name="message_claimed"),
            # Those whose receipt is waited for.
            models.Index(
                fields=["sent_at"],
                condition=models.Q(state=MessageState.SENT, channel=Channel.SMS),
                name="message_without_receipt",
            ),
        ]

    @property
    def visit(self) -> Appointment:
        """What it tells of; of what there is no visit yet, the one that it would be, saved nowhere."""
        if self.entry is not None:
            return self.entry.as_visit()
        return self.offer.as_visit() if self.offer is not None else cast("Appointment", self.appointment)

    @property
    def deadline(self) -> datetime:
        """From then on it is not sent any more."""
        return self.offer.until if self.offer is not None else self.visit.start

    @property
    def is_undelivered(self) -> bool:
        """The patient was not told, and will not be by this message."""
        return self.state in UNDELIVERED

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.get_state_display()})"


def default_reminders() -> list[int]:
    return [24 * 60]


class MessageSettings(Versioned):
    """How an organization writes to its patients; no row: as a new one does.

    `reminders`: minutes before the visit, at its place's clock. Between `quiet_from` and `quiet_until` nothing is sent, nor on
    Sundays unless `sundays`; equal: no quiet hours.
    """

    organization = models.OneToOneField(Organization, models.CASCADE, primary_key=True, related_name="message_settings")
    reminders = ArrayField(models.PositiveIntegerField(), default=default_reminders, blank=True)
    quiet_from = models.TimeField("début des heures calmes", default="21:00")
    quiet_until = models.TimeField("fin des heures calmes", default="08:00")
    sundays = models.BooleanField("le dimanche aussi", default=False)
    to_bring = models.CharField("à apporter", max_length=200, blank=True, default="Carte Vitale, ordonnances en cours.")

    class Meta:
        verbose_name = "réglages des messages"
        verbose_name_plural = "réglages des messages"

    def __str__(self) -> str:
        return f"Messages de {self.organization_id}"


class MessageText(models.Model):
    """What an organization says in a kind of message, and which way; blank texts: those of the product."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="message_texts", db_index=False)
    kind = models.CharField("nature", max_length=20, choices=MessageKind.choices)
    way = models.CharField("voie", max_length=12, choices=Way.choices, default=Way.EMAIL_FIRST)
    sms = models.TextField("texte des SMS", max_length=600, blank=True)
    mail = models.TextField("texte des e-mails", max_length=2000, blank=True)

    class Meta:
        verbose_name = "texte des messages"
        verbose_name_plural = "textes des messages"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "kind"], name="message_text_once"),
            models.CheckConstraint(condition=models.Q(way__in=Way.values), name="message_text_known_way"),
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class ContactRefusal(models.Model):
    """A number that answered STOP: nothing is sent there any more, whoever gives it. Only a digest of it is kept."""

    digest = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField("le")

    class Meta:
        verbose_name = "refus de messages"
        verbose_name_plural = "refus de messages"

    def __str__(self) -> str:
        return self.digest[:8]
