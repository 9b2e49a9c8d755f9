"""What a practice works in: its agenda, and one appointment."""

from django.urls import path

from appointments.agenda.views import (
    agenda,
    appointment,
    booking,
    choosing,
    closing,
    files,
    finding,
    moving,
    patient,
    patients,
    present,
)

urlpatterns = [
    path("", agenda.home, name="home"),
    path("agenda/", agenda.agenda, name="agenda"),
    path("agenda/affichage/", agenda.agenda_look, name="agenda-look"),
    path("agenda/present/", present.present, name="present"),
    path("agenda/present/faits/", present.present_facts, name="present-facts"),
    path("a-clore/", closing.closing, name="closing"),
    path("agenda/<uuid:practitioner_id>/semaine/<day:day>/", agenda.agenda_week, name="agenda-week"),
    path("agenda/<uuid:practitioner_id>/jour/<day:day>/", agenda.agenda_day, name="agenda-day"),
    path("agenda/<uuid:practitioner_id>/rendez-vous/nouveau/", booking.new_appointment, name="new-appointment"),
    path("agenda/<uuid:practitioner_id>/patients/", choosing.patient_choices, name="patient-choices"),
    path("agenda/creneaux/", finding.slot_finder, name="slot-finder"),
    path("agenda/rendez-vous/", booking.book_slot, name="book-slot"),
    path("patients/", patients.patients, name="patients"),
    path("patients/chercher/", patients.patients_quick, name="patients-quick"),
    path("patients/<uuid:patient_id>/", patients.patient_file, name="patient-file"),
    path("rendez-vous/<uuid:appointment_id>/", appointment.appointment, name="appointment"),
    path("rendez-vous/<uuid:appointment_id>/sas/", present.appointment_outward, name="appointment-outward"),
    path("rendez-vous/<uuid:appointment_id>/deplacer/", moving.appointment_move, name="appointment-move"),
    path("rendez-vous/<uuid:appointment_id>/confier/", moving.appointment_reassign, name="appointment-reassign"),
    path("rendez-vous/<uuid:appointment_id>/modifier/", moving.appointment_change, name="appointment-change"),
    path("rendez-vous/<uuid:appointment_id>/defaire/", moving.appointment_undo, name="appointment-undo"),
    path("rendez-vous/<uuid:appointment_id>/statut/", appointment.appointment_status, name="appointment-status"),
    path("rendez-vous/<uuid:appointment_id>/arrivee/", appointment.appointment_arrival, name="appointment-arrival"),
    path("rendez-vous/<uuid:appointment_id>/patient/", patient.correct_patient, name="correct-patient"),
    path("rendez-vous/<uuid:appointment_id>/dossiers/", files.patient_files, name="patient-files"),
    path("rendez-vous/<uuid:appointment_id>/rattacher/", appointment.appointment_join, name="appointment-join"),
    path("rendez-vous/<uuid:appointment_id>/prevenu/", appointment.appointment_told, name="appointment-told"),
    path("rendez-vous/<uuid:appointment_id>/annuler/", appointment.appointment_cancel, name="appointment-cancel"),
]
