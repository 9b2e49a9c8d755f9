"""Appointments and their events in the administration: for reading, only services change them. No patient data: who
administers the house is not who cares for its patients.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from accounts.administration import ReadOnly, ReadOnlyAdmin, at_place
from appointments.models import Appointment, AppointmentEvent


class EventInline(ReadOnly, admin.StackedInline):
    model = AppointmentEvent
    extra = 0
    fields = readonly_fields = ("sequence", "kind", "happened", "by_name", "snapshot")
    ordering = ("sequence",)
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("appointment__schedule__location")

    @admin.display(description="le")
    def happened(self, event: AppointmentEvent) -> str:
        return at_place(event.at, event.appointment.schedule.location.zone)


@admin.register(Appointment)
class AppointmentAdmin(ReadOnlyAdmin):
    list_display = ("id", "practitioner", "begins", "status", "origin")
    list_select_related = ("practitioner", "schedule__location")
    list_filter = ("status", "origin", "start")
    search_fields = ("id", "practitioner__family_name", "practitioner__rpps")
    date_hierarchy = "start"
    inlines = (EventInline,)
    fields = (
        "id",
        "schedule",
        "begins",
        "ends",
        "status",
        "consultation_type",
        "appointment_type",
        "reason",
        "origin",
        "by_regulator",
        "by_user",
        "booked",
        "version",
    )
    readonly_fields = ("begins", "ends", "booked")

    @admin.display(description="début", ordering="start")
    def begins(self, row: Appointment) -> str:
        return at_place(row.start, row.schedule.location.zone)

    @admin.display(description="fin")
    def ends(self, row: Appointment) -> str:
        return at_place(row.end, row.schedule.location.zone)

    @admin.display(description="pris le")
    def booked(self, row: Appointment) -> str:
        return at_place(row.created_at, row.schedule.location.zone)


@admin.register(AppointmentEvent)
class AppointmentEventAdmin(ReadOnlyAdmin):
    list_display = ("appointment", "sequence", "kind", "happened", "by_name")
    list_select_related = ("appointment__schedule__location",)
    list_filter = ("kind", "at")
    search_fields = ("appointment__id",)
    ordering = ("-at",)
    fields = ("appointment", "sequence", "kind", "happened", "by_name", "snapshot")
    readonly_fields = ("happened",)

    @admin.display(description="le", ordering="at")
    def happened(self, event: AppointmentEvent) -> str:
        return at_place(event.at, event.appointment.schedule.location.zone)
