"""A new appointment, whenever the practice wants it: a page, and over the agenda a panel. One form for both."""

import uuid
from datetime import datetime
from functools import partial

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import trigger_client_event

from accounts.french import day_month, hour
from accounts.zones import there
from appointments.agenda.forms.booking import FreeBookingForm
from appointments.agenda.selectors.conflict import conflict_of
from appointments.agenda.views.desk import ON_THE_WAY, Desk, desk_of, slot_of
from appointments.booking.services.booking import book_freely
from appointments.booking.services.obstacles import InTheWay
from appointments.exceptions import NotAllowed, Refused, SlotTaken
from appointments.messages.selectors import telling_of
from appointments.models import Appointment, Schedule
from appointments.pages.access import actor_of
from appointments.pages.interrupted import NOT_BOOKED
from appointments.pages.practice import practice_page


@require_http_methods(["GET", "HEAD", "POST"])
@partial(practice_page, undone=NOT_BOOKED)
def new_appointment(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request, practitioner_id, FreeBookingForm, _template(request))
    if desk.is_shut:
        return desk.shut()
    if request.method != "POST" or request.POST.keys() & ON_THE_WAY:
        return desk.page(desk.begun())
    if desk.file is None and _is_panel(request) and "family_name" not in request.POST:
        # Sent before it is said whom it is for.
        return desk.page(desk.begun(), status=422, unnamed=True)
    return _book(desk)


@require_safe
@practice_page
def book_slot(request: HttpRequest) -> HttpResponse:
    """The same, in the slot that `?creneau=` names."""
    schedule = slot_of(request)[1]
    if schedule is None or schedule.practitioner_id is None:
        raise Http404
    return new_appointment(request, schedule.practitioner_id)


def _book(desk: Desk) -> HttpResponse:
    form = desk.sent()
    if not form.is_valid():
        return desk.page(form, status=422)
    data, by = form.cleaned_data, actor_of(desk.request)
    try:
        appointment = book_freely(
            schedule_id=data["schedule"].id,
            start=data["start"],
            minutes=data["minutes"],
            visit=form.visit(),
            by=by,
            now=desk.now,
            despite=form.goes_on,
        )
    except InTheWay as warning:
        found = conflict_of(
            warning, data["schedule"], start=data["start"], minutes=data["minutes"], actor=by, now=desk.now
        )
        return desk.page(form, status=409, conflict=found, going_on=form.going_on(warning))
    except NotAllowed:
        raise Http404 from None
    except Refused as refusal:
        form.add_error(refusal.element or None, str(refusal))
        return desk.page(form, status=409 if isinstance(refusal, SlotTaken) else 422)
    return _booked(desk.request, appointment, form)


def _booked(request: HttpRequest, appointment: Appointment, form: FreeBookingForm) -> HttpResponse:
    data = form.cleaned_data
    asked = form.is_patient_of(appointment) and _is_asked_for(appointment, data["schedule"], data["start"])
    zone = data["schedule"].location.zone
    local = appointment.start.astimezone(zone)
    said = (
        f"Rendez-vous pris\u00a0: {day_month(local)} à {hour(local)}{there(zone)}."
        if asked
        else "Ce formulaire avait déjà servi\u00a0: voici le rendez-vous qu’il a pris."
    )
    if asked:
        said = f"{said} {telling_of(appointment, now=timezone.now()).line}".strip()
    if _is_panel(request):
        # The agenda stays: its script draws it anew, and goes to the block.
        told = {"visit": reverse("appointment", args=[appointment.id]), "said": said}
        return trigger_client_event(HttpResponse(status=204), "visit-booked", told)
    messages.add_message(request, messages.SUCCESS if asked else messages.WARNING, said)
    return redirect("appointment", appointment.id)


def _is_panel(request: HttpRequest) -> bool:
    return bool(request.htmx)  # type: ignore[attr-defined]


def _template(request: HttpRequest) -> str:
    return "practice/booking_panel.html" if _is_panel(request) else "practice/new_appointment.html"


def _is_asked_for(appointment: Appointment, schedule: Schedule, start: datetime) -> bool:
    return (appointment.schedule_id, appointment.start) == (schedule.id, start)
