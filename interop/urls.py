"""Addresses under the FHIR root. Each answers with and without a final slash, without a redirect."""

from django.urls import re_path

from interop import views

urlpatterns = [
    re_path(r"^metadata/?\Z", views.Metadata.as_view(), name="fhir-metadata"),
    re_path(r"^Slot/?\Z", views.Slots.as_view(), name="fhir-slots"),
    re_path(r"^Practitioner/?\Z", views.Practitioners.as_view(), name="fhir-practitioners"),
    re_path(r"", views.Unknown.as_view(), name="fhir-unknown"),
]
