"""A time that was emptied at once: somebody is ill, and what stood there went elsewhere, all in one set of changes."""

import uuid
from datetime import timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.enums import Level
from accounts.models import ActedBy, User, acted_by_constraint
from accounts.rights import Actor
from appointments.models.event import AppointmentEvent
from appointments.models.places import Calendar, Schedule


class EmptyingQuerySet(models.QuerySet["Emptying"]):
    def kept_by(self, actor: Actor, level: Level) -> "EmptyingQuerySet":
        """Those of lines of time with an agenda in which this person may at least this."""
        own = models.Q(calendar__practitioner__in=actor.own)
        kept = Schedule.objects.kept_by(actor, level).order_by().values("calendar")
        return self.filter(own | models.Q(calendar__in=kept))


class Emptying(ActedBy):
    """[start, end) of a line of time, emptied at `at`; or, where it `undoes` another, what was brought back of that one.

    `tell`: patients are sent their message, from `messages_at` on, which leaves the time to undo it all first; else the practice
    tells everybody itself. `absences`: those it noted, as far as there was none yet; they may be gone since. The key is the
    form's own, so that sending it twice empties once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    calendar = models.ForeignKey(
        Calendar, models.PROTECT, related_name="emptyings", verbose_name="ligne de temps", db_index=False
    )
    day = models.DateField("jour")
    start = models.DateTimeField("début")
    end = models.DateTimeField("fin")
    label = models.CharField("raison", max_length=100, blank=True)
    tell = models.BooleanField("prévenir par message", default=True)
    at = models.DateTimeField("le")
    messages_at = models.DateTimeField("messages envoyés à partir de")
    absences = ArrayField(models.UUIDField(), default=list, blank=True)
    undoes = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="undone_by", verbose_name="défait"
    )

    objects: ClassVar[models.Manager["Emptying"]] = EmptyingQuerySet.as_manager()

    class Meta:
        verbose_name = "temps vidé"
        verbose_name_plural = "temps vidés"
        ordering = ["-at"]
        indexes = [models.Index(fields=["calendar", "day"], name="emptying_by_day")]
        constraints = [acted_by_constraint("emptying_actor")]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"

    @property
    def is_whole(self) -> bool:
        """Of the day; one in which clocks change has 23 hours."""
        return self.end - self.start >= timedelta(hours=23)


class EmptiedVisit(models.Model):
    """A visit that it changed: `event` is what was done, the others are where it stood before. `told_at`: since when somebody of
    the practice has told the patient, whom no message reaches, and who they are. `brought_back`: undone since.
    """

    emptying = models.ForeignKey(Emptying, models.CASCADE, related_name="visits", db_index=False)
    event = models.OneToOneField(AppointmentEvent, models.PROTECT, related_name="emptied")
    schedule_was = models.ForeignKey(Schedule, models.PROTECT, related_name="+", verbose_name="agenda d’avant")
    start_was = models.DateTimeField("début d’avant")
    brought_back = models.BooleanField("remis", default=False)
    told_at = models.DateTimeField("prévenu le", null=True, blank=True)
    told_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="prévenu par"
    )
    told_by_name = models.CharField("nom de qui a prévenu", max_length=250, blank=True)

    class Meta:
        verbose_name = "rendez-vous placé ailleurs"
        verbose_name_plural = "rendez-vous placés ailleurs"
        ordering = ["start_was", "pk"]
        indexes = [models.Index(fields=["emptying", "start_was"], name="emptied_visit_in_order")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(told_at__isnull=True, told_by__isnull=True)
                | models.Q(told_at__isnull=False, told_by__isnull=False),
                name="emptied_visit_told_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return f"{self.event_id}"
