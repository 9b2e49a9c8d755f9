"""Where care is given: places, lines of time, and agendas (a line of time at a place)."""

import uuid
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, URLValidator
from django.db import models

from accounts.enums import Level
from accounts.models import Organization, Practitioner, StructureIdentifier, Versioned
from accounts.models.constraints import CompositeForeignKey
from accounts.models.formats import phone_format
from accounts.rights import Actor, agendas_of
from appointments.enums import CalendarKind, HolidayCalendar

postal_code_format = RegexValidator(r"^[0-9]{5}\Z", "Le code postal compte 5 chiffres.")


def existing_time_zone(value: str) -> None:
    if value not in available_timezones():
        raise ValidationError("Ce fuseau horaire n’existe pas (exemple\u00a0: Europe/Paris).")


class Location(Versioned):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.PROTECT, related_name="locations", verbose_name="structure")
    name = models.CharField("nom", max_length=200)
    line = models.CharField("adresse", max_length=200)
    postal_code = models.CharField("code postal", max_length=5, validators=[postal_code_format])
    city = models.CharField("ville", max_length=100)
    time_zone = models.CharField(
        "fuseau horaire", max_length=50, default="Europe/Paris", validators=[existing_time_zone]
    )
    holidays = models.CharField(
        "jours fériés",
        max_length=30,
        choices=HolidayCalendar.choices,
        default=HolidayCalendar.METROPOLE,
        help_text="Ces jours-là le lieu est fermé, sauf pour les règles qui disent le contraire.",
    )
    phone = models.CharField("téléphone", max_length=16, blank=True, validators=[phone_format])
    email = models.EmailField(
        "e-mail", blank=True, help_text="Les patients le lisent, et leurs réponses à nos messages y arrivent."
    )
    access_by_day = models.CharField("accès de jour", max_length=300, blank=True)
    access_by_night = models.CharField("accès de nuit", max_length=300, blank=True)

    class Meta:
        verbose_name = "lieu"
        verbose_name_plural = "lieux"
        ordering = ["name__folded"]
        constraints = [
            # Target of composite foreign keys: what stands at a place belongs to its organization.
            models.UniqueConstraint(fields=["id", "organization"], name="location_id_organization"),
            models.CheckConstraint(condition=models.Q(holidays__in=HolidayCalendar.values), name="location_holidays"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def full_address(self) -> str:
        return f"{self.line}, {self.postal_code} {self.city}"

    def access_at(self, moment: datetime | None) -> str:
        """How one gets in then; in daytime where no moment is given. The night begins at 20 h and ends at 7 h."""
        at_night = moment is not None and not 7 <= moment.astimezone(self.zone).hour < 20
        return (self.access_by_night if at_night else "") or self.access_by_day


class Calendar(models.Model):
    """One line of time, the row that bookings lock. A practitioner has one wherever they receive, a place of an association
    that has no practitioners of its own has one too.

    `changes` is raised by triggers on everything that an answer about its slots or its agenda depends on (migration
    `0002_triggers`). The table keeps half of each page free: every booking raises it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(
        "nature", max_length=12, choices=CalendarKind.choices, default=CalendarKind.PRACTITIONER, editable=False
    )
    practitioner = models.OneToOneField(
        Practitioner, models.PROTECT, null=True, blank=True, related_name="calendar", verbose_name="praticien"
    )
    changes = models.BigIntegerField("changements", default=0, db_default=0, editable=False)

    class Meta:
        verbose_name = "ligne de temps"
        verbose_name_plural = "lignes de temps"
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=CalendarKind.values), name="calendar_known_kind"),
            models.CheckConstraint(
                condition=models.Q(kind=CalendarKind.PRACTITIONER, practitioner__isnull=False)
                | models.Q(kind=CalendarKind.PLACE, practitioner__isnull=True),
                name="calendar_practitioner_iff_practitioners",
            ),
            models.UniqueConstraint(fields=["id", "kind"], name="calendar_id_kind"),
            models.UniqueConstraint(fields=["id", "practitioner"], name="calendar_id_practitioner"),
        ]

    def __str__(self) -> str:
        return str(self.practitioner or self.id)


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def with_place(self) -> "ScheduleQuerySet":
        """With everything needed to describe them, in the same query."""
        return self.select_related("calendar__practitioner", "location", "organization")

    def open(self) -> "ScheduleQuerySet":
        return self.filter(active=True)

    def of_practitioner(self, practitioner: object) -> "ScheduleQuerySet":
        """Those of this practitioner (or id), wherever they receive."""
        return self.filter(calendar__practitioner=practitioner)

    def of_practitioners(self, practitioners: object) -> "ScheduleQuerySet":
        return self.filter(calendar__practitioner__in=practitioners)

    def kept_by(self, actor: Actor, level: Level) -> "ScheduleQuerySet":
        """Those in which this person may at least this."""
        return self.filter(agendas_of(actor, level, practitioner="calendar__practitioner", organization="organization"))


class Schedule(StructureIdentifier, Versioned):
    """A line of time at a place: the FHIR Schedule and its PractitionerRole.

    Its own structure identifier comes first, its organization's where it has none: doctors who share a surgery are each an
    enterprise of their own.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    calendar = models.ForeignKey(
        Calendar, models.PROTECT, related_name="schedules", verbose_name="ligne de temps", db_constraint=False
    )
    calendar_kind = models.CharField(
        max_length=12, choices=CalendarKind.choices, default=CalendarKind.PRACTITIONER, editable=False
    )
    location = models.ForeignKey(
        Location, models.PROTECT, related_name="schedules", verbose_name="lieu", db_constraint=False
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="schedules", verbose_name="structure", editable=False
    )
    active = models.BooleanField("ouvert", default=True)
    # Until its manager says so, at the end of the set-up, its slots are the practice's alone.
    published = models.BooleanField("publié", default=True, db_default=True)
    online_booking = models.BooleanField("réservation en ligne", default=True, db_default=True)
    new_patients = models.BooleanField("nouveaux patients acceptés", default=True, db_default=True)
    # Where its teleconsultations are held: one address for all.
    video_link = models.URLField(
        "lien de téléconsultation", blank=True, db_default="", validators=[URLValidator(schemes=["https"])]
    )

    objects: ClassVar[models.Manager["Schedule"]] = ScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = "agenda"
        verbose_name_plural = "agendas"
        ordering = ["calendar__practitioner", "location"]
        constraints = [
            CompositeForeignKey(
                name="schedule_location_of_organization",
                fields=["location", "organization"],
                to="appointments.Location",
                to_fields=["id", "organization"],
            ),
            CompositeForeignKey(
                name="schedule_kind_of_calendar",
                fields=["calendar", "calendar_kind"],
                to="appointments.Calendar",
                to_fields=["id", "kind"],
            ),
            models.UniqueConstraint(
                fields=["calendar", "location"],
                name="schedule_once",
                violation_error_message="Ce praticien a déjà un agenda dans ce lieu.",
            ),
            models.UniqueConstraint(
                fields=["location"],
                condition=models.Q(calendar_kind=CalendarKind.PLACE),
                name="schedule_one_place_calendar_at_a_location",
            ),
            models.UniqueConstraint(
                fields=["calendar"],
                condition=models.Q(calendar_kind=CalendarKind.PLACE),
                name="schedule_a_place_calendar_has_one",
            ),
            # Targets of composite foreign keys.
            models.UniqueConstraint(
                fields=["id", "calendar", "organization"], name="schedule_id_calendar_organization"
            ),
            models.UniqueConstraint(fields=["id", "organization"], name="schedule_id_organization"),
            models.UniqueConstraint(fields=["id", "calendar"], name="schedule_id_calendar"),
        ]

    def __str__(self) -> str:
        return f"{self.calendar.practitioner or self.organization}, {self.location}"

    def save(self, *args: Any, **options: Any) -> None:
        """With what composite keys copy down."""
        self.organization_id, self.calendar_kind = self.location.organization_id, self.calendar.kind
        super().save(*args, **options)

    @property
    def practitioner(self) -> Practitioner:
        """Whose agenda it is. Not to be asked of a place without practitioner."""
        practitioner = self.calendar.practitioner
        if practitioner is None:
            raise ValueError("This agenda is a place's own.")
        return practitioner

    @property
    def practitioner_id(self) -> uuid.UUID | None:
        return self.calendar.practitioner_id

    @property
    def has_phone(self) -> bool:
        """Whether somebody who is shown its slots could call."""
        practitioner = self.calendar.practitioner
        own = practitioner.phone if practitioner is not None else ""
        return bool(self.location.phone or own or self.organization.phone)

    @property
    def is_online(self) -> bool:
        """Whether patients may book here themselves what is shown to the public."""
        return self.online_booking and self.organization.online_booking

    @property
    def structure(self) -> StructureIdentifier:
        """Whose numbers the SAS is given."""
        return self if self.has_structure_identifier else self.organization
