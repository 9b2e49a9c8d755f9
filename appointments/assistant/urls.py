"""The set-up of an organization."""

from django.urls import URLPattern, URLResolver, include, path

from appointments.assistant.views import hours, places, practice, practitioners, steps

of_an_organization: list[URLPattern | URLResolver] = [
    path("", practice.assistant, name="assistant"),
    path("cabinet/", practice.practice, name="assistant-practice"),
    path("praticiens/", practitioners.practitioners, name="assistant-practitioners"),
    path("praticiens/<uuid:practitioner_id>/", practitioners.practitioner, name="assistant-practitioner"),
    path("lieux/", places.places, name="assistant-places"),
    path("lieux/nouveau/", places.place, name="assistant-place-new"),
    path("lieux/<uuid:location_id>/", places.place, name="assistant-place"),
    path("motifs/", steps.reasons, name="assistant-reasons"),
    path("motifs/<uuid:practitioner_id>/", steps.starting_reasons, name="assistant-starting-reasons"),
    path("horaires/", hours.hours, name="assistant-hours"),
    path("horaires/<uuid:practitioner_id>/", hours.week, name="assistant-week"),
    path("qui-voit-quoi/", steps.step, {"name": "assistant-audiences"}, name="assistant-audiences"),
    path("secretaires/", steps.step, {"name": "assistant-team"}, name="assistant-team"),
    path("verifier/", steps.check, name="assistant-check"),
    path("publier/", steps.publishing, name="assistant-publish"),
]

urlpatterns = [
    path("mise-en-place/", practice.assistant_home, name="assistant-home"),
    path("mise-en-place/<uuid:organization_id>/", include(of_an_organization)),
]
