"""When somebody receives (rules and their offers) and for what (reasons)."""

import uuid
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from accounts import french
from accounts.enums import OrganizationKind
from accounts.models import Organization, Versioned
from accounts.models.constraints import CompositeForeignKey
from accounts.models.folding import FoldedWords, folded
from appointments.enums import AppointmentType, Audience, ConsultationType, ReasonColour
from appointments.models.places import Schedule

WEEKDAYS = list(enumerate(french.WEEKDAYS, start=1))
SHORTEST, LONGEST = 5, 240  # minutes of a visit
MOST_AT_ONCE = 20  # patients
MOST_WEEKS = 8  # from one occurrence of a rule to the next


def _all_modes() -> list[str]:
    return list(ConsultationType.values)


def _modes_field() -> ArrayField:
    return ArrayField(
        models.CharField(max_length=3, choices=ConsultationType.choices),
        verbose_name="consultation",
        default=_all_modes,
    )


def _known_modes(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=models.Q(consultation_types__len__gt=0, consultation_types__contained_by=ConsultationType.values),
        name=name,
        violation_error_message="Choisissez au moins un type de consultation.",
    )


class Reason(Versioned):
    """A reason for a visit, in the organization's own words. It is offered where it is done (`ReasonAt`)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="reasons", verbose_name="structure", db_index=False
    )
    label = models.CharField("libellé", max_length=100)
    label_folded = folded("label")
    minutes = models.PositiveSmallIntegerField(
        "durée (minutes)", default=15, validators=[MinValueValidator(SHORTEST), MaxValueValidator(LONGEST)]
    )
    colour = models.CharField("couleur", max_length=20, choices=ReasonColour.choices, default=ReasonColour.SLATE)
    sign = models.CharField("signe", max_length=4, blank=True)
    consultation_types = _modes_field()
    position = models.PositiveSmallIntegerField("rang", default=0)
    active = models.BooleanField("proposé", default=True)
    instructions = models.TextField("consignes", max_length=1000, blank=True)

    class Meta:
        verbose_name = "motif"
        verbose_name_plural = "motifs"
        ordering = ["position", "label_folded", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "label_folded"],
                condition=models.Q(active=True),
                name="reason_once_while_active",
                violation_error_message="Ce motif existe déjà.",
            ),
            models.UniqueConstraint(fields=["id", "organization"], name="reason_id_organization"),
            models.CheckConstraint(
                condition=models.Q(minutes__gte=SHORTEST, minutes__lte=LONGEST),
                name="reason_minutes",
                violation_error_message="Un motif dure de 5 minutes à 4 heures.",
            ),
            models.CheckConstraint(condition=models.Q(colour__in=ReasonColour.values), name="reason_known_colour"),
            _known_modes("reason_consultation_types"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def mark(self) -> str:  # beside its colour, for who does not see that
        return self.sign or self.label[:2]

    def clean(self) -> None:
        # Forms show no folded label, and so would not look whether there is one.
        same = Reason.objects.filter(
            organization=self.organization_id, active=True, label_folded=FoldedWords(models.Value(self.label))
        )
        if self.active and same.exclude(pk=self.pk).exists():
            raise ValidationError({"label": "Ce motif existe déjà."})


class ReasonAt(models.Model):
    """A reason is done at this agenda. No row: not done there. `minutes` empty: as long as the reason itself."""

    schedule = models.ForeignKey(
        Schedule, models.CASCADE, related_name="reasons_at", verbose_name="agenda", db_constraint=False, db_index=False
    )
    reason = models.ForeignKey(
        Reason, models.CASCADE, related_name="done_at", verbose_name="motif", db_constraint=False
    )
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", editable=False, db_constraint=False, db_index=False
    )
    minutes = models.PositiveSmallIntegerField(
        "durée ici (minutes)",
        null=True,
        blank=True,
        validators=[MinValueValidator(SHORTEST), MaxValueValidator(LONGEST)],
    )
    buffer_after = models.PositiveSmallIntegerField(
        "temps après (minutes)", default=0, validators=[MaxValueValidator(LONGEST)]
    )
    active = models.BooleanField("proposé ici", default=True)

    class Meta:
        verbose_name = "motif d’un agenda"
        verbose_name_plural = "motifs des agendas"
        ordering = ["schedule", "reason__position", "reason__label_folded"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "reason"], name="reason_at_once"),
            CompositeForeignKey(
                name="reason_at_schedule_of_organization",
                fields=["schedule", "organization"],
                to="appointments.Schedule",
                to_fields=["id", "organization"],
                on_delete="CASCADE",
            ),
            CompositeForeignKey(
                name="reason_at_reason_of_organization",
                fields=["reason", "organization"],
                to="appointments.Reason",
                to_fields=["id", "organization"],
                on_delete="CASCADE",
            ),
            models.CheckConstraint(
                condition=models.Q(minutes__isnull=True) | models.Q(minutes__gte=SHORTEST, minutes__lte=LONGEST),
                name="reason_at_minutes",
                violation_error_message="Un motif dure de 5 minutes à 4 heures.",
            ),
            models.CheckConstraint(condition=models.Q(buffer_after__lte=LONGEST), name="reason_at_buffer"),
        ]

    def __str__(self) -> str:
        return f"{self.reason}, {self.schedule}"

    def save(self, *args: Any, **options: Any) -> None:
        """With what composite keys copy down."""
        self.organization_id = self.schedule.organization_id
        super().save(*args, **options)

    def clean(self) -> None:
        # In words, for forms: the composite keys refuse it too.
        if self.schedule_id and self.schedule.organization_id != self.reason.organization_id:
            raise ValidationError({"schedule": "Cet agenda n’est pas de la structure de ce motif."})

    @property
    def lasts(self) -> int:
        """Minutes of a visit for this reason here."""
        return self.minutes or self.reason.minutes


class Rule(Versioned):
    """Opening that recurs, in the place's wall-clock time; a one-off opening is a rule of one day.

    Open on these ISO weekdays, every `every_n_weeks` counted from the week of `anchor_week` (a Monday, set when the rule is
    made), from `start_time` to `end_time`, which is on the next day when it is not later (equal: 24 hours). Visits begin every
    `step_minutes`. Days off and holidays judge the local day on which an occurrence begins. To whom: its offers.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    schedule = models.ForeignKey(
        Schedule, models.CASCADE, related_name="rules", verbose_name="agenda", db_constraint=False
    )
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", editable=False, db_constraint=False, db_index=False
    )
    label = models.CharField("nom", max_length=60, blank=True, default="", db_default="")
    first_day = models.DateField("à partir du")
    last_day = models.DateField("jusqu’au", null=True, blank=True)
    weekdays = ArrayField(models.PositiveSmallIntegerField(choices=WEEKDAYS), verbose_name="jours")
    every_n_weeks = models.PositiveSmallIntegerField(
        "toutes les … semaines", default=1, validators=[MinValueValidator(1), MaxValueValidator(MOST_WEEKS)]
    )
    anchor_week = models.DateField("semaine de départ", editable=False)
    start_time = models.TimeField("de")
    end_time = models.TimeField("à", help_text="Pas plus tard que le début\u00a0: le lendemain.")
    step_minutes = models.PositiveSmallIntegerField(
        "un début toutes les (minutes)",
        default=15,
        validators=[MinValueValidator(SHORTEST), MaxValueValidator(LONGEST)],
    )
    capacity = models.PositiveSmallIntegerField(
        "patients à la fois", default=1, validators=[MinValueValidator(1), MaxValueValidator(MOST_AT_ONCE)]
    )
    consultation_types = _modes_field()
    appointment_type = models.CharField(
        "venue", max_length=10, choices=AppointmentType.choices, default=AppointmentType.ROUTINE
    )
    on_holidays = models.BooleanField("ouvert les jours fériés", default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "règle d’ouverture"
        verbose_name_plural = "règles d’ouverture"
        ordering = ["created_at", "id"]
        constraints = [
            CompositeForeignKey(
                name="rule_schedule_of_organization",
                fields=["schedule", "organization"],
                to="appointments.Schedule",
                to_fields=["id", "organization"],
                on_delete="CASCADE",
            ),
            models.UniqueConstraint(fields=["id", "organization"], name="rule_id_organization"),
            models.UniqueConstraint(fields=["id", "schedule"], name="rule_id_schedule"),
            models.CheckConstraint(
                condition=models.Q(step_minutes__gte=SHORTEST, step_minutes__lte=LONGEST),
                name="rule_step_minutes",
                violation_error_message="Un créneau dure de 5 minutes à 4 heures.",
            ),
            models.CheckConstraint(
                condition=models.Q(weekdays__len__gt=0, weekdays__contained_by=[1, 2, 3, 4, 5, 6, 7]),
                name="rule_weekdays",
                violation_error_message="Choisissez au moins un jour.",
            ),
            models.CheckConstraint(
                condition=models.Q(every_n_weeks__gte=1, every_n_weeks__lte=MOST_WEEKS),
                name="rule_every_n_weeks",
                violation_error_message="Une règle revient toutes les 1 à 8 semaines.",
            ),
            models.CheckConstraint(condition=models.Q(anchor_week__iso_week_day=1), name="rule_anchor_is_a_monday"),
            models.CheckConstraint(
                condition=models.Q(capacity__gte=1),
                name="rule_capacity",
                violation_error_message="Au moins un patient à la fois.",
            ),
            models.CheckConstraint(
                condition=models.Q(last_day__isnull=True) | models.Q(last_day__gte=models.F("first_day")),
                name="rule_days_in_order",
                violation_error_message="Le dernier jour ne peut pas précéder le premier.",
            ),
            _known_modes("rule_consultation_types"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule}, {self.start_time:%H:%M}–{self.end_time:%H:%M}"

    def save(self, *args: Any, **options: Any) -> None:
        """With what composite keys copy down, and the week it is counted from when it is new."""
        self.organization_id = self.schedule.organization_id
        if self.anchor_week is None:
            self.anchor_week = first_week(self.first_day, self.weekdays)
        super().save(*args, **options)

    @property
    def is_one_off(self) -> bool:
        return self.first_day == self.last_day

    @property
    def name(self) -> str:
        """What the practice calls it, else its days."""
        days = french.long_date(self.first_day) if self.is_one_off else french.weekdays(self.weekdays)
        return self.label or french.sentence(days)

    @property
    def instead_of(self) -> "RuleDayOff | None":
        """The day of another rule that it takes the place of, where it still does."""
        off: RuleDayOff | None = getattr(self, "replaces", None)
        return off if off is not None and off.still_replaced else None

    @property
    def audiences(self) -> list[Audience]:
        """To whom anything of it is shown, at some time, in the order of the enum. Of the prefetched offers."""
        shown = {offer.audience for offer in self.offers.all() if offer.open}
        return [audience for audience in Audience if audience in shown]


def first_week(first_day: date, weekdays: Collection[int]) -> date:
    """The Monday of the week of its first occurrence: a rule of Mondays that is made on a Wednesday begins in the next week."""
    following = (first_day + timedelta(days=count) for count in range(7))
    day = next((day for day in following if day.isoweekday() in weekdays), first_day)
    return day - timedelta(days=day.weekday())


class RuleDayOff(models.Model):
    """On this local day the rule does not begin."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="days_off", verbose_name="règle", db_index=False)
    day = models.DateField("jour")
    # The one-off opening that takes its place: it goes when the day is put back.
    replacement = models.OneToOneField(
        Rule, models.SET_NULL, null=True, blank=True, related_name="replaces", verbose_name="remplacée par"
    )

    class Meta:
        verbose_name = "jour sans"
        verbose_name_plural = "jours sans"
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["rule", "day"], name="rule_day_off_once")]

    def __str__(self) -> str:
        return f"{self.day}"

    @property
    def still_replaced(self) -> bool:
        """Whether an opening still takes its place: one that was changed since may be another day's."""
        only = self.replacement
        return only is not None and only.first_day == only.last_day == self.day


class RuleOffer(models.Model):
    """To whom a rule's visits are shown, and from when until when before they begin, in real minutes.

    No open row: to the practice alone. For one audience a reason's own row replaces the row without reason; `open` false closes
    that reason, and a rule shown to nobody keeps so, as of the public, the reasons that are not for it. `shown_from_minutes`
    empty: as far ahead as one looks.
    """

    rule = models.ForeignKey(
        Rule, models.CASCADE, related_name="offers", verbose_name="règle", db_constraint=False, db_index=False
    )
    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="+", editable=False, db_constraint=False)
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", editable=False, db_constraint=False, db_index=False
    )
    audience = models.CharField("montré à", max_length=10, choices=Audience.choices)
    community = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="communauté"
    )
    community_kind = models.GeneratedField(
        expression=models.Case(
            models.When(community__isnull=False, then=models.Value(OrganizationKind.COMMUNITY.value)), default=None
        ),
        output_field=models.CharField(max_length=12, null=True),
        db_persist=True,
    )
    reason = models.ForeignKey(
        Reason, models.CASCADE, null=True, blank=True, related_name="+", verbose_name="motif", db_constraint=False
    )
    open = models.BooleanField("ouvert", default=True)
    shown_from_minutes = models.PositiveIntegerField("montré dès (minutes avant)", null=True, blank=True)
    shown_until_minutes = models.PositiveIntegerField("montré jusqu’à (minutes avant)", default=0)

    class Meta:
        verbose_name = "offre"
        verbose_name_plural = "offres"
        ordering = ["rule", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "audience", "community", "reason"], nulls_distinct=False, name="rule_offer_once"
            ),
            CompositeForeignKey(
                name="rule_offer_schedule_of_rule",
                fields=["rule", "schedule"],
                to="appointments.Rule",
                to_fields=["id", "schedule"],
                on_delete="CASCADE",
            ),
            CompositeForeignKey(
                name="rule_offer_rule_of_organization",
                fields=["rule", "organization"],
                to="appointments.Rule",
                to_fields=["id", "organization"],
                on_delete="CASCADE",
            ),
            CompositeForeignKey(
                name="rule_offer_reason_done_there",
                fields=["schedule", "reason"],
                to="appointments.ReasonAt",
                to_fields=["schedule", "reason"],
                on_delete="CASCADE",
            ),
            CompositeForeignKey(
                name="rule_offer_community_is_one",
                fields=["community", "community_kind"],
                to="accounts.Organization",
                to_fields=["id", "kind"],
            ),
            models.CheckConstraint(condition=models.Q(audience__in=Audience.values), name="rule_offer_known_audience"),
            models.CheckConstraint(
                condition=models.Q(open=True) | models.Q(reason__isnull=False), name="rule_offer_closes_a_reason"
            ),
            models.CheckConstraint(
                condition=models.Q(audience=Audience.CPTS, community__isnull=False)
                | (~models.Q(audience=Audience.CPTS) & models.Q(community__isnull=True)),
                name="rule_offer_community_iff_cpts",
            ),
            models.CheckConstraint(
                condition=models.Q(shown_from_minutes__isnull=True)
                | models.Q(shown_from_minutes__gt=models.F("shown_until_minutes")),
                name="rule_offer_shown_for_a_while",
                violation_error_message="Un créneau est montré avant de ne plus l’être\u00a0: vérifiez les deux délais.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_audience_display()}"

    def save(self, *args: Any, **options: Any) -> None:
        """With what composite keys copy down."""
        self.schedule_id, self.organization_id = self.rule.schedule_id, self.rule.organization_id
        super().save(*args, **options)
