"""Addresses of the agenda. No personal data in any: outward ids are UUIDs, slots have keys."""

from django.urls import include, path, register_converter

from appointments.days import DayConverter

register_converter(DayConverter, "day")

urlpatterns = [
    path("", include("appointments.agenda.urls")),
    path("", include("appointments.call.urls")),
    path("", include("appointments.online.urls")),
    path("", include("appointments.setup.urls")),
    path("", include("appointments.access.urls")),
    path("", include("appointments.imports.urls")),
    path("", include("appointments.paper.urls")),
    path("", include("appointments.statistics.urls")),
    path("", include("appointments.assistant.urls")),
    path("", include("appointments.messages.urls")),
]
