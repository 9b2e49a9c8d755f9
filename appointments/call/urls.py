"""What a regulator goes through: slots of a practitioner, booking, confirmation, own list."""

from django.urls import path

from appointments.call.views import booking, confirmation, correction, holding, moving, referrals, slots, waiting

urlpatterns = [
    path("praticien/<uuid:practitioner_id>/", slots.practitioner_slots, name="practitioner-slots"),
    path("praticien/<uuid:practitioner_id>/liste-d-attente/", waiting.wait_for, name="wait-for"),
    path("garde/", holding.hold, name="hold"),
    path("rendez-vous/nouveau/", booking.book, name="book"),
    path("rendez-vous/nouveau/saisies/", booking.draft, name="draft"),
    path(
        "rendez-vous/<uuid:appointment_id>/confirmation/",
        confirmation.appointment_confirmation,
        name="appointment-confirmation",
    ),
    path("rendez-vous/<uuid:appointment_id>/corriger/", correction.correct_given, name="correct-given"),
    path("rendez-vous/<uuid:appointment_id>/autre-creneau/", moving.move, name="move-referral"),
    path("rendez-vous/<uuid:appointment_id>/meme-patient/", confirmation.same_patient, name="same-patient"),
    path("orientations/", referrals.my_referrals, name="my-referrals"),
]
