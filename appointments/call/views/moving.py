"""The regulator moves what they booked: the same choice as where one lands, then one act."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.french import fold
from accounts.models import Practitioner
from accounts.rights import Actor
from accounts.zones import are_several
from appointments.call.holding import kept_for
from appointments.call.selectors import slots_of_coming_days
from appointments.call.services.moving import move_referral
from appointments.call.views.correction import find_given
from appointments.call.views.slots import choice, read_key
from appointments.exceptions import NotAllowed, Refused, SlotTaken
from appointments.models import Appointment, Schedule
from appointments.pages.access import actor_of, signed_in
from appointments.patients.selectors import seen_by
from appointments.slots.selectors import free_slot, publishing, viewer_of
from appointments.slots.slot_key import SlotKey
from appointments.version_field import VersionField


@dataclass(frozen=True, slots=True)
class Goal:
    """Where the visit may go: the agendas of who was asked for, and the others of its place."""

    practitioner: Practitioner
    schedules: list[Schedule]
    others: list[Practitioner]


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def move(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    """`creneau`: the hour chosen, which is kept from now on; `avec`: another practitioner of the place."""
    actor, now = actor_of(request), timezone.now()
    found, _ = find_given(request, appointment_id)
    if not found.is_booked or found.start <= now:
        messages.error(request, "Ce rendez-vous ne se déplace plus.")
        return redirect("appointment-confirmation", found.id)
    key = read_key(request.POST.get("creneau") or request.GET.get("creneau", ""), now)
    if request.method == "POST":
        return _move(request, found, key, now)
    goal = _goal(request, found, actor)
    # The way of the visit is what its patient was told, and stays.
    slots = [
        one
        for one in slots_of_coming_days(goal.schedules, now=now, viewer=viewer_of(actor))
        if found.consultation_type in one.offer.consultation_types
    ]
    context = {
        "appointment": found,
        "practitioner": goal.practitioner,
        "several_clocks": are_several(one.location.zone for one in [*goal.schedules, found.schedule]),
        "is_turned": request.headers.get("HX-Target") == "choix",
        "chosen": None,
        **choice(request, goal.schedules, slots, now, around=found.start),
        "chooses": f"?{urlencode({'avec': goal.practitioner.id, 'creneau': ''})}",
        "heading": "Nouvelle heure",
    }
    if context["is_turned"]:
        return render(request, "booking/picker.html", context)
    context |= {
        "nav": "referrals",
        "seen": seen_by(actor, found),
        "others": goal.others,
        **_chosen(request, key, goal.schedules, now),
    }
    return render(request, "booking/move.html", context)


def _goal(request: HttpRequest, found: Appointment, actor: Actor) -> Goal:
    """Two queries."""
    rows = Schedule.objects.with_place().open().filter(organization=found.organization_id)
    rows = rows.filter(Q(location=found.schedule.location_id) | Q(calendar=found.calendar_id))
    near = [
        one
        for one in rows.filter(calendar__practitioner__isnull=False).order_by("calendar", "pk")
        if actor.may_book_in(one.practitioner_id, one.organization_id)
    ]
    # Whoever shows this person nothing is not named to them.
    reached = publishing(near, viewer=viewer_of(actor))
    near = [one for one in near if one.id in reached or one.calendar_id == found.calendar_id]
    everybody = {str(one.practitioner_id): one.practitioner for one in near}
    whose = request.GET.get("avec", "")
    chosen = everybody.get(whose, found.practitioner)
    if chosen is None:
        raise Http404
    others = sorted(
        (one for one in everybody.values() if one != chosen), key=lambda one: (fold(one.family_name), one.pk)
    )
    return Goal(chosen, [one for one in near if one.practitioner_id == chosen.id], others)


def _chosen(request: HttpRequest, key: SlotKey | None, schedules: list[Schedule], now: datetime) -> dict[str, object]:
    """The hour that was chosen, kept; or why it is not to be had."""
    schedule = next((one for one in schedules if key is not None and one.id == key.schedule_id), None)
    if key is None or schedule is None:
        return {"slot": None, "keeping": None, "why": ""}
    actor = actor_of(request)
    try:
        keeping = kept_for(request, key, schedule=schedule, by=actor, now=now)
    except (SlotTaken, Refused) as error:
        return {"slot": None, "keeping": None, "why": str(error)}
    except NotAllowed:
        raise Http404 from None
    return {"slot": free_slot(key, schedule=schedule, now=now, viewer=viewer_of(actor)), "keeping": keeping, "why": ""}


def _move(request: HttpRequest, found: Appointment, key: SlotKey | None, now: datetime) -> HttpResponse:
    if key is None:
        messages.error(request, "Choisissez une heure.")
        return redirect("move-referral", found.id)
    try:
        move_referral(
            appointment_id=found.id,
            version=VersionField().clean(request.POST.get("version")),
            key=key,
            by=actor_of(request),
            now=now,
            spoken="spoken" in request.POST,
        )
    except NotAllowed:
        raise Http404 from None
    except Refused as refusal:
        messages.error(request, f"{refusal} Le rendez-vous n’a pas bougé.")
        return redirect(
            f"{reverse('move-referral', args=[found.id])}?{urlencode({'avec': request.POST.get('avec', '')})}"
        )
    messages.success(request, "Rendez-vous déplacé. Sa référence reste la même.")
    return redirect("appointment-confirmation", found.id)
