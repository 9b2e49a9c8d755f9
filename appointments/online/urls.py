"""What patients go through by themselves. No address names anybody but who receives."""

from django.urls import path

from appointments.online.views import booking, finding, information, managing, settings, waiting

# Those of links are short: an SMS counts its letters.
urlpatterns = [
    path("rendez-vous-en-ligne/", finding.search, name="online-find"),
    path("rendez-vous-en-ligne/praticien/<uuid:practitioner_id>/", finding.practitioner, name="online-practitioner"),
    path("rendez-vous-en-ligne/praticien/<uuid:practitioner_id>/heures/", finding.hours, name="online-hours"),
    path("rendez-vous-en-ligne/praticien/<uuid:practitioner_id>/attente/", waiting.wait, name="online-wait"),
    path("a/<str:token>/", waiting.waiting, name="online-waiting"),
    path("rendez-vous-en-ligne/choisir/", booking.choose, name="online-choose"),
    path("rendez-vous-en-ligne/reservation/<uuid:booking_id>/", booking.details, name="online-details"),
    path("rendez-vous-en-ligne/reservation/<uuid:booking_id>/code/", booking.code, name="online-code"),
    path(
        "rendez-vous-en-ligne/reservation/<uuid:booking_id>/code/autre/", booking.code_again, name="online-code-again"
    ),
    path("rendez-vous-en-ligne/reservation/<uuid:booking_id>/confirmee/", booking.done, name="online-done"),
    path("rendez-vous-en-ligne/mon-rendez-vous/", managing.mine, name="online-mine"),
    path("r/<str:token>/", managing.manage, name="online-manage"),
    path("r/<str:token>/deplacer/", managing.move, name="online-move"),
    path("r/<str:token>/plus-tot/", waiting.earlier, name="online-earlier"),
    path("r/<str:token>/annuler/", managing.cancel, name="online-cancel"),
    path("r/<str:token>/retard/", managing.late, name="online-late"),
    path("r/<str:token>/rendez-vous.ics", managing.calendar_file, name="online-calendar-file"),
    path("rendez-vous-en-ligne/accessibilite/", information.accessibility, name="online-accessibility"),
    path("rendez-vous-en-ligne/donnees/", information.data, name="online-data"),
    path("rendez-vous-en-ligne/mentions/", information.legal, name="online-legal"),
    path("cabinet/<uuid:organization_id>/en-ligne/", settings.settings, name="online-settings"),
]
