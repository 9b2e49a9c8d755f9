"""Reasons, rules, absences and closures in the administration.

For reading: they are written on the practice's own pages, where they are checked, where hours are those of the place, and where
what they touch is told.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest

from accounts.administration import ReadOnly, ReadOnlyAdmin
from accounts.french import hour, plain_date
from appointments.models import Absence, Closure, Reason, ReasonAt, Rule, RuleDayOff, RuleOffer
from appointments.models.openings import WEEKDAYS


class ReasonAtInline(ReadOnly, admin.TabularInline):
    model = ReasonAt
    extra = 0
    fields = ("schedule", "minutes", "buffer_after", "active")

    def get_queryset(self, request: HttpRequest) -> Any:
        return (
            super()
            .get_queryset(request)
            .select_related("reason", "schedule__calendar__practitioner", "schedule__location")
        )


@admin.register(Reason)
class ReasonAdmin(ReadOnlyAdmin):
    list_display = ("label", "organization", "minutes", "active")
    list_select_related = ("organization",)
    list_filter = ("active", "organization")
    search_fields = ("label", "label_folded", "organization__name")
    inlines = (ReasonAtInline,)


class OfferInline(ReadOnly, admin.TabularInline):
    model = RuleOffer
    extra = 0
    fields = ("audience", "community", "reason", "open", "shown_from_minutes", "shown_until_minutes")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("community", "reason")


class DayOffInline(ReadOnly, admin.TabularInline):
    model = RuleDayOff
    fk_name = "rule"
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


def _moment(row: Absence | Closure, moment: datetime | None) -> str:
    """At the clock of its place, which is named: whoever administers may be elsewhere."""
    if moment is None:
        return "–"
    place = row.location if isinstance(row, Closure) else row.schedule and row.schedule.location
    zone = place.zone if place else ZoneInfo(settings.TIME_ZONE)
    local = moment.astimezone(zone)
    return f"{plain_date(local.date())}, {hour(local)} ({zone})"


class PeriodAdmin(ReadOnlyAdmin):
    readonly_fields = ("begins", "ends")

    @admin.display(description="de")
    def begins(self, row: Absence | Closure) -> str:
        return _moment(row, row.start)

    @admin.display(description="à")
    def ends(self, row: Absence | Closure) -> str:
        return _moment(row, row.end)


@admin.register(Absence)
class AbsenceAdmin(PeriodAdmin):
    """Without what it is about: that is between the practitioner and who keeps their agenda."""

    fields = ("calendar", "schedule", "first_day", "last_day", "begins", "ends", "replacement")
    list_display = ("calendar", "first_day", "last_day", "begins", "ends")
    list_select_related = ("calendar__practitioner", "schedule__location")
    list_filter = ("start", "first_day")
    search_fields = ("calendar__practitioner__family_name",)


@admin.register(Closure)
class ClosureAdmin(PeriodAdmin):
    fields = ("location", "first_day", "last_day", "begins", "ends", "label")
    list_display = ("location", "first_day", "last_day", "begins", "ends", "label")
    list_select_related = ("location",)
    search_fields = ("location__name", "label")
