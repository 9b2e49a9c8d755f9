"""Reasons, rules and absences in the administration."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from appointments.enums import ConsultationType, SlotType
from appointments.models import Absence, AvailabilityRule, Reason
from appointments.models.opening import WEEKDAYS


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
