"""What patients were told, in the administration: for reading."""

from django.contrib import admin

from accounts.administration import ReadOnlyAdmin
from appointments.models import PatientMessage


@admin.register(PatientMessage)
class PatientMessageAdmin(ReadOnlyAdmin):
    list_display = ("appointment", "kind", "channel", "state", "attempts", "sent_at", "cause")
    list_select_related = ("appointment",)
    list_filter = ("state", "kind", "channel")
    fields = (
        "appointment",
        "event",
        "kind",
        "channel",
        "state",
        "attempts",
        "next_attempt_at",
        "lease_until",
        "sent_at",
        "cause",
    )
