"""What patients go through by themselves. No address names anybody but who receives."""

from django.urls import path

from appointments.online.views import booking, finding, settings

urlpatterns = [
    path("rendez-vous-en-ligne/", finding.search, name="online-find"),
    path("rendez-vous-en-ligne/praticien/<uuid:practitioner_id>/", finding.practitioner, name="online-practitioner"),
    path("rendez-vous-en-ligne/praticien/<uuid:practitioner_id>/heures/", finding.hours, name="online-hours"),
    path("rendez-vous-en-ligne/choisir/", booking.choose, name="online-choose"),
    path("rendez-vous-en-ligne/reservation/<uuid:booking_id>/", booking.details, name="online-details"),
    path("rendez-vous-en-ligne/reservation/<uuid:booking_id>/code/", booking.code, name="online-code"),
    path(
        "rendez-vous-en-ligne/reservation/<uuid:booking_id>/code/autre/", booking.code_again, name="online-code-again"
    ),
    path("rendez-vous-en-ligne/reservation/<uuid:booking_id>/confirmee/", booking.done, name="online-done"),
    path("cabinet/<uuid:organization_id>/en-ligne/", settings.settings, name="online-settings"),
]
