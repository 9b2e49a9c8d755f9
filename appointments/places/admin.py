"""Structures, lines of time and practitioners in the administration."""

import uuid
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.admin import PractitionerAdmin
from accounts.administration import FrenchAdmin
from accounts.enums import OrganizationKind
from accounts.models import Organization, Practitioner
from appointments.models import Calendar, CommunityMember, Location
from appointments.places.locking import LocksCalendars
from appointments.places.selectors import calendars_in


class LocationInline(admin.StackedInline):
    """A place is added here, and changed on its own page: there it is told what that touches."""

    model = Location
    extra = 0
    can_delete = False
    show_change_link = True
    fields = (
        "name",
        "line",
        "postal_code",
        "city",
        "time_zone",
        "holidays",
        "phone",
        "email",
        "access_by_day",
        "access_by_night",
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Organization)
class OrganizationAdmin(LocksCalendars, FrenchAdmin):
    list_display = ("name", "finess", "siret", "rpps_rank", "adeli_rank")
    search_fields = ("name", "finess", "siret", "rpps_rank", "adeli_rank")
    inlines = (LocationInline,)
    # On « En ligne », which keeps who changed them.
    exclude = ("online_booking", "online_cutoff_hours")

    def get_readonly_fields(self, request: HttpRequest, obj: Organization | None = None) -> tuple[str, ...]:
        # Offers name a community by its kind.
        return ("kind",) if obj is not None else ()

    def calendars_of(self, obj: Organization) -> set[uuid.UUID]:
        return calendars_in(obj.pk)


@admin.register(CommunityMember)
class CommunityMemberAdmin(FrenchAdmin):
    """To which communities an organization's agendas may be opened, on « Qui voit quoi »."""

    list_display = ("organization", "community")
    list_select_related = ("organization", "community")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "community":
            options["queryset"] = Organization.objects.filter(kind=OrganizationKind.COMMUNITY)
        return super().formfield_for_foreignkey(db_field, request, **options)


@admin.register(Calendar)
class CalendarAdmin(LocksCalendars, FrenchAdmin):
    """One line of time for each practitioner, and one for a place that has no practitioner of its own."""

    list_display = ("__str__", "kind")
    list_select_related = ("practitioner",)
    list_filter = ("kind",)
    search_fields = ("practitioner__family_name", "practitioner__given_name", "practitioner__rpps")
    fields = ("kind", "practitioner")
    # No order of the model's own: whoever locks these rows would join who they are of.
    ordering = ("practitioner",)

    def get_readonly_fields(self, request: HttpRequest, obj: Calendar | None = None) -> tuple[str, ...]:
        return ("kind", "practitioner") if obj is not None else ("kind",)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        # Those that are made here are practitioners'.
        return super().formfield_for_foreignkey(db_field, request, **options | {"required": True})

    def calendars_of(self, obj: Calendar) -> set[uuid.UUID]:
        return {obj.pk}


admin.site.unregister(Practitioner)


@admin.register(Practitioner)
class PractitionerWithCalendarAdmin(LocksCalendars, PractitionerAdmin):
    """As the accounts have it; names and numbers are told with every slot."""

    def calendars_of(self, obj: Practitioner) -> set[uuid.UUID]:
        return set(Calendar.objects.filter(practitioner=obj.pk).values_list("pk", flat=True))
