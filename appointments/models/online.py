"""What patients do by themselves, while they do it. Nothing of it outlives the day."""

import uuid
from typing import Any, ClassVar

from django.db import models

from appointments.models.booking import Appointment
from appointments.models.openings import Reason
from appointments.models.places import Schedule
from appointments.models.waiting import WaitingEntry


class OnlineBooking(models.Model):
    """A visitor's booking under way: the hour they chose (or that they wait for one), then what they typed, then what came of it.

    `visitor` and `client`: digests of the browser's token and of the address it came from. `hold`: the token of the hold on the
    hour. `details`: what was typed, `contact` where the code went (an e-mail address, or a number in E.164); both are empty once
    it is booked. `proved_at`: since when they have shown that the contact is theirs.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    visitor = models.CharField(max_length=64)
    client = models.CharField(max_length=64)
    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="+", verbose_name="agenda")
    start = models.DateTimeField("début", null=True)
    minutes = models.PositiveSmallIntegerField("durée (minutes)", default=0)
    # Instead of an hour, when somebody who waits for one could come: agendas, days, part of the day, delay, until.
    wanted: "models.JSONField[Any]" = models.JSONField("attente", null=True)
    reason = models.ForeignKey(Reason, models.CASCADE, null=True, related_name="+", verbose_name="motif")
    consultation_type = models.CharField("consultation", max_length=3, blank=True)
    # "oui", "non" or blank: whether they have been there before, as they say.
    known = models.CharField("déjà venu", max_length=3, blank=True)
    hold = models.UUIDField("jeton", null=True)
    details: "models.JSONField[Any]" = models.JSONField("saisie", null=True)
    contact = models.CharField("contact", max_length=254, blank=True)
    proved_at = models.DateTimeField("contact prouvé le", null=True)
    made_at = models.DateTimeField("choisi le")
    appointment = models.OneToOneField(
        Appointment, models.CASCADE, null=True, related_name="+", verbose_name="rendez-vous"
    )
    entry = models.ForeignKey(
        WaitingEntry, models.CASCADE, null=True, related_name="+", db_index=False, verbose_name="inscription"
    )

    class Meta:
        verbose_name = "réservation en ligne"
        verbose_name_plural = "réservations en ligne"
        ordering = ["made_at"]
        indexes: ClassVar = [
            models.Index(fields=["client", "made_at"], name="online_booking_by_client"),
            models.Index(fields=["visitor", "made_at"], name="online_booking_by_visitor"),
            models.Index(fields=["made_at"], name="online_booking_to_forget"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(appointment__isnull=True, entry__isnull=True)
                | models.Q(details__isnull=True, contact=""),
                name="online_booking_booked_is_empty",
            ),
            models.CheckConstraint(
                condition=models.Q(start__isnull=False, wanted__isnull=True)
                | models.Q(start__isnull=True, wanted__isnull=False),
                name="online_booking_of_an_hour_or_a_wait",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.made_at:%Y-%m-%d %H:%M}"

    @property
    def is_done(self) -> bool:
        """Something came of it."""
        return self.appointment_id is not None or self.entry_id is not None


class OnlineCode(models.Model):
    """A code that was sent to prove a contact. `contact` and `code` are digests; `tries`: the wrong ones."""

    booking = models.ForeignKey(OnlineBooking, models.CASCADE, related_name="codes", verbose_name="réservation")
    contact = models.CharField(max_length=64)
    code = models.CharField(max_length=64)
    sent_at = models.DateTimeField("envoyé le")
    tries = models.PositiveSmallIntegerField("essais", default=0)

    class Meta:
        verbose_name = "code"
        verbose_name_plural = "codes"
        ordering = ["sent_at", "pk"]
        indexes: ClassVar = [models.Index(fields=["contact", "sent_at"], name="online_code_by_contact")]

    def __str__(self) -> str:
        return f"{self.sent_at:%Y-%m-%d %H:%M}"


class LinkTries(models.Model):
    """How often the birth date asked for behind a visit's link was typed wrong, since it was last right."""

    appointment = models.OneToOneField(Appointment, models.CASCADE, primary_key=True, related_name="+")
    failures = models.PositiveSmallIntegerField("essais", default=0)
    last_at = models.DateTimeField("dernier essai")

    class Meta:
        verbose_name = "essais d’un lien"
        verbose_name_plural = "essais de liens"

    def __str__(self) -> str:
        return f"{self.failures}"
