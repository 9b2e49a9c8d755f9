"""Reasons, rules, absences and closures in the administration.

Rules are for reading: they are written on the practice's own pages, where what they touch is told.
"""

import uuid
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.administration import ReadOnly, ReadOnlyAdmin
from appointments.models import Absence, Closure, Reason, ReasonAt, Rule, RuleDayOff, RuleOffer
from appointments.models.openings import WEEKDAYS
from appointments.places.locking import LocksCalendars
from appointments.places.selectors import calendars_at, calendars_in


class ReasonAtInline(admin.TabularInline):
    model = ReasonAt
    extra = 0
    fields = ("schedule", "minutes", "buffer_after", "active")


@admin.register(Reason)
class ReasonAdmin(LocksCalendars, admin.ModelAdmin):
    list_display = ("label", "organization", "minutes", "active")
    list_select_related = ("organization",)
    list_filter = ("active", "organization")
    search_fields = ("label", "label_folded", "organization__name")
    inlines = (ReasonAtInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Reason | None = None) -> tuple[str, ...]:
        return ("organization",) if obj is not None else ()

    def calendars_of(self, obj: Reason) -> set[uuid.UUID]:
        # Where it is done is written after it: at whatever agenda of its organization.
        return calendars_in(obj.organization_id)


class OfferInline(ReadOnly, admin.TabularInline):
    model = RuleOffer
    extra = 0
    fields = ("audience", "community", "reason", "open", "shown_from_minutes", "shown_until_minutes")


class DayOffInline(ReadOnly, admin.TabularInline):
    model = RuleDayOff
    extra = 0
    fields = ("day",)


@admin.register(Rule)
class RuleAdmin(ReadOnlyAdmin):
    list_display = ("schedule", "days", "start_time", "end_time", "step_minutes", "shown_to")
    list_select_related = ("schedule__calendar__practitioner", "schedule__location", "schedule__organization")
    list_filter = ("appointment_type", "organization")
    search_fields = ("schedule__calendar__practitioner__family_name", "schedule__location__name")
    inlines = (OfferInline, DayOffInline)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("offers")

    @admin.display(description="jours")
    def days(self, rule: Rule) -> str:
        return ", ".join(name for number, name in WEEKDAYS if number in rule.weekdays)

    @admin.display(description="montré à")
    def shown_to(self, rule: Rule) -> str:
        return ", ".join(rule.audiences) or "interne"


class _Moment(forms.DateTimeField):
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class PeriodForm(forms.ModelForm):
    """Whole days, or two moments."""

    start = _Moment(label="de", required=False)
    end = _Moment(label="à", required=False)


@admin.register(Absence)
class AbsenceAdmin(LocksCalendars, admin.ModelAdmin):
    """Without what it is about: that is between the practitioner and who keeps their agenda."""

    form = PeriodForm
    fields = ("calendar", "schedule", "first_day", "last_day", "start", "end", "replacement")
    list_display = ("calendar", "first_day", "last_day", "start", "end")
    list_select_related = ("calendar__practitioner",)
    list_filter = ("start", "first_day")
    search_fields = ("calendar__practitioner__family_name",)

    def calendars_of(self, obj: Absence) -> set[uuid.UUID]:
        return {obj.calendar_id}


@admin.register(Closure)
class ClosureAdmin(LocksCalendars, admin.ModelAdmin):
    form = PeriodForm
    fields = ("location", "first_day", "last_day", "start", "end", "label")
    list_display = ("location", "first_day", "last_day", "start", "end", "label")
    list_select_related = ("location",)
    search_fields = ("location__name", "label")

    def calendars_of(self, obj: Closure) -> set[uuid.UUID]:
        return calendars_at(obj.location_id)
