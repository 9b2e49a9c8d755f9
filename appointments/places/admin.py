"""Structures, places and agendas in the administration."""

import uuid
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin import PractitionerAdmin
from accounts.models import Organization, Practitioner
from appointments.models import Calendar, Location, Schedule
from appointments.places.locking import LocksCalendars
from appointments.places.selectors import calendars_at, calendars_in


class LocationInline(admin.StackedInline):
    model = Location
    extra = 0
    show_change_link = True
    fields = (
        "name",
        "line",
        "postal_code",
        "city",
        "time_zone",
        "holidays",
        "phone",
        "access_by_day",
        "access_by_night",
    )


@admin.register(Organization)
class OrganizationAdmin(LocksCalendars, admin.ModelAdmin):
    list_display = ("name", "finess", "siret", "rpps_rank", "adeli_rank")
    search_fields = ("name", "finess", "siret", "rpps_rank", "adeli_rank")
    inlines = (LocationInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Organization | None = None) -> tuple[str, ...]:
        # Offers name a community by its kind.
        return ("kind",) if obj is not None else ()

    def calendars_of(self, obj: Organization) -> set[uuid.UUID]:
        return calendars_in(obj.pk)


@admin.register(Location)
class LocationAdmin(LocksCalendars, admin.ModelAdmin):
    list_display = ("name", "organization", "postal_code", "city", "time_zone")
    list_select_related = ("organization",)
    list_filter = ("organization",)
    search_fields = ("name", "city", "postal_code", "organization__name")

    def get_readonly_fields(self, request: HttpRequest, obj: Location | None = None) -> tuple[str, ...]:
        # What stands at a place belongs to its organization.
        return ("organization",) if obj is not None else ()

    def calendars_of(self, obj: Location) -> set[uuid.UUID]:
        return calendars_at(obj.pk)


@admin.register(Calendar)
class CalendarAdmin(LocksCalendars, admin.ModelAdmin):
    """One line of time for each practitioner, and one for a place that has no practitioner of its own."""

    list_display = ("__str__", "kind")
    list_select_related = ("practitioner",)
    list_filter = ("kind",)
    search_fields = ("practitioner__family_name", "practitioner__given_name", "practitioner__rpps")
    fields = ("kind", "practitioner")

    def get_readonly_fields(self, request: HttpRequest, obj: Calendar | None = None) -> tuple[str, ...]:
        return ("kind", "practitioner") if obj is not None else ("kind",)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        # Those that are made here are practitioners'.
        return super().formfield_for_foreignkey(db_field, request, **options | {"required": True})

    def calendars_of(self, obj: Calendar) -> set[uuid.UUID]:
        return {obj.pk}


@admin.register(Schedule)
class ScheduleAdmin(LocksCalendars, admin.ModelAdmin):
    """To close an agenda, untick « ouvert ». Once made it keeps its line of time and place: the SAS knows it by them."""

    list_display = ("__str__", "location", "active")
    list_select_related = ("calendar__practitioner", "location", "organization")
    list_filter = ("active", "organization")
    search_fields = (
        "calendar__practitioner__family_name",
        "calendar__practitioner__given_name",
        "calendar__practitioner__rpps",
        "location__name",
    )
    fields = ("calendar", "location", "active", "finess", "siret", "rpps_rank", "adeli_rank")

    def get_readonly_fields(self, request: HttpRequest, obj: Schedule | None = None) -> tuple[str, ...]:
        return ("calendar", "location") if obj is not None else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        rows = {"calendar": Calendar.objects.select_related("practitioner"), "location": Location.objects.all()}
        return super().formfield_for_foreignkey(db_field, request, **options | {"queryset": rows[db_field.name]})

    def calendars_of(self, obj: Schedule) -> set[uuid.UUID]:
        return {obj.calendar_id}


admin.site.unregister(Practitioner)


@admin.register(Practitioner)
class PractitionerWithCalendarAdmin(LocksCalendars, PractitionerAdmin):
    """As the accounts have it; names and numbers are told with every slot."""

    def calendars_of(self, obj: Practitioner) -> set[uuid.UUID]:
        return set(Calendar.objects.filter(practitioner=obj.pk).values_list("pk", flat=True))
