"""Administration of places, agendas and openings. Appointments and their events are for reading: only services change them.

No patient data here: who administers the house is not who cares for its patients.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from appointments.enums import ConsultationType, SlotType
from appointments.models import (
    Absence,
    Appointment,
    AppointmentEvent,
    AvailabilityRule,
    Location,
    Organization,
    PatientMessage,
    Reason,
    Schedule,
)
from appointments.models.opening import WEEKDAYS


class ReadOnlyAdmin(admin.ModelAdmin):
    """To look at, never to touch: changes go through services, which check, record and tell."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LocationInline(admin.StackedInline):
    model = Location
    extra = 0
    show_change_link = True
    fields = ("name", "line", "postal_code", "city", "time_zone", "phone")


@admin.register(Organization)
class OrganizationAdmin(admin.ModelAdmin):
    list_display = ("name", "finess", "siret", "rpps_rank", "adeli_rank")
    search_fields = ("name", "finess", "siret", "rpps_rank", "adeli_rank")
    inlines = (LocationInline,)


@admin.register(Location)
class LocationAdmin(admin.ModelAdmin):
    list_display = ("name", "organization", "postal_code", "city", "time_zone")
    list_select_related = ("organization",)
    list_filter = ("organization",)
    search_fields = ("name", "city", "postal_code", "organization__name")


@admin.register(Schedule)
class ScheduleAdmin(admin.ModelAdmin):
    """To close an agenda, untick « ouvert ». Once made it keeps its practitioner and place: the SAS knows it by them."""

    list_display = ("practitioner", "location", "active")
    list_select_related = ("practitioner", "location")
    list_filter = ("active", "location__organization")
    search_fields = ("practitioner__family_name", "practitioner__given_name", "practitioner__rpps", "location__name")

    def get_readonly_fields(self, request: HttpRequest, obj: Schedule | None = None) -> tuple[str, ...]:
        return ("practitioner", "location") if obj is not None else ()


@admin.register(Reason)
class ReasonAdmin(admin.ModelAdmin):
    list_display = ("label", "practitioner", "active")
    list_select_related = ("practitioner",)
    list_filter = ("active",)
    search_fields = ("label", "practitioner__family_name")

    def get_readonly_fields(self, request: HttpRequest, obj: Reason | None = None) -> tuple[str, ...]:
        return ("practitioner",) if obj is not None else ()


class RuleForm(forms.ModelForm):
    weekdays = forms.TypedMultipleChoiceField(
        label="jours", choices=WEEKDAYS, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    slot_types = forms.MultipleChoiceField(
        label="montré à",
        choices=SlotType.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Aucun\u00a0: les créneaux restent internes au cabinet.",
    )
    consultation_types = forms.MultipleChoiceField(
        label="consultation", choices=ConsultationType.choices, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = AvailabilityRule
        fields = (
            "schedule",
            "weekdays",
            "start_time",
            "end_time",
            "slot_minutes",
            "slot_types",
            "consultation_types",
            "appointment_type",
            "reasons",
            "first_day",
            "last_day",
        )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        schedule = data.get("schedule")
        if schedule and any(reason.practitioner_id != schedule.practitioner_id for reason in data.get("reasons", ())):
            raise ValidationError({"reasons": "Un des motifs n’est pas de ce praticien\u00a0: retirez-le."})
        return data


@admin.register(AvailabilityRule)
class AvailabilityRuleAdmin(admin.ModelAdmin):
    form = RuleForm
    list_display = ("schedule", "days", "start_time", "end_time", "slot_minutes", "types")
    list_select_related = ("schedule__practitioner", "schedule__location")
    list_filter = ("appointment_type", "schedule__location__organization")
    search_fields = ("schedule__practitioner__family_name", "schedule__location__name")

    @admin.display(description="jours")
    def days(self, rule: AvailabilityRule) -> str:
        return ", ".join(name for number, name in WEEKDAYS if number in rule.weekdays)

    @admin.display(description="montré à")
    def types(self, rule: AvailabilityRule) -> str:
        return ", ".join(rule.slot_types) or "interne"


class AbsenceForm(forms.ModelForm):
    start = forms.DateTimeField(
        label="du", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    end = forms.DateTimeField(
        label="au", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )

    class Meta:
        model = Absence
        fields = ("practitioner", "start", "end", "label")


@admin.register(Absence)
class AbsenceAdmin(admin.ModelAdmin):
    form = AbsenceForm
    list_display = ("practitioner", "start", "end", "label")
    list_select_related = ("practitioner",)
    list_filter = ("start",)
    search_fields = ("practitioner__family_name", "label")


class EventInline(admin.StackedInline):
    model = AppointmentEvent
    extra = 0
    fields = readonly_fields = ("sequence", "kind", "at", "by_name", "snapshot")
    ordering = ("sequence",)
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Appointment)
class AppointmentAdmin(ReadOnlyAdmin):
    list_display = ("id", "practitioner", "start", "status", "booked_via")
    list_select_related = ("practitioner",)
    list_filter = ("status", "booked_via", "start")
    search_fields = ("id", "practitioner__family_name", "practitioner__rpps")
    date_hierarchy = "start"
    inlines = (EventInline,)
    fields = (
        "id",
        "schedule",
        "start",
        "end",
        "status",
        "consultation_type",
        "appointment_type",
        "reason",
        "booked_via",
        "booked_by_regulator",
        "booked_by_user",
        "created_at",
        "version",
    )


@admin.register(AppointmentEvent)
class AppointmentEventAdmin(ReadOnlyAdmin):
    list_display = ("appointment", "sequence", "kind", "at", "by_name")
    list_select_related = ("appointment",)
    list_filter = ("kind", "at")
    search_fields = ("appointment__id",)
    ordering = ("-at",)
    fields = ("appointment", "sequence", "kind", "at", "by_name", "snapshot")


@admin.register(PatientMessage)
class PatientMessageAdmin(ReadOnlyAdmin):
    list_display = ("event", "kind", "state", "attempts", "sent_at", "last_error")
    list_select_related = ("event",)
    list_filter = ("state", "kind")
    fields = ("event", "kind", "state", "attempts", "next_attempt_at", "sent_at", "last_error")
