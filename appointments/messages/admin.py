"""What patients were told, in the administration: for reading."""

from django.contrib import admin

from accounts.administration import ReadOnlyAdmin
from appointments.models import PatientMessage


@admin.register(PatientMessage)
class PatientMessageAdmin(ReadOnlyAdmin):
    list_display = ("event", "kind", "state", "attempts", "sent_at", "cause")
    list_select_related = ("event",)
    list_filter = ("state", "kind")
    fields = ("event", "kind", "state", "attempts", "next_attempt_at", "lease_until", "sent_at", "cause")
