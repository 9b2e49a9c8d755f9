"""From an hour to a confirmation: who comes, the code, and what was booked. What is typed travels in bodies alone."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from appointments.booking.manage_link import token_of, waiting_token_of
from appointments.enums import ConsultationType
from appointments.exceptions import Refused, SlotTaken
from appointments.messages.codes import sends_sms
from appointments.models import OnlineBooking
from appointments.online.forms.details import CodeForm, DetailsForm, as_typed
from appointments.online.selectors.agendas import reason_there
from appointments.online.selectors.held import kept_until, slot_of
from appointments.online.services.booking import (
    CODE_LASTS,
    AlreadyBooked,
    Chosen,
    WrongCode,
    choose_hour,
    code_of,
    confirm,
    give_details,
    given_of,
    send_one,
    wait_for_code,
)
from appointments.online.services.limits import TooMany
from appointments.online.services.managing import cutoff_of
from appointments.online.services.waiting import confirm_waiting
from appointments.online.views.asked import asked, key_of
from appointments.online.views.finding import hours_page
from appointments.online.views.managing import remember_open, to_bring
from appointments.online.views.visitor import address_of, booking_of, new_visitor, over, remember, visitor_of
from appointments.online.views.waiting import correct
from appointments.places.selectors import schedule_of
from appointments.slots.selectors import Slot


# No token: it would be a cookie on pages of those who only look. What another site could do by it is hold an hour for ten
# minutes in somebody's browser, within the limit of their address, and that is lost with the next choice.
@csrf_exempt
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    now, wanted = timezone.now(), asked(request.POST)
    key = key_of(request.POST.get("creneau", ""), now)
    if key is None:
        return over(request)
    visitor = visitor_of(request) or new_visitor()
    chosen = Chosen(reason_there(key.schedule_id, wanted.wish.reason), wanted.wish.mode, wanted.known)
    try:
        booking = choose_hour(key=key, chosen=chosen, visitor=visitor, client=address_of(request), now=now)
    except TooMany as refusal:
        # Not the page of hours: a script that goes on would have it drawn each time.
        schedule = schedule_of(key.schedule_id)
        return render(request, "online/too_many.html", {"refusal": str(refusal), "schedule": schedule}, status=429)
    except Refused as refusal:
        return hours_page(request, key.schedule_id, wanted, now=now, refusal=str(refusal), status=409)
    response = redirect("online-details", booking.pk)
    remember(response, visitor)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def details(request: HttpRequest, booking_id: uuid.UUID) -> HttpResponse:
    now = timezone.now()
    booking = booking_of(request, booking_id, now)
    if booking is None:
        return over(request)
    if booking.is_done:
        return redirect("online-done", booking.pk)
    if booking.wanted is not None:
        return correct(request, booking, now)
    slot = slot_of(booking, now=now)
    form = _form(booking, slot, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _details_page(request, booking, form)
    if not form.is_valid():
        return _details_page(request, booking, form, status=422)
    try:
        give_details(booking=booking, given=form.given(), now=now)
    except SlotTaken as gone:
        return _gone(request, booking, str(gone), now)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _details_page(request, booking, form, status=429 if isinstance(refusal, TooMany) else 422)
    return redirect("online-code", booking.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def code(request: HttpRequest, booking_id: uuid.UUID) -> HttpResponse:
    now = timezone.now()
    booking = booking_of(request, booking_id, now)
    if booking is None:
        return over(request)
    if booking.is_done:
        return redirect("online-done", booking.pk)
    if given_of(booking) is None:
        return redirect("online-details", booking.pk)
    if request.method != "POST":
        return _code_page(request, booking, CodeForm(), now)
    form = CodeForm(request.POST)
    # Proved already, another hour asks for no second code.
    if booking.proved_at is None and not form.is_valid():
        return _code_page(request, booking, form, now, status=422)
    typed = form.cleaned_data.get("code", "") if form.is_valid() else ""
    try:
        if booking.wanted is not None:
            confirm_waiting(booking=booking, code=typed, now=now)
        else:
            confirm(booking=booking, code=typed, now=now, despite=request.POST.get("despite") == "1")
    except WrongCode as wrong:
        form.add_error("code", str(wrong))
        return _code_page(request, booking, form, now, status=422)
    except AlreadyBooked as already:
        context = _context(booking) | {"visits": already.visits, "step": 4}
        return render(request, "online/already.html", context, status=409)
    except SlotTaken as gone:
        return _gone(request, booking, str(gone), now)
    except Refused as refusal:
        context = _context(booking) | {"refusal": str(refusal), "step": 4}
        return render(request, "online/refused.html", context, status=409)
    return redirect("online-done", booking.pk)


@require_POST
@never_cache
def code_again(request: HttpRequest, booking_id: uuid.UUID) -> HttpResponse:
    now = timezone.now()
    booking = booking_of(request, booking_id, now)
    if booking is None:
        return over(request)
    given = given_of(booking)
    if not booking.is_done and given is not None and booking.proved_at is None:
        try:
            wait_for_code(booking=booking, now=now)
            send_one(booking=booking, contact=given.contact, now=now)
        except Refused as refusal:
            return _code_page(request, booking, CodeForm(), now, refusal=str(refusal), status=429)
    return redirect("online-code", booking.pk)


@require_safe
@never_cache
def done(request: HttpRequest, booking_id: uuid.UUID) -> HttpResponse:
    booking = booking_of(request, booking_id, timezone.now())
    if booking is not None and booking.entry is not None:
        return redirect(f"{reverse('online-waiting', args=[waiting_token_of(booking.entry.pk)])}?fait=inscrit")
    if booking is None or booking.appointment is None:
        return over(request)
    context = _context(booking) | {
        "appointment": booking.appointment,
        "token": token_of(booking.appointment.pk),
        "may_change": timezone.now() < cutoff_of(booking.appointment),
        "to_bring": to_bring(booking.appointment),
        "step": 5,
    }
    response = render(request, "online/done.html", context)
    remember_open(response, booking.appointment)
    return response


def _form(booking: OnlineBooking, slot: Slot | None, data: Any) -> DetailsForm:
    """For what the hour is for, as far as it was not chosen. Of one that is gone: for what was."""
    zone = booking.schedule.location.zone
    reasons = [] if slot is None else [one for one in slot.offer.reasons if booking.reason_id in (None, one.id)]
    modes = [ConsultationType(one) for one in (slot.offer.consultation_types if slot is not None else [])]
    given = given_of(booking)
    chosen = booking.consultation_type
    if chosen and (not modes or chosen in modes) and given is None:
        modes = [ConsultationType(chosen)]
    if slot is None:
        modes = modes or list(ConsultationType)
    initial = as_typed(given, zone) if given is not None else {}
    return DetailsForm(data, reasons=reasons, modes=modes, with_sms=sends_sms(), zone=zone, initial=initial)


def _details_page(request: HttpRequest, booking: OnlineBooking, form: DetailsForm, status: int = 200) -> HttpResponse:
    return render(request, "online/details.html", _context(booking) | {"form": form, "step": 3}, status=status)


def _code_page(
    request: HttpRequest, booking: OnlineBooking, form: CodeForm, now: datetime, *, refusal: str = "", status: int = 200
) -> HttpResponse:
    sent, given = code_of(booking), given_of(booking)
    context = _context(booking) | {
        "form": form,
        "sent": sent,
        "contact": given.contact if given is not None else "",
        "by_email": given is not None and "@" in given.contact,
        "minutes": int(CODE_LASTS.total_seconds() // 60),
        "refusal": refusal,
        "proved": booking.proved_at is not None,
        "step": 4,
    }
    return render(request, "online/code.html", context, status=status)


def _gone(request: HttpRequest, booking: OnlineBooking, why: str, now: datetime) -> HttpResponse:
    """Other hours, for the same; what was typed waits for one of them."""
    data = request.POST.copy()
    data.update({"motif": str(booking.reason_id or ""), "mode": booking.consultation_type, "connu": booking.known})
    kept = f"{why} Ce que vous avez tapé est gardé\u00a0: choisissez une autre heure."
    return hours_page(request, booking.schedule_id, asked(data), now=now, refusal=kept, status=409)


def _context(booking: OnlineBooking) -> dict[str, Any]:
    schedule = booking.schedule
    return {
        "booking": booking,
        "schedule": schedule,
        "location": schedule.location,
        "zone": schedule.location.zone,
        "practitioner": schedule.practitioner,
        "kept_until": kept_until(booking),
        "cutoff": booking.start - _cutoff(booking) if booking.start is not None else None,
    }


def _cutoff(booking: OnlineBooking) -> timedelta:
    return timedelta(hours=booking.schedule.organization.online_cutoff_hours)
