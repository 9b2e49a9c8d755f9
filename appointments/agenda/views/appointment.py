"""The page of one appointment, and what a practice does with it."""

import uuid
from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.enums import Level
from accounts.own_address import own_address
from appointments.agenda.forms.changes import ArrivalForm, CancelForm, JoinForm, StatusForm
from appointments.agenda.views.visit_page import (
    Attempt,
    find_appointment,
    first_error,
    go_back,
    say_done,
    show_page,
    show_panel,
    show_refusal,
)
from appointments.booking.services.changes import cancel_appointment, note_arrival, set_status, undo_arrival
from appointments.booking.services.joining import join_patient, undo_join
from appointments.enums import CancelledFor, Status
from appointments.exceptions import Refused
from appointments.messages.services.telling import (
    hand_over,
    leave_untold,
    note_missed,
    note_told,
    take_telling,
)
from appointments.pages.access import actor_of, signed_in
from appointments.pages.practice import practice_act, side_of
from appointments.version_field import VersionField

_DONE = {
    Status.FULFILLED: "Rendez-vous marqué honoré.",
    Status.NOSHOW: "Rendez-vous marqué non honoré.",
    Status.BOOKED: "Statut corrigé\u00a0: le rendez-vous est de nouveau confirmé.",
}


_TELLINGS: dict[str, tuple[Callable[..., None], str]] = {
    "prevenu": (note_told, "C’est noté\u00a0: le patient est prévenu."),
    "pas-joint": (note_missed, "C’est noté\u00a0: à rappeler dans 15\u00a0minutes."),
    "charge": (take_telling, "C’est noté\u00a0: vous prévenez le patient."),
    "sans": (leave_untold, "C’est noté\u00a0: le patient n’est pas prévenu."),
    "passer": (hand_over, "C’est noté\u00a0: l’autre équipe le voit dans sa liste."),
}


@require_http_methods(["GET", "HEAD"])
@signed_in
def appointment(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    found = find_appointment(request, appointment_id, Level.SEE)
    if actor_of(request).is_regulator:
        return redirect("appointment-confirmation", found.id)
    # Over the agenda it is a panel.
    return show_panel(request, found) if request.htmx else show_page(request, found)  # type: ignore[attr-defined]


@practice_act
def appointment_status(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    found = find_appointment(request, appointment_id)
    form = StatusForm(request.POST)
    if not form.is_valid():
        return show_page(request, found, Attempt(422, first_error(form)))
    wanted, version = form.cleaned_data["status"], form.cleaned_data["version"]
    try:
        set_status(appointment_id=found.id, version=version, status=wanted, by=actor_of(request), now=timezone.now())
    except Refused as refusal:
        return show_refusal(request, found, refusal)
    messages.success(request, _DONE[wanted])
    return go_back(request, found)


@practice_act
def appointment_arrival(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    found, form = find_appointment(request, appointment_id), ArrivalForm(request.POST)
    if not form.is_valid():
        return show_page(request, found, Attempt(422, first_error(form)))
    arrived, version = form.cleaned_data["arrived"], form.cleaned_data["version"]
    act = note_arrival if arrived else undo_arrival
    try:
        act(appointment_id=found.id, version=version, by=actor_of(request), now=timezone.now())
    except Refused as refusal:
        return show_refusal(request, found, refusal)
    messages.success(request, "Arrivée notée." if arrived else "Arrivée effacée.")
    return go_back(request, found)


@practice_act
def appointment_join(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    """To the file of somebody the practice knows, or back to the one it was booked for."""
    found, form = find_appointment(request, appointment_id), JoinForm(request.POST)
    if not form.is_valid():
        return show_page(request, found, Attempt(422, first_error(form)))
    file_id = form.cleaned_data["file"]
    act = undo_join if file_id is None else partial(join_patient, file_id=file_id)
    try:
        act(appointment_id=found.id, version=form.versions(), by=actor_of(request), now=timezone.now())
    except Refused as refusal:
        return show_refusal(request, found, refusal)
    into = "remis dans le dossier où il a été pris" if file_id is None else "rattaché au dossier de ce patient"
    messages.success(request, f"Rendez-vous {into}.")
    return redirect("appointment", found.id)


@require_POST
@signed_in
def appointment_told(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    """« J’ai prévenu », « Pas joint », « Je m’en charge » or to the other side (`acte`). Also for the regulator who booked it."""
    actor, found = actor_of(request), find_appointment(request, appointment_id)
    act, done = _TELLINGS.get(request.POST.get("acte", ""), _TELLINGS["prevenu"])
    version = VersionField().clean(request.POST.get("version"))
    try:
        act(appointment_id=found.id, version=version, by=actor, now=timezone.now())
    except Refused as refusal:
        if actor.is_regulator:
            messages.error(request, str(refusal))
            return redirect("appointment-confirmation", found.id)
        return show_refusal(request, found, refusal)
    messages.success(request, done)
    if actor.is_regulator:
        return redirect(own_address(request.POST.get("next")) or "my-referrals")
    return go_back(request, found)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def appointment_cancel(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    """GET asks for confirmation (the page's dialog does, with script). Also for the regulator who booked it."""
    actor, found = actor_of(request), find_appointment(request, appointment_id)
    page = "appointment-confirmation" if actor.is_regulator else "appointment"
    if request.method != "POST":
        if actor.is_regulator or not found.is_booked:
            return redirect(page, found.id)
        side = side_of(request, found.practitioner_id, Level.BOOK)
        context = {
            **side.context("agenda"),
            "appointment": found,
            "has_begun": found.start <= timezone.now(),
            "cancel": CancelForm(initial={"cancelled_for": CancelledFor.PATIENT}),
        }
        return render(request, "practice/appointment_cancel.html", context)
    form = CancelForm(request.POST)
    if not form.is_valid():
        if actor.is_regulator:
            messages.error(request, first_error(form))
            return redirect(page, found.id)
        return show_page(request, found, Attempt(422, first_error(form), cancel=form))
    try:
        cancelled = cancel_appointment(
            appointment_id=found.id,
            version=form.cleaned_data["version"],
            by=actor,
            now=timezone.now(),
            tell=form.tell,
            cancelled_for=form.cause(),
            because=form.cleaned_data["because"],
        )
    except Refused as refusal:
        if actor.is_regulator:
            messages.error(request, str(refusal))
            return redirect(page, found.id)
        return show_refusal(request, found, refusal, cancel=form)
    words = "Rendez-vous annulé\u00a0: son heure est de nouveau libre."
    if actor.is_regulator:
        messages.success(request, words)
        back = own_address(request.POST.get("next"))
        return redirect(back) if back else redirect(page, found.id)
    say_done(request, cancelled, words)
    return go_back(request, found)
