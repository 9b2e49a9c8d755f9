"""An appointment becomes another one: moved, given away, changed in everything; and what was done, taken back."""

import uuid
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.french import day_month, duration, hour, to
from accounts.zones import there
from appointments.agenda.forms.changes import MoveForm, ReassignForm, UndoForm
from appointments.agenda.forms.visit import VisitForm
from appointments.agenda.selectors.appointment_page import agenda_of, agendas_for, takers_of
from appointments.agenda.selectors.obstacles import obstacle_sentences
from appointments.agenda.views.visit_page import (
    Attempt,
    find_appointment,
    first_error,
    go_back,
    say_done,
    show_page,
    show_refusal,
    taker_labels,
    warn,
)
from appointments.booking.services.moving import Wanted, change_appointment, restore_appointment, undo_change
from appointments.booking.services.obstacles import InTheWay
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Appointment
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_act, practice_page, side_of
from appointments.slots.reader import reasons_done


@practice_act
def appointment_move(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    """By the form of its page, or from the grid: another hour, another length, the column of somebody else."""
    found, now = find_appointment(request, appointment_id), timezone.now()
    form = MoveForm(request.POST, appointment=found, today=_today(found, now))
    if not form.is_valid():
        return show_page(request, found, Attempt(422, first_error(form), move=form))
    data = form.cleaned_data
    wanted = Wanted(start=data["start"], minutes=data["minutes"])
    if (whose := data["practitioner"]) is not None and whose != found.practitioner_id:
        target = agenda_of(whose, found, start=data["start"], minutes=data["minutes"], actor=actor_of(request))
        if target is None:
            return show_page(request, found, Attempt(422, "Ce rendez-vous ne peut pas être confié à ce praticien."))
        wanted = Wanted(start=data["start"], minutes=data["minutes"], schedule_id=target.id)
    try:
        moved = _change(request, found, wanted, form, now)
    except InTheWay as warning:
        going_on = form.going_on(warning)
        return warn(request, found, warning, "deplacer-form", going_on, "Déplacer quand même", move=form.as_typed())
    except Refused as refusal:
        return show_refusal(request, found, refusal, move=form)
    say_done(request, moved, _moved_in_words(found, moved))
    return go_back(request, found)


@practice_act
def appointment_reassign(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    found = find_appointment(request, appointment_id)
    takers = takers_of(found, actor=actor_of(request))
    form = ReassignForm(request.POST, schedules=taker_labels(takers, found))
    if not form.is_valid():
        return show_page(request, found, Attempt(422, first_error(form), reassign=form))
    target = next(one.schedule for one in takers if str(one.schedule.id) == form.cleaned_data["schedule"])
    try:
        given = _change(request, found, Wanted(schedule_id=target.id), form, timezone.now())
    except InTheWay as warning:
        going_on = form.going_on(warning)
        return warn(request, found, warning, "confier-form", going_on, "Confier quand même", reassign=form)
    except Refused as refusal:
        return show_refusal(request, found, refusal, reassign=form)
    say_done(request, given, _moved_in_words(found, given))
    return redirect("appointment", found.id)


@practice_act
def appointment_undo(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    """What was last done to it; a cancellation, whatever came after."""
    found = find_appointment(request, appointment_id)
    form = UndoForm(request.POST)
    if not form.is_valid():
        return show_page(request, found, Attempt(422, first_error(form)))
    act = restore_appointment if found.is_cancelled else undo_change
    try:
        back = act(
            appointment_id=found.id,
            version=form.cleaned_data["version"],
            by=actor_of(request),
            now=timezone.now(),
            despite=form.goes_on,
        )
    except InTheWay as warning:
        return warn(request, found, warning, "defaire-form", form.going_on(warning), "Remettre quand même")
    except Refused as refusal:
        return show_refusal(request, found, refusal)
    say_done(request, back, f"C’est défait\u00a0: {_when(back)}, avec {back.practitioner}.")
    return go_back(request, found)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def appointment_change(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    """Everything of it in one form."""
    found, now = find_appointment(request, appointment_id), timezone.now()
    if not found.is_booked:
        if request.method == "POST":
            return show_page(
                request, found, Attempt(422, "Ce rendez-vous est clos\u00a0: il ne peut plus être modifié.")
            )
        return redirect("appointment", found.id)
    if request.method != "POST":
        return _form_page(request, found, _form(request, found, now))
    form = _form(request, found, now, data=request.POST)
    if not form.is_valid():
        return _form_page(request, found, form, status=422)
    try:
        changed = _change(request, found, form.wanted(), form, now)
    except InTheWay as warning:
        zone = found.schedule.location.zone
        said = obstacle_sentences(warning.obstacles, actor=actor_of(request), zone=zone)
        return _form_page(request, found, form, status=409, obstacles=said, going_on=form.going_on(warning))
    except NotAllowed:
        raise Http404 from None
    except ChangedMeanwhile as refusal:
        return _form_again(request, found, refusal, now)
    except Refused as refusal:
        if refusal.element in form.fields:
            form.add_error(refusal.element, str(refusal))
            return _form_page(request, found, form, status=422)
        return _form_page(request, found, form, status=422, problem=(str(refusal), []))
    usual = form.usual_length
    kept = f" La durée reste de {duration(found.minutes)}\u00a0; ce motif en prend {duration(usual)}." if usual else ""
    say_done(request, changed, f"Rendez-vous modifié.{kept}")
    return redirect("appointment", found.id)


def _change(request: HttpRequest, found: Appointment, wanted: Wanted, form: Any, now: datetime) -> Appointment:
    return change_appointment(
        appointment_id=found.id,
        version=form.cleaned_data["version"],
        wanted=wanted,
        by=actor_of(request),
        now=now,
        despite=form.goes_on,
        tell=form.tell,
    )


def _form(request: HttpRequest, found: Appointment, now: datetime, data: Any = None) -> VisitForm:
    takers = agendas_for(found, actor=actor_of(request))
    schedules = [(found.schedule, f"{found.practitioner}, {found.schedule.location}"), *taker_labels(takers, found)]
    reasons = reasons_done([one.id for one, _ in schedules])
    return VisitForm(data, appointment=found, schedules=schedules, reasons=reasons, today=_today(found, now))


def _form_again(request: HttpRequest, found: Appointment, refusal: Refused, now: datetime) -> HttpResponse:
    """What was typed, to be sent again by whoever has read what it is now."""
    fresh = find_appointment(request, found.id)
    if not fresh.is_booked:
        return show_refusal(request, fresh, refusal)
    data = request.POST.copy()
    data["version"] = str(fresh.version)
    form = _form(request, fresh, now, data=data)
    problem = str(refusal), form.differences(_form(request, fresh, now))
    return _form_page(request, fresh, form, status=409, problem=problem)


def _form_page(
    request: HttpRequest,
    found: Appointment,
    form: VisitForm,
    *,
    status: int = 200,
    problem: tuple[str, list[tuple[str, str]]] | None = None,
    obstacles: list[str] | None = None,
    going_on: str = "",
) -> HttpResponse:
    zone = found.schedule.location.zone
    context = {
        **side_of(request, found.practitioner_id, Level.BOOK).context("agenda"),
        "appointment": found,
        "zone": zone,
        "day": found.start.astimezone(zone).date(),
        "form": form,
        "problem": problem,
        "obstacles": obstacles or [],
        "going_on": going_on,
    }
    return render(request, "practice/appointment_change.html", context, status=status)


def _today(found: Appointment, now: datetime) -> Any:
    return now.astimezone(found.schedule.location.zone).date()


def _when(visit: Appointment) -> str:
    zone = visit.schedule.location.zone
    local = visit.start.astimezone(zone)
    return f"{day_month(local)} à {hour(local)}{there(zone)}"


def _moved_in_words(before: Appointment, after: Appointment) -> str:
    lost = " Son motif ne se fait pas là\u00a0: il n’est plus indiqué." if before.reason and not after.reason else ""
    if before.schedule_id != after.schedule_id:
        also = f", {_when(after)}" if before.start != after.start else ""
        return f"Rendez-vous confié {to(after.practitioner)}, {after.schedule.location}{also}.{lost}"
    if before.start != after.start:
        return f"Rendez-vous déplacé\u00a0: {_when(after)}."
    return f"Durée changée\u00a0: {duration(after.minutes)}."
