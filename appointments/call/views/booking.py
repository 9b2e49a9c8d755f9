"""Booking one slot for a patient: the form, and what happens when somebody was faster.

The patient's details travel in the body of requests only, never in an address.
"""

import uuid
from datetime import datetime
from functools import partial

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.zones import are_several
from appointments.booking.forms import BookingForm
from appointments.booking.services.booking import book_appointment
from appointments.booking.services.obstacles import InTheWay
from appointments.booking.services.same_day import same_day_sentences
from appointments.call.selectors import local_day, replacements
from appointments.call.views.slots import NEAREST, bookable_agendas, read_key
from appointments.enums import ConsultationType
from appointments.exceptions import NotAllowed, Refused, SlotTaken
from appointments.models import Appointment, Reason, Schedule
from appointments.pages.access import actor_of, signed_in
from appointments.pages.interrupted import NOT_BOOKED
from appointments.places.selectors import grid_zone
from appointments.slots.selectors import Slot, free_slot, nearest_slots, viewer_of, why_gone
from appointments.slots.slot_key import SlotKey
from appointments.slots.words import sentence


@require_http_methods(["GET", "HEAD", "POST"])
@partial(signed_in, undone=NOT_BOOKED)
def book(request: HttpRequest) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    # Of the page "slot taken", the body names the slot chosen instead.
    key = read_key(request.POST.get("creneau") or request.GET.get("creneau", ""), now)
    if key is None:
        return render(request, "booking/no_slot.html", {"given": None}, status=404)
    # Closed meanwhile, it still says so, and nothing typed is lost.
    schedule = Schedule.objects.with_place().filter(pk=key.schedule_id).first()
    if schedule is None and request.method == "POST":
        return _no_agenda(request)
    if schedule is None or not actor.may_book_in(schedule.practitioner_id, schedule.organization_id):
        raise Http404
    if request.method != "POST":
        slot = free_slot(key, schedule=schedule, now=now, viewer=viewer_of(actor))
        if slot is None or (actor.is_regulator and slot.is_walk_in):
            return redirect(f"{reverse('practitioner-slots', args=[schedule.practitioner_id])}?creneau={key}")
        return _form_page(request, _form(slot), slot)
    # What the slot offers is judged once, under the lock.
    form = _sent(request, schedule)
    if not form.is_valid():
        return _again(request, form, schedule, key, now)
    try:
        despite = request.POST.get("despite", "")
        appointment = book_appointment(key=key, visit=form.visit(), by=actor, now=now, despite=despite)
    except InTheWay as warning:
        return _again(request, form, schedule, key, now, warning=warning)
    except SlotTaken as gone:
        return _taken(request, form, schedule, key, now, str(gone))
    except NotAllowed:
        raise Http404 from None
    except Refused as refusal:
        return _again(request, form, schedule, key, now, str(refusal))
    if not _is_what_was_asked(appointment, form, key):
        messages.warning(request, "Ce formulaire avait déjà servi\u00a0: voici le rendez-vous qu’il a pris.")
    return redirect("appointment-confirmation", appointment.id)


def _no_agenda(request: HttpRequest) -> HttpResponse:
    """Deleted meanwhile: whose it was is not known any more, and what was typed can be read."""
    form = BookingForm(request.POST, modes=list(ConsultationType), reasons=[], zone=grid_zone([]))
    form.full_clean()
    return render(request, "booking/no_slot.html", {"form": form, "given": _understood(form)}, status=409)


def _form(slot: Slot) -> BookingForm:
    """Empty, for what this slot offers."""
    modes = [ConsultationType(mode) for mode in slot.offer.consultation_types]
    return BookingForm(modes=modes, reasons=slot.offer.reasons, zone=slot.schedule.location.zone)


def _sent(request: HttpRequest, schedule: Schedule) -> BookingForm:
    """As sent: any mode and any reason go until the lock, under which it is known what the slot offers."""
    try:
        asked = [Reason(id=uuid.UUID(request.POST.get("reason", "")))]
    except ValueError:
        asked = []
    return BookingForm(request.POST, modes=list(ConsultationType), reasons=asked, zone=schedule.location.zone)


def _again(
    request: HttpRequest,
    form: BookingForm,
    schedule: Schedule,
    key: SlotKey,
    now: datetime,
    refusal: str = "",
    warning: InTheWay | None = None,
) -> HttpResponse:
    """The form as typed, with what is wrong, or to be read first, and what the slot offers; the page of a slot that is gone
    when it is."""
    slot = free_slot(key, schedule=schedule, now=now, viewer=viewer_of(actor_of(request)))
    if slot is None:
        cause = why_gone(key, schedule=schedule, now=now, viewer=viewer_of(actor_of(request)))
        return _taken(request, form, schedule, key, now, sentence(cause))
    form.offer([ConsultationType(mode) for mode in slot.offer.consultation_types], slot.offer.reasons)
    if refusal and form.is_valid():
        form.add_error(None, refusal)
    return _form_page(request, form, slot, warning)


def _form_page(request: HttpRequest, form: BookingForm, slot: Slot, warning: InTheWay | None = None) -> HttpResponse:
    zone = slot.schedule.location.zone
    context = {
        "already": same_day_sentences(warning.obstacles, actor=actor_of(request), zone=zone) if warning else [],
        "going_on": warning.seal if warning else "",
        "form": form,
        "slot": slot,
        "practitioner": slot.schedule.practitioner,
        "day": local_day(slot),
    }
    return render(request, "booking/form.html", context, status=409 if warning else 422 if form.is_bound else 200)


def _taken(
    request: HttpRequest, form: BookingForm, schedule: Schedule, key: SlotKey, now: datetime, why: str
) -> HttpResponse:
    """Says why, and offers the nearest ones of the practitioner, wherever they receive; what was typed goes along."""
    form.offer(list(ConsultationType), Reason.objects.filter(done_at__schedule=schedule))
    actor = actor_of(request)
    schedules = [one for one in bookable_agendas(actor, schedule.practitioner.id) if one.active]
    viewer = viewer_of(actor)
    nearest = nearest_slots(schedules, around=max(key.start, now), now=now, count=NEAREST, viewer=viewer)
    context = {
        "form": form,
        "given": _understood(form),
        "wanted": key,
        "why": why.removesuffix("."),
        "schedule": schedule,
        "practitioner": schedule.practitioner,
        "nearest": nearest,
        "replaced": replacements([schedule], since=key.start, until=key.end, actor=actor),
        "several_clocks": are_several(one.location.zone for one in schedules),
    }
    return render(request, "booking/slot_taken.html", context, status=409)


def _understood(form: BookingForm) -> dict[str, object]:
    return {name: form.cleaned_data.get(name, "") for name in form.fields}


def _is_what_was_asked(appointment: Appointment, form: BookingForm, key: SlotKey) -> bool:
    """False when the form had booked before and was then filled in anew."""
    return form.is_patient_of(appointment) and (appointment.schedule_id, appointment.start) == (
        key.schedule_id,
        key.start,
    )
