"""Who changed what of when one receives, and where."""

from typing import ClassVar

from django.db import models

from accounts.enums import Level
from accounts.models import ActedBy, Organization, acted_by_constraint
from accounts.rights import Actor
from appointments.enums import SetupKind, SetupVerb
from appointments.models.places import Calendar, Location, Schedule


class SetupChangeQuerySet(models.QuerySet["SetupChange"]):
    def kept_by(self, actor: Actor) -> "SetupChangeQuerySet":
        """Those of agendas whose visits this person sees, of their places, and of their organizations' reasons.

        An absence that is everywhere is read as the absence is: by the practitioner, and by who sees all of their open agendas.
        """
        seen = Schedule.objects.kept_by(actor, Level.SEE)
        beyond = Schedule.objects.open().filter(calendar=models.OuterRef("calendar")).exclude(pk__in=seen.values("pk"))
        of_all = models.Q(kind=SetupKind.ABSENCE, schedule=None, calendar__in=seen.values("calendar"))
        return self.filter(
            models.Q(schedule__in=seen)
            | models.Q(kind__in=[SetupKind.CLOSURE, SetupKind.PLACE], location__in=seen.values("location"))
            | models.Q(kind=SetupKind.REASON, organization__in=seen.values("organization"))
            | models.Q(calendar__practitioner__in=actor.own)
            | (of_all & ~models.Exists(beyond))
        )

    def of_line(self, practitioner: object, schedules: object) -> "SetupChangeQuerySet":
        """What changed when this practitioner receives, at these agendas."""
        at = Schedule.objects.filter(pk__in=schedules)  # type: ignore[misc]
        return self.filter(
            models.Q(calendar__practitioner=practitioner)
            | models.Q(calendar=None, location__in=at.values("location"))
            | models.Q(kind=SetupKind.REASON, organization__in=at.values("organization"))
        )


class SetupChange(ActedBy):
    """One change: append-only, by trigger. `name` says of what, and `said` lists what became otherwise, [element, before, after],
    in the words of then; of what is new `before` is empty, of what was deleted `after` is. `touched`: how many coming visits were
    told of before it was saved.

    What it was about has these keys where it has them: rules, absences and agendas their line of time (an absence that is
    everywhere no agenda), closures and places their place, reasons their organization.
    """

    kind = models.CharField("de quoi", max_length=10, choices=SetupKind.choices)
    verb = models.CharField("fait", max_length=10, choices=SetupVerb.choices)
    row = models.UUIDField("ligne")
    name = models.CharField("nom", max_length=300)
    said = models.JSONField("ce qui a changé")
    touched = models.PositiveIntegerField("rendez-vous touchés", default=0)
    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, related_name="+", verbose_name="structure"
    )
    location = models.ForeignKey(Location, models.PROTECT, null=True, related_name="+", verbose_name="lieu")
    calendar = models.ForeignKey(
        Calendar, models.PROTECT, null=True, related_name="setup_changes", verbose_name="ligne de temps"
    )
    schedule = models.ForeignKey(Schedule, models.PROTECT, null=True, related_name="+", verbose_name="agenda")
    at = models.DateTimeField("le")

    objects: ClassVar[models.Manager["SetupChange"]] = SetupChangeQuerySet.as_manager()

    class Meta:
        verbose_name = "changement de réglage"
        verbose_name_plural = "changements de réglages"
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["-at"], name="setup_change_by_time")]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=SetupKind.values), name="setup_change_known_kind"),
            models.CheckConstraint(condition=models.Q(verb__in=SetupVerb.values), name="setup_change_known_verb"),
            acted_by_constraint("setup_change_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} nº {self.pk}"
