"""Addresses. Pages are French, FHIR routes are the standard's."""

from django.contrib import admin
from django.urls import include, path

from interop.views import Unknown
from sas_agenda.operations.overview import overview
from sas_agenda.security import security_txt

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("appointments.urls")),
    path(".well-known/security.txt", security_txt, name="security-txt"),
    path("exploitation/", overview, name="operations"),
    path("exploitation/", include("interop.operations.urls")),
    # The root itself: a platform writes it with a final slash or without.
    path("fhir", Unknown.as_view(), name="fhir-root"),
    path("fhir/", include("interop.urls")),
]

handler400 = "sas_agenda.errors.bad_request"
handler403 = "sas_agenda.errors.forbidden"
handler404 = "sas_agenda.errors.not_found"
handler500 = "sas_agenda.errors.server_error"
