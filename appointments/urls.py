"""Addresses of the agenda. No personal data in any: outward ids are UUIDs, slots have keys."""

from django.urls import URLPattern, path, register_converter

from appointments.days import DayConverter
from appointments.views import agenda, appointment, booking, openings, referrals, slots

register_converter(DayConverter, "day")

# What a regulator goes through: slots of a practitioner, booking, confirmation, own list.
booking_urls: list[URLPattern] = [
    path("praticien/<uuid:practitioner_id>/", slots.practitioner_slots, name="practitioner-slots"),
    path("rendez-vous/nouveau/", booking.book, name="book"),
    path(
        "rendez-vous/<uuid:appointment_id>/confirmation/",
        referrals.appointment_confirmation,
        name="appointment-confirmation",
    ),
    path("orientations/", referrals.my_referrals, name="my-referrals"),
]

# What a practice works in: agenda, one appointment, rules and absences.
practice_urls: list[URLPattern] = [
    path("", agenda.home, name="home"),
    path("agenda/", agenda.agenda, name="agenda"),
    path("agenda/<uuid:practitioner_id>/semaine/<day:day>/", agenda.agenda_week, name="agenda-week"),
    path("agenda/<uuid:practitioner_id>/jour/<day:day>/", agenda.agenda_day, name="agenda-day"),
    path("agenda/<uuid:practitioner_id>/horaires/", openings.openings, name="openings"),
    path("agenda/<uuid:practitioner_id>/horaires/regle/", openings.rule, name="rule-new"),
    path("agenda/<uuid:practitioner_id>/horaires/regle/<uuid:rule_id>/", openings.rule, name="rule"),
    path(
        "agenda/<uuid:practitioner_id>/horaires/regle/<uuid:rule_id>/supprimer/",
        openings.rule_delete,
        name="rule-delete",
    ),
    path("agenda/<uuid:practitioner_id>/horaires/absence/", openings.absence, name="absence-new"),
    path("agenda/<uuid:practitioner_id>/horaires/absence/<uuid:absence_id>/", openings.absence, name="absence"),
    path(
        "agenda/<uuid:practitioner_id>/horaires/absence/<uuid:absence_id>/supprimer/",
        openings.absence_delete,
        name="absence-delete",
    ),
    path("rendez-vous/<uuid:appointment_id>/", appointment.appointment, name="appointment"),
    path("rendez-vous/<uuid:appointment_id>/deplacer/", appointment.appointment_move, name="appointment-move"),
    path("rendez-vous/<uuid:appointment_id>/confier/", appointment.appointment_reassign, name="appointment-reassign"),
    path("rendez-vous/<uuid:appointment_id>/statut/", appointment.appointment_status, name="appointment-status"),
    path("rendez-vous/<uuid:appointment_id>/annuler/", appointment.appointment_cancel, name="appointment-cancel"),
]

urlpatterns = [*booking_urls, *practice_urls]
