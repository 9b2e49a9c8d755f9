"""Booked appointments, and the slots held while somebody types. The exclusion constraints are the last word against double
booking: a lane of a line of time holds one visit at a time, nobody is at two places at once.
"""

import uuid
from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models.functions import Now

from accounts.enums import ActorKind, Level
from accounts.models import ActedBy, Organization, Practitioner, Versioned, acted_by_constraint
from accounts.models.constraints import CompositeForeignKey
from accounts.rights import Actor, agendas_of
from appointments.enums import OUTSIDERS, AppointmentType, CalendarKind, CancelledFor, ConsultationType, Origin, Status
from appointments.models.openings import Reason
from appointments.models.patients import Patient
from appointments.models.places import Calendar, Schedule

# What a visit says of its patient in words of its own.
OF_PATIENT = ("caller", "caller_phone", "contact_phone", "contact_email", "visit_address", "note", "cancelled_because")


class _Range(models.Func):
    """[start, end) of a row, as PostgreSQL compares it."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


def _range() -> _Range:
    return _Range("start", "end", RangeBoundary())


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def standing(self) -> "AppointmentQuerySet":
        """Those that hold their time: everything but the cancelled."""
        return self.exclude(status=Status.CANCELLED)

    def unclosed(self, now: datetime) -> "AppointmentQuerySet":
        """Those that are over, and of which nobody has said yet whether the patient came."""
        return self.filter(status=Status.BOOKED, end__lte=now)

    def overlapping(self, start: datetime, end: datetime) -> "AppointmentQuerySet":
        """Those that share a moment with [start, end), which is not empty.

        Asked as periods, of the `standing()` ones: then PostgreSQL goes through the index of the constraint below. Asked by
        start and end it reads all appointments there ever were (bench/growth.py).
        """
        period = _range()
        return self.alias(period=period).filter(period__overlap=(start, end))

    def visible_to(self, actor: Actor, level: Level = Level.SEE) -> "AppointmentQuerySet":
        """Regulators see what they booked themselves, practices those in which they may at least this."""
        if actor.regulator is not None:
            return self.filter(by_regulator=actor.regulator)
        return self.kept_by(actor, level)

    def kept_by(self, actor: Actor, level: Level = Level.SEE) -> "AppointmentQuerySet":
        """Those in the agendas in which this person may at least this; what a practitioner takes at a place is theirs too."""
        own = models.Q(practitioner__in=actor.own)
        return self.filter(own | agendas_of(actor, level, practitioner="own_practitioner", organization="organization"))

    def with_patient(self, actor: Actor) -> "AppointmentQuerySet":
        """With the patient that this person reads (`patients.selectors.seen_by`); the practice, what was given too."""
        return self.select_related("given_as") if actor.is_regulator else self.select_related("patient", "given_as")

    def with_context(self) -> "AppointmentQuerySet":
        """With everything a page about them shows but the patient, in the same query."""
        return self.select_related(
            "practitioner",
            "schedule__location",
            "schedule__organization",
            "schedule__calendar__practitioner",
            "reason",
            "by_regulator",
            "by_user",
        )


class Appointment(ActedBy, Versioned):
    """A visit. `organization`, `calendar` and `calendar_kind` repeat the schedule's: keys that hold them together keep that
    true. `practitioner` is the calendar's own, or who takes the visit at a place without one.

    `patient` is whom the practice takes it for. `given_as` is the patient as an outsider (regulator, patient) typed them, and
    all of the patient that whoever booked from outside reads; null when the practice booked. What the patient is told goes to
    `contact_phone` and `contact_email`, copied at booking; `caller` is who calls for the patient, on
    `caller_phone` where that is known to be another number, else on the contact phone.

    `lane` and `capacity`: which of the places side by side it takes, of how many the opening had. `overbooked`: the practice
    took it beyond them, knowingly. `arrived_at`: since when the patient is there, known to the practice alone.
    `buffer_after` minutes are kept free after it from whoever books from outside.
    `series` names the visits that were booked in one go to come again; each is a visit like others.
    `version` grows with each event; a form that was opened on an older version is refused. `request_id` names the form that
    booked: sending it twice books once.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request_id = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    schedule = models.ForeignKey(
        Schedule, models.PROTECT, related_name="appointments", verbose_name="agenda", db_constraint=False
    )
    calendar = models.ForeignKey(
        Calendar, models.PROTECT, related_name="appointments", editable=False, db_constraint=False, db_index=False
    )
    calendar_kind = models.CharField(max_length=12, choices=CalendarKind.choices, editable=False)
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="appointments", editable=False, db_constraint=False
    )
    practitioner = models.ForeignKey(
        Practitioner,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="appointments",
        verbose_name="praticien",
        db_index=False,
    )
    own_practitioner = models.GeneratedField(
        expression=models.Case(
            models.When(calendar_kind=CalendarKind.PRACTITIONER, then=models.F("practitioner")), default=None
        ),
        output_field=models.UUIDField(null=True),
        db_persist=True,
    )
    lane = models.PositiveSmallIntegerField("rang de front", default=0, editable=False)
    capacity = models.PositiveSmallIntegerField("patients à la fois", default=1, editable=False)
    overbooked = models.BooleanField("en plus", default=False, editable=False)
    start = models.DateTimeField("début")
    end = models.DateTimeField("fin")
    buffer_after = models.PositiveSmallIntegerField("temps après (minutes)", default=0, editable=False)
    status = models.CharField("statut", max_length=10, choices=Status.choices, default=Status.BOOKED)
    # Of a cancelled one: who asked for it, and why, as far as the practice said so.
    cancelled_for = models.CharField(
        "annulé pour", max_length=10, choices=CancelledFor.choices, blank=True, db_default="", editable=False
    )
    cancelled_because = models.CharField("annulé parce que", max_length=200, blank=True, db_default="", editable=False)
    arrived_at = models.DateTimeField("arrivé à", null=True, editable=False)
    # As the patient told by their link.
    late_minutes = models.PositiveSmallIntegerField("retard annoncé (minutes)", null=True, editable=False)
    consultation_type = models.CharField("consultation", max_length=3, choices=ConsultationType.choices)
    appointment_type = models.CharField(
        "venue", max_length=10, choices=AppointmentType.choices, default=AppointmentType.ROUTINE
    )
    reason = models.ForeignKey(
        Reason, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="motif", db_constraint=False
    )
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="appointments", db_constraint=False)
    given_as = models.OneToOneField(
        Patient, models.PROTECT, null=True, editable=False, related_name="given_for", db_constraint=False
    )
    caller = models.CharField("qui appelle", max_length=100, blank=True)
    caller_phone = models.CharField("téléphone de qui appelle", max_length=16, blank=True, db_default="")
    contact_phone = models.CharField("téléphone pour ce rendez-vous", max_length=16, blank=True)
    contact_email = models.EmailField("e-mail pour ce rendez-vous", blank=True)
    visit_address = models.CharField("adresse de la visite", max_length=300, blank=True)
    # Of an outsider's visit, those that the practice changed: whoever booked neither reads nor changes them any more.
    contacts_by_practice = ArrayField(models.CharField(max_length=20), default=list, blank=True, editable=False)
    note = models.TextField("message pour le praticien", max_length=1000, blank=True)
    series = models.UUIDField("série", null=True, editable=False)
    origin = models.CharField("pris par", max_length=10, choices=Origin.choices)
    # By the patient, who was proposed this hour from the waiting list: known when the list has forgotten them.
    from_list = models.BooleanField("pris de la liste d’attente", default=False, db_default=False, editable=False)
    created_at = models.DateTimeField("pris le", auto_now_add=True)
    # The visit's own words about the patient were erased then, their time being over.
    patient_erased_at = models.DateTimeField("patient effacé le", null=True, editable=False)

    objects: ClassVar[models.Manager["Appointment"]] = AppointmentQuerySet.as_manager()
    # Whether its mobile answered STOP; None: not looked up (messages.reach).
    sms_refused: bool | None = None

    class Meta:
        verbose_name = "rendez-vous"
        verbose_name_plural = "rendez-vous"
        ordering = ["start"]
        indexes = [
            models.Index(fields=["calendar", "start"], name="appointment_by_calendar"),
            models.Index(fields=["practitioner", "start"], name="appointment_by_practitioner"),
            models.Index(fields=["by_regulator", "start"], name="appointment_by_regulator"),
            # A patient whom the regulation sent already that day.
            models.Index(
                fields=["start"], condition=models.Q(by_regulator__isnull=False), name="appointment_of_regulation"
            ),
            # What is over and not closed is few among all that ever was.
            models.Index(
                fields=["schedule", "end"], condition=models.Q(status=Status.BOOKED), name="appointment_unclosed"
            ),
            models.Index(
                fields=["series", "start"], condition=models.Q(series__isnull=False), name="appointment_of_series"
            ),
            # Whose reminder may be due.
            models.Index(fields=["start"], condition=models.Q(status=Status.BOOKED), name="appointment_to_remind"),
            # Retention takes the oldest first and stops at the first one that is not over.
            models.Index(
                fields=["end", "id"], condition=models.Q(patient_erased_at__isnull=True), name="appointment_to_erase"
            ),
        ]
        constraints = [
            CompositeForeignKey(
                name="appointment_schedule_calendar_organization",
                fields=["schedule", "calendar", "organization"],
                to="appointments.Schedule",
                to_fields=["id", "calendar", "organization"],
            ),
            CompositeForeignKey(
                name="appointment_kind_of_calendar",
                fields=["calendar", "calendar_kind"],
                to="appointments.Calendar",
                to_fields=["id", "kind"],
            ),
            CompositeForeignKey(
                name="appointment_practitioner_of_calendar",
                fields=["calendar", "own_practitioner"],
                to="appointments.Calendar",
                to_fields=["id", "practitioner"],
            ),
            CompositeForeignKey(
                name="appointment_reason_of_organization",
                fields=["reason", "organization"],
                to="appointments.Reason",
                to_fields=["id", "organization"],
            ),
            CompositeForeignKey(
                name="appointment_patient_of_organization",
                fields=["patient", "organization"],
                to="appointments.Patient",
                to_fields=["id", "organization"],
            ),
            CompositeForeignKey(
                name="appointment_given_as_of_organization",
                fields=["given_as", "organization"],
                to="appointments.Patient",
                to_fields=["id", "organization"],
            ),
            models.CheckConstraint(
                condition=models.Q(origin__in=OUTSIDERS, given_as__isnull=False)
                | (~models.Q(origin__in=OUTSIDERS) & models.Q(given_as__isnull=True)),
                name="appointment_given_as_by_outsiders",
            ),
            models.CheckConstraint(
                condition=models.Q(patient_erased_at__isnull=True) | models.Q(**dict.fromkeys(OF_PATIENT, "")),
                name="appointment_erased_is_empty",
            ),
            models.CheckConstraint(
                condition=models.Q(calendar_kind=CalendarKind.PLACE) | models.Q(practitioner__isnull=False),
                name="appointment_practitioner_unless_place",
            ),
            models.CheckConstraint(
                condition=~models.Q(status=Status.PENDING) | models.Q(practitioner__isnull=True),
                name="appointment_pending_is_nobodys",
            ),
            models.CheckConstraint(
                condition=models.Q(end__gt=models.F("start")),
                name="appointment_ends_after_start",
                violation_error_message="La fin du rendez-vous vient après son début.",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=Status.values),
                name="appointment_known_status",
            ),
            models.CheckConstraint(
                condition=models.Q(overbooked=True) | models.Q(lane__lt=models.F("capacity")),
                name="appointment_lane_below_capacity",
            ),
            models.CheckConstraint(
                condition=models.Q(origin=Origin.REGULATOR, by_regulator__isnull=False)
                | (~models.Q(origin=Origin.REGULATOR) & models.Q(by_regulator__isnull=True)),
                name="appointment_regulator_iff_by_regulator",
            ),
            acted_by_constraint("appointment_actor"),
            # Checked when a statement ends: a day moved, or two visits exchanged, is one statement.
            ExclusionConstraint(
                name="appointment_lane_free",
                expressions=[
                    ("calendar", RangeOperators.EQUAL),
                    ("lane", RangeOperators.EQUAL),
                    (_range(), RangeOperators.OVERLAPS),
                ],
                condition=~models.Q(status=Status.CANCELLED),
                deferrable=models.Deferrable.IMMEDIATE,
                violation_error_message="Cet agenda a déjà un rendez-vous à ce moment.",
            ),
            ExclusionConstraint(
                name="appointment_one_place",
                expressions=[
                    ("calendar", RangeOperators.EQUAL),
                    ("schedule", RangeOperators.NOT_EQUAL),
                    (_range(), RangeOperators.OVERLAPS),
                ],
                condition=~models.Q(status=Status.CANCELLED) & models.Q(overbooked=False),
                deferrable=models.Deferrable.IMMEDIATE,
                violation_error_message="Ce praticien a déjà un rendez-vous ailleurs à ce moment.",
            ),
            ExclusionConstraint(
                name="appointment_one_calendar",
                expressions=[
                    ("practitioner", RangeOperators.EQUAL),
                    ("calendar", RangeOperators.NOT_EQUAL),
                    (_range(), RangeOperators.OVERLAPS),
                ],
                condition=~models.Q(status=Status.CANCELLED) & models.Q(overbooked=False),
                deferrable=models.Deferrable.IMMEDIATE,
                violation_error_message="Ce praticien a déjà un rendez-vous ailleurs à ce moment.",
            ),
        ]

    def __str__(self) -> str:
        # No patient here: this text ends up in the admin's log and in error reports.
        return f"Rendez-vous {self.id}"

    @property
    def minutes(self) -> int:
        return int((self.end - self.start).total_seconds() // 60)

    @property
    def whose_phone(self) -> str:
        """Whose the contact phone is, when it is not the patient's; blank."""
        return self.caller if self.caller_phone in ("", self.contact_phone) else ""

    @property
    def is_remote(self) -> bool:
        """The patient may be anywhere, at any clock."""
        return self.consultation_type == ConsultationType.VR

    @property
    def is_booked(self) -> bool:
        return self.status == Status.BOOKED

    @property
    def is_cancelled(self) -> bool:
        return self.status == Status.CANCELLED

    def at(self, schedule: Schedule) -> None:
        """Stand in this agenda (loaded with its calendar): everything that repeats it follows."""
        self.schedule = schedule
        self.calendar_id, self.organization_id = schedule.calendar_id, schedule.organization_id
        self.calendar_kind = schedule.calendar_kind
        if schedule.calendar_kind == CalendarKind.PRACTITIONER:
            self.practitioner = schedule.practitioner


class Hold(ActedBy):
    """A slot kept for who is about to book it, until `expires_at` by the database's clock.

    `offered` is a copy of what was offered when it was taken: a changed rule neither is refused nor ends the hold; an absence
    and a closure do, and the practice's own booking. `weak`: a visitor who has proved no contact yet; it hides the slot from
    other visitors only.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    schedule = models.ForeignKey(
        Schedule, models.CASCADE, related_name="holds", verbose_name="agenda", db_constraint=False, db_index=False
    )
    calendar = models.ForeignKey(
        Calendar, models.CASCADE, related_name="holds", editable=False, db_constraint=False, db_index=False
    )
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="+", editable=False, db_constraint=False, db_index=False
    )
    lane = models.PositiveSmallIntegerField("rang de front", default=0)
    capacity = models.PositiveSmallIntegerField("patients à la fois", default=1)
    start = models.DateTimeField("début")
    end = models.DateTimeField("fin")
    buffer_after = models.PositiveSmallIntegerField("temps après (minutes)", default=0)
    offered = models.JSONField("ce qui était proposé", default=dict)
    weak = models.BooleanField("faible", default=False)
    token = models.UUIDField("jeton", unique=True, default=uuid.uuid4, editable=False)
    # Since when its person keeps this very slot: whatever they do, not for ever.
    since = models.DateTimeField("depuis", db_default=Now())
    extended = models.BooleanField("prolongé", default=False)
    # Grows each time it is taken or kept on: a page that is left gives back only what it was the last to keep.
    renewals = models.PositiveSmallIntegerField("renouvellements", default=0)
    expires_at = models.DateTimeField("jusqu’à")

    class Meta:
        verbose_name = "créneau retenu"
        verbose_name_plural = "créneaux retenus"
        ordering = ["start"]
        constraints = [
            CompositeForeignKey(
                name="hold_schedule_calendar_organization",
                fields=["schedule", "calendar", "organization"],
                to="appointments.Schedule",
                to_fields=["id", "calendar", "organization"],
                on_delete="CASCADE",
            ),
            models.UniqueConstraint(fields=["by_regulator"], name="hold_one_for_a_regulator"),
            models.CheckConstraint(condition=models.Q(end__gt=models.F("start")), name="hold_ends_after_start"),
            models.CheckConstraint(condition=models.Q(lane__lt=models.F("capacity")), name="hold_lane_below_capacity"),
            models.CheckConstraint(
                condition=models.Q(weak=False) | models.Q(actor_kind=ActorKind.PATIENT), name="hold_weak_by_visitors"
            ),
            acted_by_constraint("hold_actor"),
            ExclusionConstraint(
                name="hold_lane_free",
                expressions=[
                    ("calendar", RangeOperators.EQUAL),
                    ("weak", RangeOperators.EQUAL),
                    ("lane", RangeOperators.EQUAL),
                    (_range(), RangeOperators.OVERLAPS),
                ],
            ),
            ExclusionConstraint(
                name="hold_one_place",
                expressions=[
                    ("calendar", RangeOperators.EQUAL),
                    ("weak", RangeOperators.EQUAL),
                    ("schedule", RangeOperators.NOT_EQUAL),
                    (_range(), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M}"
