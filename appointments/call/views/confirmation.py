"""What was booked: the page read to the caller, and what follows from it."""

import uuid
from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from appointments.booking.outward import OutwardNews, news_of
from appointments.booking.services.drafts import forget_served, save_draft
from appointments.call.copy_line import copy_line
from appointments.call.selectors import minutes_until
from appointments.enums import Channel, EventKind, MessageState
from appointments.messages.reach import settings_of
from appointments.messages.selectors import latest_messages
from appointments.models import Appointment, PatientMessage
from appointments.pages.access import actor_of, signed_in
from appointments.patients.forms import as_typed, phone_as_typed
from appointments.patients.selectors import corrections_by, seen_by

_JUST_BOOKED = timedelta(minutes=1)
# Up to which age of the last fact its page asks again, and every how many seconds.
SELDOM = 20
_REFRESHES = [(timedelta(minutes=1), 3), (timedelta(minutes=10), SELDOM)]
# What the one who booked has to hear of when the practice did it.
_CHANGES = {EventKind.MOVED, EventKind.REASSIGNED, EventKind.CANCELLED, EventKind.PLACE_CHANGED}


@require_safe
@signed_in
def appointment_confirmation(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    rows = Appointment.objects.visible_to(actor).with_context().with_patient(actor)
    appointment = get_object_or_404(rows, pk=appointment_id)
    events = list(appointment.events.all())
    if actor.is_regulator and actor.user is not None and now - events[0].at < _JUST_BOOKED:
        # Booked: what was typed has served.
        forget_served(user=actor.user, booked=appointment)
    zone = appointment.schedule.location.zone
    last, message = events[-1], latest_messages([appointment]).get(appointment.id)
    outward = news_of([appointment]).get(appointment.id)
    context = {
        "appointment": appointment,
        "seen": seen_by(actor, appointment),
        "practitioner": appointment.practitioner,
        "location": appointment.schedule.location,
        "events": events,
        "corrections": corrections_by(actor, appointment),
        "last_event": last,
        "changed": actor.is_regulator and last.by_regulator_id is None and last.kind in _CHANGES,
        "message": message,
        "now": now,
        "outward": outward,
        "ask_again_in": _ask_again_in(now - last.at, message, outward),
        "may_cancel": appointment.is_booked and appointment.start > now,
        "today": now.astimezone(zone).date(),
        "in_minutes": minutes_until(appointment.start, now, zone) if appointment.is_booked else None,
        "bring": settings_of(appointment.organization_id).to_bring,
        "copy_line": copy_line(appointment) if actor.is_regulator else "",
    }
    return render(request, "booking/confirmation.html", context)


@require_POST
@signed_in
def same_patient(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    """The patient as this regulator gave them, ready in the form of another slot: here, or of anybody found on the platform."""
    actor = actor_of(request)
    if not actor.is_regulator or actor.user is None:
        raise Http404
    rows = Appointment.objects.visible_to(actor).with_context().with_patient(actor)
    appointment = get_object_or_404(rows, pk=appointment_id)
    seen = seen_by(actor, appointment)
    if seen.patient.erased_at is not None:
        messages.error(request, "Les données de ce patient ont été effacées\u00a0: il faut les redemander.")
        return redirect("appointment-confirmation", appointment.id)
    fields = as_typed(seen.patient, appointment.schedule.location.zone) | {
        "who_calls": "autre" if seen.caller else "patient",
        "caller": seen.caller,
        "caller_phone": phone_as_typed(seen.caller_phone, appointment.schedule.location.zone),
    }
    save_draft(user=actor.user, fields=fields, request_id=None)
    messages.success(
        request,
        "Le patient est gardé 15\u00a0minutes\u00a0: choisissez un autre créneau ici, ou cherchez sur la plateforme SAS.",
    )
    return redirect("practitioner-slots", appointment.practitioner_id)


def _ask_again_in(age: timedelta, message: PatientMessage | None, outward: OutwardNews | None) -> int:
    """After how many seconds the page asks what became of a fact of this age; 0 when it has nothing to wait for.

    What takes long is asked for seldom, then no more.
    """
    soon = next((seconds for limit, seconds in _REFRESHES if age < limit), 0)
    leaves = message is not None and message.state == MessageState.PLANNED and not message.cause
    # Until its receipt says what became of it.
    under_way = message is not None and message.state == MessageState.SENT and message.channel == Channel.SMS
    if soon and (leaves or under_way or (outward is not None and outward.is_moving)):
        return soon
    return SELDOM if soon and outward is not None and not outward.is_known else 0
