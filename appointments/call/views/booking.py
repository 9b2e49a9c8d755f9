"""Booking one slot for a patient: the form, and what happens when somebody was faster.

The patient's details travel in the body of requests only, never in an address.
"""

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.phones import region_of
from appointments.booking.services.booking import book_appointment
from appointments.call.forms import BookingForm
from appointments.call.selectors import local_day
from appointments.call.views.interrupted import interrupted_booking
from appointments.call.views.slots import NEAREST, read_key
from appointments.enums import ConsultationType
from appointments.exceptions import NotAllowed, Refused, SlotTaken
from appointments.models import Appointment, Reason, Schedule
from appointments.pages.access import actor_of, signed_in
from appointments.slots.selectors import Slot, free_slot, nearest_slots
from appointments.slots.slot_key import SlotKey


@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest) -> HttpResponse:
    if request.method == "POST" and actor_of(request).is_anonymous:
        return interrupted_booking(request)
    return _book(request)


@signed_in
def _book(request: HttpRequest) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    # Of the page "slot taken", the body names the slot chosen instead.
    key = read_key(request.POST.get("creneau") or request.GET.get("creneau", ""), now)
    if key is None:
        return render(request, "booking/no_slot.html", status=404)
    schedule = Schedule.objects.with_place().open().filter(pk=key.schedule_id).first()
    if schedule is None or not actor.may_book_with(schedule.practitioner_id):
        raise Http404
    slot = free_slot(key, schedule=schedule, now=now, published_only=actor.is_regulator)
    if request.method != "POST":
        if slot is None or (actor.is_regulator and slot.is_walk_in):
            return redirect(f"{reverse('practitioner-slots', args=[schedule.practitioner_id])}?creneau={key}")
        return _form_page(request, _form(schedule, slot), slot)
    form = _form(schedule, slot, request)
    if not form.is_valid():
        return _form_page(request, form, slot) if slot is not None else _taken(request, form, schedule, key, now)
    try:
        appointment = book_appointment(
            key=key,
            patient=form.patient(),
            consultation_type=form.chosen_mode(),
            reason_id=form.chosen_reason(),
            request_id=form.cleaned_data["request_id"],
            by=actor,
            now=now,
        )
    except SlotTaken:
        return _taken(request, form, schedule, key, now)
    except NotAllowed:
        raise Http404 from None
    except Refused as refusal:
        # The practice changed what it offers between our look and the booking.
        form.add_error(None, str(refusal))
        return _form_page(request, form, slot) if slot is not None else _taken(request, form, schedule, key, now)
    if not _is_what_was_asked(appointment, form, key):
        messages.warning(request, "Ce formulaire avait déjà servi\u00a0: voici le rendez-vous qu’il a pris.")
    return redirect("appointment-confirmation", appointment.id)


def _form(schedule: Schedule, slot: Slot | None, request: HttpRequest | None = None) -> BookingForm:
    """Bound when there is a request. Of a slot that is gone nobody knows any more what it offered: anything goes."""
    if slot is not None:
        modes, reasons = list(slot.offer.consultation_types), list(slot.offer.reasons)
    else:
        modes, reasons = list(ConsultationType), list(Reason.objects.filter(practitioner=schedule.practitioner_id))
    return BookingForm(
        request.POST if request is not None else None,
        modes=modes,
        reasons=reasons,
        region=region_of(schedule.location.time_zone),
    )


def _form_page(request: HttpRequest, form: BookingForm, slot: Slot) -> HttpResponse:
    context = {
        "form": form,
        "slot": slot,
        "practitioner": slot.schedule.practitioner,
        "day": local_day(slot),
    }
    return render(request, "booking/form.html", context, status=422 if form.is_bound else 200)


def _taken(request: HttpRequest, form: BookingForm, schedule: Schedule, key: SlotKey, now: datetime) -> HttpResponse:
    """Says so, and offers the nearest ones of the practitioner, wherever they receive; what was typed goes along."""
    schedules = list(Schedule.objects.with_place().open().filter(practitioner=schedule.practitioner_id))
    published_only = actor_of(request).is_regulator
    nearest = nearest_slots(
        schedules, around=max(key.start, now), now=now, count=NEAREST, published_only=published_only
    )
    context = {
        "form": form,
        "given": {name: form.cleaned_data.get(name, "") for name in form.fields},
        "wanted": key,
        "schedule": schedule,
        "practitioner": schedule.practitioner,
        "nearest": nearest,
    }
    return render(request, "booking/slot_taken.html", context, status=409)


def _is_what_was_asked(appointment: Appointment, form: BookingForm, key: SlotKey) -> bool:
    """False when the form had booked before and was then filled in anew: the first booking stands, the second is nobody's."""
    details = form.patient().as_fields()
    same_patient = all(getattr(appointment, name) == value for name, value in details.items())
    return same_patient and (appointment.schedule_id, appointment.start) == (key.schedule_id, key.start)
