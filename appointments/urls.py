"""Addresses of the agenda. No personal data in any: outward ids are UUIDs, slots have keys."""

from django.urls import URLPattern, path

from appointments.views import booking, referrals, slots

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
practice_urls: list[URLPattern] = []

urlpatterns = [*booking_urls, *practice_urls]
