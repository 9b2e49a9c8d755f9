"""When nobody is received: on a line of time (absences) or at a place (closures)."""

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from accounts.enums import Level
from accounts.french import sentence
from accounts.models import Versioned
from accounts.models.constraints import CompositeForeignKey
from accounts.rights import Actor, agendas_of
from appointments.models.places import Calendar, Location, Schedule


def _one_form(name: str) -> models.CheckConstraint:
    """Whole days or instants. Each arm says of all four columns whether they are null: a CHECK lets NULL pass."""
    days = models.Q(first_day__isnull=False, last_day__isnull=False, start__isnull=True, end__isnull=True)
    instants = models.Q(first_day__isnull=True, last_day__isnull=True, start__isnull=False, end__isnull=False)
    return models.CheckConstraint(
        condition=(days & models.Q(last_day__gte=models.F("first_day")))
        | (instants & models.Q(end__gt=models.F("start"))),
        name=name,
        violation_error_message="La fin vient après le début.",
    )


class Period(Versioned):
    """Some whole days, cut at each place's own midnight, or two instants; exactly one of the two forms."""

    # The name in a sentence; both kinds are feminine.
    THE: ClassVar[str]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    first_day = models.DateField("du", null=True, blank=True)
    last_day = models.DateField("au (inclus)", null=True, blank=True)
    start = models.DateTimeField("de", null=True, blank=True)
    end = models.DateTimeField("à", null=True, blank=True)
    label = models.CharField("intitulé", max_length=100, blank=True)
    # The rows that were made as one recurring absence.
    series = models.UUIDField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def name(self) -> str:
        """As who may read it reads it."""
        return self.label or sentence(str(self._meta.verbose_name))

    @property
    def is_whole_days(self) -> bool:
        return self.first_day is not None


class PeriodQuerySet(models.QuerySet[Any]):
    def touching(self, since: datetime, until: datetime) -> "PeriodQuerySet":
        """Those that may share a moment with [since, until), at whatever place: days are taken a day wider."""
        days = models.Q(first_day__lte=until.date() + timedelta(days=1), last_day__gte=since.date() - timedelta(days=1))
        return self.filter(days | models.Q(start__lt=until, end__gt=since))


class AbsenceQuerySet(PeriodQuerySet):
    def kept_by(self, actor: Actor, level: Level) -> "AbsenceQuerySet":
        """Those in which this person may at least this: at their agenda, or, of those that are everywhere, at every open agenda
        of the line of time. Elsewhere an absence is time that is taken.
        """
        own = models.Q(calendar__practitioner__in=actor.own)
        here = agendas_of(actor, level, practitioner="calendar__practitioner", organization="schedule__organization")
        agendas = Schedule.objects.filter(calendar=models.OuterRef("calendar"))
        kept = models.Exists(agendas.kept_by(actor, level))
        beyond = models.Exists(agendas.open().exclude(pk__in=Schedule.objects.kept_by(actor, level).values("pk")))
        everywhere = models.Q(kept, ~models.Q(beyond), schedule=None)
        return self.filter(own | (models.Q(schedule__isnull=False) & here) | everywhere)


class Absence(Period):
    """Nobody is received on this line of time: at one of its places, or (without `schedule`) anywhere."""

    THE = "l’absence"

    calendar = models.ForeignKey(
        Calendar, models.CASCADE, related_name="absences", verbose_name="ligne de temps", db_index=False
    )
    schedule = models.ForeignKey(
        Schedule,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="absences",
        verbose_name="à cet agenda seulement",
        db_constraint=False,
    )
    replacement = models.ForeignKey(
        Schedule, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="remplacé par"
    )

    objects: ClassVar[models.Manager["Absence"]] = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = "absence"
        verbose_name_plural = "absences"
        ordering = ["start", "first_day", "id"]
        indexes = [
            models.Index(fields=["calendar", "end", "start"], name="absence_by_calendar"),
            models.Index(fields=["calendar", "last_day", "first_day"], name="absence_days_by_calendar"),
        ]
        constraints = [
            _one_form("absence_one_form"),
            CompositeForeignKey(
                name="absence_schedule_of_calendar",
                fields=["schedule", "calendar"],
                to="appointments.Schedule",
                to_fields=["id", "calendar"],
                on_delete="CASCADE",
            ),
        ]

    def __str__(self) -> str:
        # Without what it is about: this text ends up in the administration and its log.
        return f"Absence {self.pk}"

    def clean(self) -> None:
        # In words, for forms: the composite key refuses it too.
        if self.schedule is not None and self.schedule.calendar_id != self.calendar_id:
            raise ValidationError({"schedule": "Cet agenda n’est pas de cette ligne de temps."})


class Closure(Period):
    """The place is closed, for everybody who receives there."""

    THE = "la fermeture"

    location = models.ForeignKey(Location, models.CASCADE, related_name="closures", verbose_name="lieu", db_index=False)

    objects: ClassVar[models.Manager["Closure"]] = PeriodQuerySet.as_manager()

    class Meta:
        verbose_name = "fermeture"
        verbose_name_plural = "fermetures"
        ordering = ["start", "first_day", "id"]
        indexes = [
            models.Index(fields=["location", "end", "start"], name="closure_by_location"),
            models.Index(fields=["location", "last_day", "first_day"], name="closure_days_by_location"),
        ]
        constraints = [_one_form("closure_one_form")]

    def __str__(self) -> str:
        return self.name
