"""A new appointment, whenever the practice wants it."""

import uuid
from datetime import date, datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.french import day_month, hour
from accounts.zones import there
from appointments.agenda.forms.booking import FreeBookingForm
from appointments.agenda.selectors.obstacles import obstacle_sentences
from appointments.agenda.selectors.patients import find_file
from appointments.agenda.views.patients import hits_of
from appointments.booking.services.booking import book_freely
from appointments.booking.services.obstacles import InTheWay
from appointments.days import DayConverter
from appointments.exceptions import NotAllowed, Refused, SlotTaken
from appointments.models import Appointment, Patient, Schedule
from appointments.pages.access import actor_of
from appointments.pages.interrupted import NOT_BOOKED
from appointments.pages.practice import Side, practice_page, side_of
from appointments.patients.forms import IDENTITY
from appointments.slots.reader import reasons_done

OF_ANOTHER = "Ce patient est connu d’une autre structure que celle de cet agenda : son dossier n’y sert pas."
_NOT_KEPT = {"csrfmiddlewaretoken", "despite", "search", "choose", "another", "words", "file"}


@require_http_methods(["GET", "HEAD", "POST"])
@partial(practice_page, undone=NOT_BOOKED)
def new_appointment(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    side, now = side_of(request, practitioner_id, Level.BOOK), timezone.now()
    schedules = [one for one in side.agendas.at_least(Level.BOOK) if one.active]
    if not schedules and request.method != "POST":
        return render(request, "practice/new_appointment.html", side.context("agenda") | {"form": None})
    file = _known_file(request)
    if file is not None and (here := [one for one in schedules if one.organization_id == file.organization_id]):
        schedules = here
    elif file is not None:
        messages.warning(request, OF_ANOTHER)
        file = None
    offered: dict[str, Any] = {
        "schedules": schedules,
        "reasons": reasons_done([one.id for one in schedules]),
        "now": now,
        "file": file,
    }
    if request.method != "POST":
        return _page(request, side, FreeBookingForm(initial=_asked(request, schedules), **offered))
    if request.POST.keys() & {"search", "choose", "another"}:
        # Not sent yet: whom it is for is looked for first, and what was typed stays.
        return _page(request, side, FreeBookingForm(initial=_typed(request, schedules), **offered))
    form = FreeBookingForm(request.POST, **offered)
    if not form.is_valid():
        return _page(request, side, form, status=422)
    data = form.cleaned_data
    try:
        appointment = book_freely(
            schedule_id=data["schedule"].id,
            start=data["start"],
            minutes=data["minutes"],
            visit=form.visit(),
            by=actor_of(request),
            now=now,
            despite=form.goes_on,
        )
    except InTheWay as warning:
        zone = data["schedule"].location.zone
        found = obstacle_sentences(warning.obstacles, actor=actor_of(request), zone=zone)
        return _page(request, side, form, status=409, obstacles=found, going_on=form.going_on(warning))
    except NotAllowed:
        raise Http404 from None
    except Refused as refusal:
        form.add_error(refusal.element or None, str(refusal))
        return _page(request, side, form, status=409 if isinstance(refusal, SlotTaken) else 422)
    if form.is_patient_of(appointment) and _is_asked_for(appointment, data["schedule"], data["start"]):
        zone = data["schedule"].location.zone
        local = appointment.start.astimezone(zone)
        messages.success(request, f"Rendez-vous pris\u00a0: {day_month(local)} à {hour(local)}{there(zone)}.")
    else:
        messages.warning(request, "Ce formulaire avait déjà servi\u00a0: voici le rendez-vous qu’il a pris.")
    return redirect("appointment", appointment.id)


def _page(
    request: HttpRequest,
    side: Side,
    form: FreeBookingForm,
    *,
    status: int = 200,
    obstacles: list[str] | None = None,
    going_on: str = "",
) -> HttpResponse:
    day = (form.cleaned_data if form.is_bound else form.initial).get("day") or timezone.localdate(timezone=form.zone)
    context = {
        **side.context("agenda"),
        "form": form,
        "day": day,
        "obstacles": obstacles or [],
        "going_on": going_on,
        "words": (words := request.POST.get("words", "")),
        "found": hits_of(request, words) if "search" in request.POST else None,
    }
    return render(request, "practice/new_appointment.html", context, status=status)


def _known_file(request: HttpRequest) -> Patient | None:
    """Whom it is for, when the practice knows them: chosen among those found, or named by the address."""
    if "another" in request.POST:
        return None
    named = request.POST.get("choose") or request.POST.get("file") or request.GET.get("dossier", "")
    try:
        found = find_file(uuid.UUID(named), actor=actor_of(request)) if named else None
    except ValueError:
        found = None
    if named and found is None:
        raise Http404
    return found


def _typed(request: HttpRequest, schedules: list[Schedule]) -> dict[str, Any]:
    """What was typed so far, to be shown again; how a known patient is reached comes from their file."""
    kept = {name: value for name, value in request.POST.items() if name not in _NOT_KEPT}
    if request.POST.keys() & {"choose", "another"}:
        kept = {
            name: value
            for name, value in kept.items()
            if name not in {*IDENTITY, "phone", "no_phone", "email", "address"}
        }
    if kept.get("schedule") not in {str(one.id) for one in schedules}:
        kept.pop("schedule", None)
    kept.pop("day", None)
    day = _day(request.POST.get("day", ""))
    return kept | ({"day": day} if day is not None else {})


def _asked(request: HttpRequest, schedules: list[Schedule]) -> dict[str, Any]:
    """What the address says of the day and the place; what it says wrongly is left out."""
    found: dict[str, Any] = {}
    place = request.GET.get("lieu", "")
    if place in {str(one.id) for one in schedules}:
        found["schedule"] = place
    day = _day(request.GET.get("jour", ""))
    return found | ({"day": day} if day is not None else {})


def _day(text: str) -> date | None:
    try:
        return DayConverter().to_python(text)
    except ValueError:
        return None


def _is_asked_for(appointment: Appointment, schedule: Schedule, start: datetime) -> bool:
    return (appointment.schedule_id, appointment.start) == (schedule.id, start)
