"""The page of one appointment, and what a practice does with it."""

import uuid
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.french import day_month, hour, to
from accounts.own_address import own_address
from accounts.zones import apart, are_several, there
from appointments.agenda.forms.changes import ArrivalForm, JoinForm, MoveForm, ReassignForm, StatusForm
from appointments.agenda.selectors.appointment_page import (
    Taker,
    history_of,
    neighbours_of,
    slots_to_move_to,
    takers_of,
    untold_by,
)
from appointments.agenda.selectors.likely import likely_files
from appointments.agenda.selectors.obstacles import obstacle_sentences
from appointments.booking.services.changes import (
    cancel_appointment,
    may_arrive,
    may_be_honoured,
    move_appointment,
    note_arrival,
    reassign_appointment,
    set_status,
    undo_arrival,
)
from appointments.booking.services.joining import first_file, join_patient, undo_join
from appointments.booking.services.obstacles import InTheWay
from appointments.enums import Status
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused, SlotTaken
from appointments.messages.services import note_told
from appointments.models import Appointment
from appointments.pages.access import actor_of, signed_in
from appointments.pages.practice import practice_act, side_of
from appointments.patients.selectors import given_otherwise
from appointments.version_field import VersionField

_DONE = {
    Status.FULFILLED: "Rendez-vous marqué honoré.",
    Status.NOSHOW: "Rendez-vous marqué non honoré.",
    Status.BOOKED: "Statut corrigé\u00a0: le rendez-vous est de nouveau confirmé.",
}


@dataclass(frozen=True, slots=True)
class _Again:
    """The button that sends the form of this id on, for what one has read stands in the way."""

    form_id: str
    going_on: str
    words: str


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A change that was refused: the forms as typed, and why."""

    status: int = 200
    problem: str = ""
    obstacles: tuple[str, ...] = ()
    again: _Again | None = None
    move: MoveForm | None = None
    reassign: ReassignForm | None = None


@require_http_methods(["GET", "HEAD"])
@signed_in
def appointment(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    found = _find(request, appointment_id, Level.SEE)
    if actor_of(request).is_regulator:
        return redirect("appointment-confirmation", found.id)
    return _page(request, found)


@practice_act
def appointment_status(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    found = _find(request, appointment_id)
    form = StatusForm(request.POST)
    if not form.is_valid():
        return _page(request, found, _Attempt(422, _first_error(form)))
    wanted, version = form.cleaned_data["status"], form.cleaned_data["version"]
    try:
        set_status(appointment_id=found.id, version=version, status=wanted, by=actor_of(request), now=timezone.now())
    except Refused as refusal:
        return _refused(request, found, refusal)
    messages.success(request, _DONE[wanted])
    return _back(request, found)


@practice_act
def appointment_arrival(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    found, form = _find(request, appointment_id), ArrivalForm(request.POST)
    if not form.is_valid():
        return _page(request, found, _Attempt(422, _first_error(form)))
    arrived, version = form.cleaned_data["arrived"], form.cleaned_data["version"]
    act = note_arrival if arrived else undo_arrival
    try:
        act(appointment_id=found.id, version=version, by=actor_of(request), now=timezone.now())
    except Refused as refusal:
        return _refused(request, found, refusal)
    messages.success(request, "Arrivée notée." if arrived else "Arrivée effacée.")
    return _back(request, found)


@practice_act
def appointment_move(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    found, now = _find(request, appointment_id), timezone.now()
    zone = found.schedule.location.zone
    form = MoveForm(request.POST, appointment=found, today=now.astimezone(zone).date())
    if not form.is_valid():
        return _page(request, found, _Attempt(422, _first_error(form), move=form))
    start, version = form.cleaned_data["start"], form.cleaned_data["version"]
    try:
        move_appointment(
            appointment_id=found.id,
            version=version,
            start=start,
            by=actor_of(request),
            now=now,
            despite=form.goes_on,
        )
    except InTheWay as warning:
        return _warned(
            request,
            found,
            warning,
            "deplacer-form",
            form.going_on(warning),
            "Déplacer quand même",
            move=form.as_typed(),
        )
    except Refused as refusal:
        return _refused(request, found, refusal, move=form)
    local = start.astimezone(zone)
    messages.success(request, f"Rendez-vous déplacé\u00a0: {day_month(local)} à {hour(local)}{there(zone)}.")
    return redirect("appointment", found.id)


@practice_act
def appointment_reassign(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    found = _find(request, appointment_id)
    takers = takers_of(found, actor=actor_of(request))
    form = ReassignForm(request.POST, schedules=_labels(takers, found))
    if not form.is_valid():
        return _page(request, found, _Attempt(422, _first_error(form), reassign=form))
    target = next(one.schedule for one in takers if str(one.schedule.id) == form.cleaned_data["schedule"])
    try:
        reassign_appointment(
            appointment_id=found.id,
            version=form.cleaned_data["version"],
            schedule_id=target.id,
            by=actor_of(request),
            now=timezone.now(),
            despite=form.goes_on,
        )
    except InTheWay as warning:
        return _warned(
            request, found, warning, "confier-form", form.going_on(warning), "Confier quand même", reassign=form
        )
    except Refused as refusal:
        return _refused(request, found, refusal, reassign=form)
    messages.success(request, f"Rendez-vous confié {to(target.practitioner)}, {target.location}.")
    return redirect("appointment", found.id)


@practice_act
def appointment_join(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    """To the file of somebody the practice knows, or back to the one it was booked for."""
    found, form = _find(request, appointment_id), JoinForm(request.POST)
    if not form.is_valid():
        return _page(request, found, _Attempt(422, _first_error(form)))
    file_id = form.cleaned_data["file"]
    act = undo_join if file_id is None else partial(join_patient, file_id=file_id)
    try:
        act(appointment_id=found.id, version=form.versions(), by=actor_of(request), now=timezone.now())
    except Refused as refusal:
        return _refused(request, found, refusal)
    into = "remis dans le dossier où il a été pris" if file_id is None else "rattaché au dossier de ce patient"
    messages.success(request, f"Rendez-vous {into}.")
    return redirect("appointment", found.id)


@practice_act
def appointment_told(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    found = _find(request, appointment_id)
    try:
        note_told(appointment_id=found.id, version=VersionField().clean(request.POST.get("version")))
    except Refused as refusal:
        return _refused(request, found, refusal)
    messages.success(request, "C’est noté\u00a0: le patient est prévenu.")
    return redirect("appointment", found.id)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def appointment_cancel(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    """GET asks for confirmation (the page's dialog does, with script). Also for the regulator who booked it."""
    actor, found = actor_of(request), _find(request, appointment_id)
    page = "appointment-confirmation" if actor.is_regulator else "appointment"
    if request.method != "POST":
        if actor.is_regulator or not found.is_booked:
            return redirect(page, found.id)
        side = side_of(request, found.practitioner_id, Level.BOOK)
        context = {
            **side.context("agenda"),
            "appointment": found,
            "has_begun": found.start <= timezone.now(),
        }
        return render(request, "practice/appointment_cancel.html", context)
    version = VersionField().clean(request.POST.get("version"))
    try:
        cancel_appointment(appointment_id=found.id, version=version, by=actor, now=timezone.now())
    except Refused as refusal:
        if actor.is_regulator:
            messages.error(request, str(refusal))
            return redirect(page, found.id)
        return _refused(request, found, refusal)
    messages.success(request, "Rendez-vous annulé\u00a0: son heure est de nouveau libre.")
    return redirect(page, found.id)


def _find(request: HttpRequest, appointment_id: uuid.UUID, level: Level = Level.BOOK) -> Appointment:
    """Raises Http404 where the person may not at least this."""
    actor = actor_of(request)
    rows = Appointment.objects.visible_to(actor, level).with_context().with_patient(actor)
    found = rows.filter(pk=appointment_id).first()
    if found is None:
        raise Http404
    return found


def _back(request: HttpRequest, appointment: Appointment) -> HttpResponse:
    """To the page of ours that the act was done from (`next`), else the appointment's."""
    page = own_address(request.POST.get("next"))
    return redirect(page) if page else redirect("appointment", appointment.id)


def _refused(
    request: HttpRequest,
    appointment: Appointment,
    refusal: Refused,
    *,
    move: MoveForm | None = None,
    reassign: ReassignForm | None = None,
) -> HttpResponse:
    """The page as it is now, with the reason on top. Who lost access meanwhile gets a 404."""
    if isinstance(refusal, NotAllowed):
        raise Http404
    status = 409 if isinstance(refusal, SlotTaken | ChangedMeanwhile) else 422
    return _page(request, _find(request, appointment.id), _Attempt(status, str(refusal), move=move, reassign=reassign))


def _warned(
    request: HttpRequest,
    appointment: Appointment,
    warning: InTheWay,
    form_id: str,
    going_on: str,
    words: str,
    *,
    move: MoveForm | None = None,
    reassign: ReassignForm | None = None,
) -> HttpResponse:
    """The page as it is now, with what stands in the way on top, and a button that goes on all the same."""
    zone = appointment.schedule.location.zone
    sentences = tuple(obstacle_sentences(warning.obstacles, actor=actor_of(request), zone=zone))
    attempt = _Attempt(409, "", sentences, _Again(form_id, going_on, words), move=move, reassign=reassign)
    return _page(request, _find(request, appointment.id), attempt)


def _page(request: HttpRequest, found: Appointment, attempt: _Attempt | None = None) -> HttpResponse:
    attempt = attempt or _Attempt()
    actor, now = actor_of(request), timezone.now()
    zone = found.schedule.location.zone
    today = now.astimezone(zone).date()
    before, after = neighbours_of(found, actor=actor)
    history = history_of(found)
    may_change = actor.may(Level.BOOK, found.practitioner_id, found.organization_id)
    giveable = may_change and found.is_booked and found.start >= now
    takers = takers_of(found, actor=actor) if giveable else []
    start = max(found.start.astimezone(zone).date(), today)
    side = side_of(request, found.practitioner_id)
    context: dict[str, Any] = {
        **side.context("agenda"),
        "several_clocks": are_several(one.location.zone for one in side.seen),
        "appointment": found,
        "patient": found.patient,
        "location": found.schedule.location,
        "zone": zone,
        "day": found.start.astimezone(zone).date(),
        "today": today,
        "before": before,
        "after": after,
        "history": history,
        "given": given_otherwise(found),
        "likely": likely_files(found, actor=actor) if may_change else [],
        "may_undo_join": may_change and first_file(found.id) not in {None, found.patient_id},
        "may_arrive": may_arrive(found, now),
        "may_fulfil": may_be_honoured(found, now),
        "has_begun": found.start <= now,
        "untold": untold_by(history) if found.start > now else None,
        "may_change": may_change,
        "slots": slots_to_move_to(found, now=now) if may_change and found.is_booked else [],
        "move": attempt.move or MoveForm(appointment=found, today=today, initial={"day": start}),
        "takers": takers,
        "reassign": attempt.reassign or ReassignForm(schedules=_labels(takers, found)),
        "problem": attempt.problem,
        "obstacles": attempt.obstacles,
        "again": attempt.again,
    }
    return render(request, "practice/appointment.html", context, status=attempt.status)


def _labels(takers: list[Taker], found: Appointment) -> list[tuple[Any, str]]:
    return [(taker.schedule, _label(taker, found)) for taker in takers]


def _label(taker: Taker, found: Appointment) -> str:
    """What they do, and the hour it is there, where the clock is another."""
    state = f" ({taker.state})" if taker.state else ""
    zone = taker.schedule.location.zone
    named = apart(zone, found.schedule.location.zone)
    then = f", {hour(found.start.astimezone(zone))}{named}" if named else ""
    return f"{taker.schedule.practitioner}{state}, {taker.schedule.practitioner.discipline}, {taker.schedule.location}{then}"


def _first_error(form: Any) -> str:
    return str(next(iter(form.errors.values()))[0])
