"""What a practice did, in figures: of its own, and for the SAS. No address holds more than days and an agenda's key."""

from django.urls import path

from appointments.statistics import views

urlpatterns = [
    path("cabinet/<uuid:organization_id>/activite/", views.statistics, name="statistics"),
    path("cabinet/<uuid:organization_id>/activite/fichier/", views.statistics_file, name="statistics-file"),
    path("cabinet/<uuid:organization_id>/activite/sas/", views.sas, name="sas-report"),
    path("cabinet/<uuid:organization_id>/activite/sas/fichier/", views.sas_file, name="sas-report-file"),
]
