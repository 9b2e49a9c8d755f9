"""Reasons, rules, absences and closures in the administration.

For reading: they are written on the practice's own pages, where they are checked, where hours are those of the place, and where
what they touch is told.
"""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.db.models import Prefetch
from django.http import HttpRequest

from accounts.administration import ReadOnly, ReadOnlyAdmin, at_place
from accounts.french import clock
from accounts.zones import there
from appointments.models import Absence, Closure, Reason, ReasonAt, Rule, RuleDayOff, RuleOffer, Schedule
from appointments.models.openings import WEEKDAYS
from appointments.places.selectors import grid_zone


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
    list_display = ("schedule", "days", "hours", "step_minutes", "shown_to")
    list_select_related = ("schedule__calendar__practitioner", "schedule__location", "schedule__organization")
    list_filter = ("appointment_type", "organization")
    search_fields = ("schedule__calendar__practitioner__family_name", "schedule__location__name")
    inlines = (OfferInline, DayOffInline)
    exclude = ("start_time", "end_time")
    readonly_fields = ("hours",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("offers")

    @admin.display(description="jours")
    def days(self, rule: Rule) -> str:
        return ", ".join(name for number, name in WEEKDAYS if number in rule.weekdays)

    @admin.display(description="heures", ordering="start_time")
    def hours(self, rule: Rule) -> str:
        return f"{clock(rule.start_time)} – {clock(rule.end_time)}{there(rule.schedule.location.zone, always=True)}"

    @admin.display(description="montré à")
    def shown_to(self, rule: Rule) -> str:
        return ", ".join(rule.audiences) or "interne"


class PeriodAdmin(ReadOnlyAdmin):
    readonly_fields = ("begins", "ends")

    @admin.display(description="de")
    def begins(self, row: Absence | Closure) -> str:
        return at_place(row.start, self.zone_of(row))

    @admin.display(description="à")
    def ends(self, row: Absence | Closure) -> str:
        return at_place(row.end, self.zone_of(row))

    def zone_of(self, row: Absence | Closure) -> ZoneInfo:
        raise NotImplementedError


@admin.register(Absence)
class AbsenceAdmin(PeriodAdmin):
    """Without what it is about: that is between the practitioner and who keeps their agenda."""

    fields = ("calendar", "schedule", "first_day", "last_day", "begins", "ends", "replacement")
    list_display = ("whose", "first_day", "last_day", "begins", "ends")
    list_select_related = ("calendar__practitioner", "schedule__location")
    list_filter = ("start", "first_day")
    search_fields = ("calendar__practitioner__family_name",)

    @admin.display(description="praticien", ordering="calendar__practitioner")
    def whose(self, row: Absence) -> str:
        return str(row.calendar)

    def get_queryset(self, request: HttpRequest) -> Any:
        agendas = Schedule.objects.select_related("location").order_by("-active", "location")
        return super().get_queryset(request).prefetch_related(Prefetch("calendar__schedules", agendas))

    def zone_of(self, row: Absence | Closure) -> ZoneInfo:
        """Of what is everywhere, that of the practitioner's agenda."""
        assert isinstance(row, Absence)  # noqa: S101  # for the type checker
        return grid_zone([row.schedule] if row.schedule else list(row.calendar.schedules.all()))


@admin.register(Closure)
class ClosureAdmin(PeriodAdmin):
    fields = ("location", "first_day", "last_day", "begins", "ends", "label")
    list_display = ("location", "first_day", "last_day", "begins", "ends", "label")
    list_select_related = ("location",)
    search_fields = ("location__name", "label")

    def zone_of(self, row: Absence | Closure) -> ZoneInfo:
        assert isinstance(row, Closure)  # noqa: S101  # for the type checker
        return row.location.zone
