"""What comes from elsewhere: a former software's appointments, and the calendars that one keeps beside."""

from django.urls import path

from appointments.imports.views import other_calendars, runs

urlpatterns = [
    path("cabinet/<uuid:organization_id>/import/", runs.imports, name="imports"),
    path("cabinet/import/<uuid:run_id>/", runs.import_run, name="import"),
    path("cabinet/import/<uuid:run_id>/acte/", runs.import_act, name="import-act"),
    path("agenda/<uuid:practitioner_id>/autres-agendas/", other_calendars.other_calendars, name="other-calendars"),
    path(
        "agenda/<uuid:practitioner_id>/autres-agendas/<uuid:other_id>/",
        other_calendars.other_calendar_act,
        name="other-calendar-act",
    ),
]
