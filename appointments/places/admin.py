"""Structures, places and agendas in the administration."""

from django.contrib import admin
from django.http import HttpRequest

from appointments.models import Location, Organization, Schedule


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
