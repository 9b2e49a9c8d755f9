"""Addresses of probes and metrics, below the middleware of that name and nowhere else."""

from django.urls import re_path

from sas_agenda.operations import views

urlpatterns = [
    re_path(r"^health/live/?\Z", views.live, name="health-live"),
    re_path(r"^health/ready/?\Z", views.ready, name="health-ready"),
    re_path(r"^metrics/?\Z", views.exposition, name="metrics"),
]
