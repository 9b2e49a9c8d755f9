"""Appointments and their events in the administration: for reading, only services change them. No patient data: who
administers the house is not who cares for its patients.
"""

from django.contrib import admin

from accounts.administration import ReadOnly, ReadOnlyAdmin
from appointments.models import Appointment, AppointmentEvent


class EventInline(ReadOnly, admin.StackedInline):
    model = AppointmentEvent
    extra = 0
    fields = readonly_fields = ("sequence", "kind", "at", "by_name", "snapshot")
    ordering = ("sequence",)
    show_change_link = True


@admin.register(Appointment)
class AppointmentAdmin(ReadOnlyAdmin):
    list_display = ("id", "practitioner", "start", "status", "origin")
    list_select_related = ("practitioner",)
    list_filter = ("status", "origin", "start")
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
        "origin",
        "by_regulator",
        "by_user",
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
