"""The practice's patients: found by what they say of themselves, and the page of each.

What is looked for travels in the body of requests only: no name and no number is in an address.
"""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from appointments.agenda.forms.files import IdentityForm, NoteForm
from appointments.agenda.selectors.likely import likely_files
from appointments.agenda.selectors.patient import Merged, merges_of, messages_to
from appointments.agenda.selectors.patients import SHOWN, find_file, past_of
from appointments.agenda.selectors.search import AT_A_GLANCE, Found, search
from appointments.agenda.selectors.side_by_side import pairs_of
from appointments.booking.services.corrections import check_identity, write_note
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Patient
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_act, practice_page
from appointments.places.rights import kept_practitioners

LONGEST = 100


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def patients(request: HttpRequest) -> HttpResponse:
    words = request.POST.get("words", "")[:LONGEST]
    context = {"nav": "patients", "words": words, **_bookable(request)}
    if request.method == "POST":
        context["found"] = _search(request, words, SHOWN)
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
    patient = _file(request, patient_id, Level.SEE)
    if patient.pk != patient_id:  # merged since
        return redirect("patient-file", patient.pk)
    return _page(request, patient)


@practice_act
def patient_note(request: HttpRequest, patient_id: uuid.UUID) -> HttpResponse:
    patient, form = _file(request, patient_id, Level.BOOK), NoteForm(request.POST)
    if not form.is_valid():
        return _page(request, patient, form, 422)
    note, version = form.cleaned_data["note"], form.cleaned_data["version"]
    return _changed(request, patient, partial(write_note, note=note, version=version), "Note enregistrée.", form)


@practice_act
def patient_identity(request: HttpRequest, patient_id: uuid.UUID) -> HttpResponse:
    """The practice has seen an identity document."""
    patient, form = _file(request, patient_id, Level.BOOK), IdentityForm(request.POST)
    version = form.cleaned_data["version"] if form.is_valid() else None
    return _changed(request, patient, partial(check_identity, version=version), "Identité vérifiée sur pièce.")


def _changed(
    request: HttpRequest, patient: Patient, act: Callable[..., Patient], told: str, form: NoteForm | None = None
) -> HttpResponse:
    try:
        file = act(patient_id=patient.pk, by=actor_of(request), now=timezone.now())
    except NotAllowed:
        raise Http404 from None
    except (ChangedMeanwhile, Refused) as refusal:
        status = 409 if isinstance(refusal, ChangedMeanwhile) else 422
        return _page(request, _file(request, patient.pk, Level.BOOK), form, status, str(refusal))
    messages.success(request, told)
    return redirect("patient-file", file.pk)


def _file(request: HttpRequest, patient_id: uuid.UUID, level: Level) -> Patient:
    patient = find_file(patient_id, actor=actor_of(request), level=level)
    if patient is None:
        raise Http404
    return patient


def _page(
    request: HttpRequest, patient: Patient, form: NoteForm | None = None, status: int = 200, refused: str = ""
) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    past, bookable = past_of(patient, actor=actor, now=now), kept_practitioners(actor, Level.BOOK)
    may_change = any(actor.may(Level.BOOK, one.practitioner_id, one.organization_id) for one in past.every)
    likely = likely_files(patient, actor=actor) if may_change else []
    note = (form["note"].value() or "") if form is not None else patient.practice_note
    context = {
        "nav": "patients",
        "patient": patient,
        "past": past,
        "bookable": bookable,
        "may_change": may_change,
        "pairs": pairs_of(patient, likely[:1], actor=actor),
        "others": len(likely) - 1,
        "merges": [Merged(one, now) for one in merges_of(patient)],
        "sent": messages_to(past.every),
        "note_form": form or NoteForm(initial={"note": patient.practice_note}),
        "note": note,
        "refused": refused,
        "today": timezone.localdate(now),
    }
    return render(request, "practice/patient_file.html", context, status=status)


def _bookable(request: HttpRequest) -> dict[str, Any]:
    """With whom a visit may be taken from here."""
    return {"bookable": kept_practitioners(actor_of(request), Level.BOOK)}
