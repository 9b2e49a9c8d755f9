"""The practice's patients: found by what they say of themselves, and the page of each.

What is looked for travels in the body of requests only: no name and no number is in an address.
"""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from appointments.agenda.selectors.patients import SHOWN, find_file, find_patients, past_of
from appointments.agenda.selectors.search import AT_A_GLANCE, Found, search
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_act, practice_page
from appointments.places.rights import kept_practitioners

LONGEST = 100


def hits_of(request: HttpRequest, words: str) -> dict[str, Any]:
    """What a list of files shows."""
    found = find_patients(words[:LONGEST], actor=actor_of(request), now=timezone.now())
    return {"hits": found[:SHOWN], "are_more": len(found) > SHOWN, "today": timezone.localdate()}


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def patients(request: HttpRequest) -> HttpResponse:
    words = request.POST.get("words", "")[:LONGEST]
    context = {"nav": "patients", "words": words, **_bookable(request)}
    if request.method == "POST":
        context["found"] = _search(request, words, SHOWN) if "choosing" not in request.POST else hits_of(request, words)
    name = "patients.html"
    if request.htmx:  # type: ignore[attr-defined]
        name = "patients_found.html"
    return render(request, f"practice/{name}", context)


@practice_act
def patients_quick(request: HttpRequest) -> HttpResponse:
    """Under the field at the side, while one types."""
    words = request.POST.get("words", "")[:LONGEST]
    context = {"words": words, "found": _search(request, words, AT_A_GLANCE), **_bookable(request)}
    return render(request, "practice/patients_quick.html", context)


def _search(request: HttpRequest, words: str, most: int) -> Found:
    now = timezone.now()
    return search(words, actor=actor_of(request), now=now, today=timezone.localdate(now), most=most)


@require_http_methods(["GET", "HEAD"])
@practice_page
def patient_file(request: HttpRequest, patient_id: uuid.UUID) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    patient = find_file(patient_id, actor=actor)
    if patient is None:
        raise Http404
    if patient.pk != patient_id:  # merged since
        return redirect("patient-file", patient.pk)
    past = past_of(patient, actor=actor, now=now)
    context = {
        "nav": "patients",
        "patient": patient,
        "past": past,
        "today": timezone.localdate(now),
        **_bookable(request),
    }
    return render(request, "practice/patient_file.html", context)


def _bookable(request: HttpRequest) -> dict[str, Any]:
    """With whom a visit may be taken from here."""
    return {"bookable": kept_practitioners(actor_of(request), Level.BOOK)}
