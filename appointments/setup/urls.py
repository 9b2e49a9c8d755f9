"""When a practice receives: rules and absences."""

from django.urls import path

from appointments.setup import views

urlpatterns = [
    path("agenda/<uuid:practitioner_id>/horaires/", views.openings, name="openings"),
    path("agenda/<uuid:practitioner_id>/horaires/regle/", views.rule, name="rule-new"),
    path("agenda/<uuid:practitioner_id>/horaires/regle/<uuid:rule_id>/", views.rule, name="rule"),
    path(
        "agenda/<uuid:practitioner_id>/horaires/regle/<uuid:rule_id>/supprimer/",
        views.rule_delete,
        name="rule-delete",
    ),
    path("agenda/<uuid:practitioner_id>/horaires/absence/", views.absence, name="absence-new"),
    path("agenda/<uuid:practitioner_id>/horaires/absence/<uuid:absence_id>/", views.absence, name="absence"),
    path(
        "agenda/<uuid:practitioner_id>/horaires/absence/<uuid:absence_id>/supprimer/",
        views.absence_delete,
        name="absence-delete",
    ),
]
