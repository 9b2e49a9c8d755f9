"""The calendars that a practitioner keeps elsewhere: when they are taken there, nobody is received here."""

import uuid
from typing import ClassVar

from django.db import models

from accounts.models import ActedBy, acted_by_constraint
from appointments.models.places import Calendar


class OtherCalendarQuerySet(models.QuerySet["OtherCalendar"]):
    def of_practitioner(self, practitioner: object) -> "OtherCalendarQuerySet":
        return self.filter(calendar__practitioner=practitioner)


class OtherCalendar(ActedBy):
    """An address of an iCalendar. Whoever has it reads that calendar: no page shows more of it than its host.

    `failure`: why it could not be read at `tried_at`, in French words; what was read at `read_at` stays until it can.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="others", verbose_name="ligne de temps")
    name = models.CharField("nom", max_length=60)
    address = models.CharField("adresse", max_length=2000)
    created_at = models.DateTimeField("ajouté le")
    tried_at = models.DateTimeField("dernier essai le", null=True)
    read_at = models.DateTimeField("lu le", null=True)
    failure = models.CharField("cause", max_length=300, blank=True)
    failures = models.PositiveSmallIntegerField("échecs de suite", default=0)
    next_at = models.DateTimeField("prochaine lecture")

    objects: ClassVar[models.Manager["OtherCalendar"]] = OtherCalendarQuerySet.as_manager()

    class Meta:
        verbose_name = "autre agenda"
        verbose_name_plural = "autres agendas"
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["next_at"], name="other_calendar_due")]
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "address"],
                name="other_calendar_once",
                violation_error_message="Cette adresse est déjà dans la liste.",
            ),
            models.CheckConstraint(
                condition=models.Q(address__startswith="https://"), name="other_calendar_over_https"
            ),
            acted_by_constraint("other_calendar_actor"),
        ]

    def __str__(self) -> str:
        return f"Autre agenda {self.pk}"

    @property
    def host(self) -> str:
        return self.address.removeprefix("https://").partition("/")[0]


class BusyTime(models.Model):
    """[start, end) that the practitioner is taken by what stands in another calendar: of what it is nothing is kept."""

    other = models.ForeignKey(OtherCalendar, models.CASCADE, related_name="busy")
    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="+", db_index=False)
    start = models.DateTimeField("de")
    end = models.DateTimeField("à")

    class Meta:
        verbose_name = "temps occupé ailleurs"
        verbose_name_plural = "temps occupés ailleurs"
        ordering = ["start", "id"]
        indexes = [models.Index(fields=["calendar", "end", "start"], name="busy_time_by_calendar")]
        constraints = [
            models.CheckConstraint(condition=models.Q(end__gt=models.F("start")), name="busy_time_ends_after_start")
        ]

    def __str__(self) -> str:
        return f"Temps occupé {self.pk}"
