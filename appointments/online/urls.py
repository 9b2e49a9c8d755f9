"""What patients go through by themselves. No address names anybody but who receives."""

from django.urls import path

from appointments.online.views import finding, settings

urlpatterns = [
    path("rendez-vous-en-ligne/", finding.search, name="online-find"),
    path("rendez-vous-en-ligne/praticien/<uuid:practitioner_id>/", finding.practitioner, name="online-practitioner"),
    path("rendez-vous-en-ligne/praticien/<uuid:practitioner_id>/heures/", finding.hours, name="online-hours"),
    path("cabinet/<uuid:organization_id>/en-ligne/", settings.settings, name="online-settings"),
]
