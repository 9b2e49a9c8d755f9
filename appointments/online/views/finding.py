"""Finding a practitioner and an hour. Open to everybody, by GET alone: nobody is known, no cookie is set."""

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from appointments.enums import ConsultationType
from appointments.models import Schedule
from appointments.online.selectors.agendas import (
    NEAR,
    agendas_of,
    near_frames,
    next_hours,
    offered_to_all,
    online_agendas,
    reachable,
    reasons_meant,
)
from appointments.online.selectors.calendar import calendar_of
from appointments.online.selectors.finding import Result, find, results_of
from appointments.online.views.asked import Asked, agendas_or_404, among, asked
from appointments.openings.selectors import replaced_between
from appointments.slots.selectors import Slot
from appointments.slots.values import PATIENT
from appointments.slots.wishes import Wish

# Typed into a search box: whatever comes after says nothing more.
_LONGEST = 80
_COLLEAGUES = 3
_KNOWN = [("oui", "Oui"), ("non", "Non, première fois")]
_MODES = [ConsultationType.AMB, ConsultationType.VR]


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    what, where = (request.GET.get(name, "")[:_LONGEST].strip() for name in ("quoi", "ou"))
    mode = asked(request.GET).wish.mode
    found = find(what, where, mode=mode, now=timezone.now()) if what or where else None
    context = {"what": what, "where": where, "mode": mode, "found": found, "modes": _MODES}
    return render(request, "online/find.html", context)


@require_safe
def practitioner(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    schedules, now = agendas_or_404(practitioner_id), timezone.now()
    frames = near_frames(schedules, now=now)
    reasons, modes = offered_to_all(frames)
    soonest = next_hours(schedules, Wish(), now=now, frames=frames).get(practitioner_id, [])
    # Most are not away: nothing is asked then of who replaces.
    away = soonest and (soonest[0].start > now + NEAR or any(frame.absences for frame in frames.values()))
    replaced = replaced_between(schedules, now, soonest[0].start) if away else []
    chosen = asked(request.GET)
    context = {
        "practitioner": schedules[0].practitioner,
        "schedules": schedules,
        "reasons": reasons,
        "modes": [ConsultationType(mode) for mode in modes],
        "known_choices": _KNOWN,
        "chosen": chosen,
        "reason_chosen": next((one.id for one in reasons if chosen.wish.reason in (None, *one.ids)), None),
        "mode_chosen": chosen.wish.mode or next(iter(modes), ""),
        "new_patients": any(one.new_patients for one in schedules),
        "first": soonest[0] if soonest else None,
        "town": towns.pop() if len(towns := {one.location.city for one in schedules}) == 1 else "",
        "replaced": [one for one in replaced if one.replacement is not None],
    }
    return render(request, "online/practitioner.html", context)


@require_safe
def hours(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    return _hours(request, agendas_or_404(practitioner_id), asked(request.GET), now=timezone.now())


def hours_page(
    request: HttpRequest, schedule_id: uuid.UUID, wanted: Asked, *, now: datetime, refusal: str, status: int
) -> HttpResponse:
    """Other hours at this agenda, with why the one that was chosen is not to be had."""
    schedule = Schedule.objects.select_related("calendar").filter(pk=schedule_id).first()
    practitioner_id = schedule.practitioner_id if schedule is not None else None
    if practitioner_id is None:
        raise Http404
    schedules = agendas_of(practitioner_id)
    if not schedules:
        return render(request, "online/offline.html", {"refusal": refusal}, status=status)
    return _hours(request, schedules, wanted, now=now, refusal=refusal, status=status)


def _hours(
    request: HttpRequest,
    schedules: list[Schedule],
    wanted: Asked,
    *,
    now: datetime,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    there = among(schedules, wanted)
    meant = reasons_meant(schedules, wanted.wish.reason)
    wish = replace(wanted.wish, also=frozenset(one.pk for one in meant))
    context: dict[str, Any] = {
        "practitioner": schedules[0].practitioner,
        "schedules": schedules,
        "asked": wanted,
        "mode": ConsultationType(wanted.wish.mode) if wanted.wish.mode else None,
        "reason": next(iter(meant), None),
        "place": there[0].location if len(schedules) > 1 and len(there) == 1 else None,
        "back": wanted.query(des=None),
        "refused": wanted.known == "non" and not there,
        "colleagues": [],
        "refusal": refusal,
    }
    if not there:
        context |= {"calendar": None, "colleagues": _colleagues(schedules, wanted)}
        return render(request, "online/hours.html", context, status=status)
    calendar = calendar_of(there, wish, asked=wanted.day, now=now, viewer=PATIENT)
    context |= {
        "calendar": calendar,
        "following": wanted.query(des=calendar.following),
        "first_day": wanted.query(des=_day_of(calendar.first)) if calendar.first else "",
    }
    if not calendar.count:
        context["colleagues"] = _colleagues(schedules, wanted)
    return render(request, "online/hours.html", context, status=status)


def _colleagues(schedules: list[Schedule], wanted: Asked) -> list[Result]:
    """Of the same profession, in the same organizations; the soonest free, at most three. Three queries."""
    whose = schedules[0].practitioner
    rows = online_agendas().filter(
        organization__in={one.organization_id for one in schedules}, calendar__practitioner__profession=whose.profession
    )
    if whose.specialty_codes:
        rows = rows.filter(calendar__practitioner__specialty_codes__overlap=whose.specialty_codes)
    if wanted.known == "non":
        rows = rows.filter(new_patients=True)
    others = reachable(
        rows.exclude(calendar=schedules[0].calendar_id).order_by("calendar__practitioner__family_name__folded")
    )
    found = results_of(others, Wish(mode=wanted.wish.mode), now=timezone.now())
    return [one for one in found if one.hours][:_COLLEAGUES]


def _day_of(slot: Slot) -> str:
    return slot.start.astimezone(slot.schedule.location.zone).date().isoformat()
