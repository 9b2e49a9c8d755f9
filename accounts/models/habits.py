"""How a person reads agendas: where they were last, and the groups of practitioners they keep side by side."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.enums import AgendaView
from accounts.models.user import User

# Side by side; more are no columns any more.
MOST_TOGETHER = 8


class AgendaHabits(models.Model):
    """Where somebody was last, made when they first open an agenda. The day is that of the page, seen on `seen_on`: the next
    morning opens on its own. `practitioners` may have gone since, or be theirs no more: who reads this asks what they may.
    """

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="agenda_habits")
    view = models.CharField("vue", max_length=8, choices=AgendaView.choices, default=AgendaView.WEEK)
    practitioners = ArrayField(models.UUIDField(), verbose_name="praticiens", default=list)
    day = models.DateField("jour", null=True)
    seen_on = models.DateField("vu le", null=True)
    # Hours at which nothing is are folded, unless one wants them.
    unfolded = models.BooleanField("heures vides dépliées", default=False)
    hides_free = models.BooleanField("sans créneaux libres", default=False)
    hides_cancelled = models.BooleanField("sans rendez-vous annulés", default=False)

    class Meta:
        verbose_name = "habitudes d’agenda"
        verbose_name_plural = "habitudes d’agenda"
        constraints = [
            models.CheckConstraint(condition=models.Q(view__in=AgendaView.values), name="agenda_habits_known_view")
        ]

    def __str__(self) -> str:
        return f"Habitudes {self.user_id}"


class AgendaGroup(models.Model):
    """Practitioners whom somebody looks at together, under a name of their own. Theirs alone; `position` orders their menu."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="agenda_groups")
    name = models.CharField("nom", max_length=60)
    practitioners = ArrayField(models.UUIDField(), verbose_name="praticiens")
    position = models.PositiveSmallIntegerField("rang", default=0)

    class Meta:
        verbose_name = "groupe de praticiens"
        verbose_name_plural = "groupes de praticiens"
        ordering = ["position", "name__folded", "id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="agenda_group_name"),
            models.CheckConstraint(
                condition=models.Q(practitioners__len__gte=2, practitioners__len__lte=MOST_TOGETHER),
                name="agenda_group_size",
            ),
        ]

    def __str__(self) -> str:
        return self.name
