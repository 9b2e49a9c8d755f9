"""Where the SAS's link lands: one practitioner's free slots, the one chosen on the platform first."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Practitioner
from accounts.rights import Actor
from accounts.zones import are_several
from appointments.call.selectors import DAYS, by_day_and_place, replacements, slots_of_coming_days
from appointments.enums import Audience, ConsultationType
from appointments.models import Schedule
from appointments.pages.access import actor_of, signed_in
from appointments.slots.selectors import Slot, free_slot, nearest_slots, publishes, viewer_of, why_gone
from appointments.slots.slot_key import SlotKey
from appointments.slots.values import Viewer
from appointments.slots.words import sentence

# Days shown unfolded: what the platform asks for.
OPEN_DAYS = 3
NEAREST = 3
# Beyond, an address is no slot of ours; dates near the calendar's ends can't be reckoned with.
_REACH = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Filter:
    """One choice of a filter: a link that keeps all the rest of the address."""

    code: str
    href: str
    current: bool


@require_safe
@signed_in
def practitioner_slots(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    practitioner = get_object_or_404(Practitioner, pk=practitioner_id)
    every = bookable_agendas(actor, practitioner_id)
    schedules = [schedule for schedule in every if schedule.active]
    if not (actor.is_regulator or schedules or practitioner_id in actor.own):
        raise Http404
    slots = slots_of_coming_days(schedules, now=now, viewer=viewer_of(actor))
    if actor.is_regulator and not slots and not publishes(schedules, viewer=viewer_of(actor)):
        # Known to the practice only, the name as well as the place.
        raise Http404
    context = _chosen(request.GET.get("creneau", ""), every, slots, now, viewer=viewer_of(actor))
    hidden = {slot.key for slot in (context["chosen"], *context["nearest"]) if slot is not None}
    others = [slot for slot in slots if slot.key not in hidden]
    modes = [mode for mode in ConsultationType if any(mode in slot.offer.consultation_types for slot in slots)]
    types = [kind for kind in Audience if any(kind in slot.offer.audiences for slot in slots)]
    mode, kind = request.GET.get("mode", ""), request.GET.get("type", "")
    if mode in modes:
        others = [slot for slot in others if mode in slot.offer.consultation_types]
    if kind in types:
        others = [slot for slot in others if kind in slot.offer.audiences]
    days = by_day_and_place(others)
    wanted = read_key(request.GET.get("creneau", ""), now)
    until = max([now + timedelta(days=DAYS), *([wanted.end] if wanted is not None else [])])
    return render(
        request,
        "booking/slots.html",
        context
        | {
            "practitioner": practitioner,
            "replaced": replacements(every, since=now, until=until, actor=actor),
            "locations": [schedule.location for schedule in schedules],
            "several_clocks": are_several(schedule.location.zone for schedule in every),
            "modes": modes,
            "mode_filters": _filters(request, "mode", modes),
            "type_filters": _filters(request, "type", types),
            "filtered": mode in modes or kind in types,
            "unfiltered": "?" + urlencode({"creneau": request.GET["creneau"]} if "creneau" in request.GET else {}),
            "days": days[:OPEN_DAYS],
            "later_days": days[OPEN_DAYS:],
        },
    )


def bookable_agendas(actor: Actor, practitioner_id: uuid.UUID) -> list[Schedule]:
    """The practitioner's in which this person books, closed ones too. One query."""
    rows = Schedule.objects.with_place().of_practitioner(practitioner_id)
    return [one for one in rows if actor.may_book_in(practitioner_id, one.organization_id)]


def read_key(text: str, now: datetime) -> SlotKey | None:
    """The slot an address names, None when it names none. What a careless link glued after it is left out."""
    try:
        key = SlotKey.parse(text.partition("?")[0])
    except ValueError:
        return None
    return key if abs(key.start - now) < _REACH else None


def _chosen(
    text: str, schedules: list[Schedule], slots: list[Slot], now: datetime, *, viewer: Viewer
) -> dict[str, Any]:
    """The slot the address names, or why it is not to be had (`gone`, `why`) and the nearest ones instead.

    `schedules`: all in which they book, closed ones too.
    """
    key = read_key(text, now)
    schedule = next((one for one in schedules if key is not None and one.id == key.schedule_id), None)
    if not text:
        return {"chosen": None, "gone": "", "why": "", "nearest": [], "wanted": None}
    chosen = next((slot for slot in slots if slot.key == key), None)
    if chosen is None and key is not None and schedule is not None:
        # Further than the days listed: the practice looks ahead.
        chosen = free_slot(key, schedule=schedule, now=now, viewer=viewer)
    if chosen is not None:
        return {"chosen": chosen, "gone": "", "why": "", "nearest": [], "wanted": None}
    why = ""
    if key is None or schedule is None:
        gone, wanted, around = "unknown", None, now
    else:
        gone = "past" if key.start < now else "taken"
        if gone == "taken":
            why = sentence(why_gone(key, schedule=schedule, now=now, viewer=viewer))
        wanted, around = {"start": key.start, "zone": schedule.location.zone}, max(key.start, now)
    open_ones = [one for one in schedules if one.active]
    nearest = nearest_slots(open_ones, around=around, now=now, count=NEAREST, viewer=viewer)
    return {"chosen": None, "gone": gone, "why": why, "nearest": nearest, "wanted": wanted}


def _filters(request: HttpRequest, name: str, codes: list[Any]) -> list[Filter]:
    """ "All" and one per code; none when there is nothing to choose between."""
    if len(codes) < 2:
        return []
    kept = {key: value for key, value in request.GET.items() if key in {"creneau", "mode", "type"} and key != name}
    chosen = request.GET.get(name, "")
    if chosen not in codes:
        chosen = ""
    return [
        Filter(str(code), "?" + urlencode(kept | ({name: str(code)} if code else {})), str(code) == chosen)
        for code in ["", *codes]
    ]
