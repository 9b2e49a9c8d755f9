"""Where the SAS's link lands: one practitioner's free slots, the one chosen on the platform first."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.french import fold
from accounts.models import Practitioner
from accounts.rights import Actor
from accounts.zones import are_several
from appointments.call.colleagues import colleagues_of
from appointments.call.holding import kept_for
from appointments.call.picker import Picker, half_at, half_of, read_half
from appointments.call.selectors import DAYS, minutes_until, replacements, slots_of_coming_days
from appointments.enums import ConsultationType
from appointments.exceptions import NotAllowed, Refused, SlotTaken
from appointments.models import Appointment, Schedule
from appointments.pages.access import actor_of, signed_in
from appointments.places.selectors import grid_zone
from appointments.setup.clock import parse_clock
from appointments.slots.selectors import Slot, free_slot, nearest_slots, publishes, viewer_of, why_gone
from appointments.slots.slot_key import SlotKey
from appointments.slots.values import Viewer
from appointments.slots.words import sentence

NEAREST = 3
# Beyond, an address is no slot of ours; dates near the calendar's ends can't be reckoned with.
_REACH = timedelta(days=3660)
_KEPT = ("creneau", "mode", "lieu", "demi", "avec")


@dataclass(frozen=True, slots=True)
class Filter:
    """One choice of a filter: a link that keeps all the rest of the address. `code` is blank for all of them."""

    code: str
    label: str
    href: str
    current: bool
    count: int


@require_safe
@signed_in
def practitioner_slots(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    every = bookable_agendas(actor, practitioner_id)
    practitioner = every[0].practitioner if every else get_object_or_404(Practitioner, pk=practitioner_id)
    schedules = [schedule for schedule in every if schedule.active]
    if not (actor.is_regulator or schedules or practitioner_id in actor.own):
        raise Http404
    viewer = viewer_of(actor)
    slots = slots_of_coming_days(schedules, now=now, viewer=viewer)
    if actor.is_regulator and not slots and not publishes(schedules, viewer=viewer):
        # Known to the practice only, the name as well as the place.
        raise Http404
    context = {
        "practitioner": practitioner,
        "several_clocks": are_several(schedule.location.zone for schedule in every),
        "chosen": None,
        "is_turned": False,
        "may_wait": any(one.active and one.is_online for one in every),
        **choice(request, schedules, slots, now),
    }
    if request.headers.get("HX-Target") == "choix":
        return render(request, "booking/picker.html", context | {"is_turned": True})
    context |= _chosen(request, every, slots, now, viewer=viewer)
    wanted = read_key(request.GET.get("creneau", ""), now)
    until = max([now + timedelta(days=DAYS), *([wanted.end] if wanted is not None else [])])
    around = wanted.start if wanted is not None else None
    replaced = replacements(every, since=now, until=until, actor=actor)
    chosen = context["chosen"]
    return render(request, "booking/slots.html", context | {
        "replaced": replaced,
        "locations": [chosen.schedule.location] if chosen else [schedule.location for schedule in schedules],
        "colleagues": [] if slots else colleagues_of(every, replaced, now=now, actor=actor, around=around),
        "modes": [mode for mode in ConsultationType if any(mode in slot.offer.consultation_types for slot in slots)],
    })  # fmt: skip


def bookable_agendas(actor: Actor, practitioner_id: uuid.UUID) -> list[Schedule]:
    """The practitioner's in which this person books, closed ones too, by the names of their places. One query.

    They are few: to have them in order from the database takes longer than to read them.
    """
    rows = Schedule.objects.with_place().of_practitioner(practitioner_id).order_by()
    mine = [one for one in rows if actor.may_book_in(practitioner_id, one.organization_id)]
    return sorted(mine, key=lambda one: (fold(one.location.name), one.id))


def read_key(text: str, now: datetime) -> SlotKey | None:
    """The slot an address names, None when it names none. What a careless link glued after it is left out."""
    try:
        key = SlotKey.parse(text.partition("?")[0])
    except ValueError:
        return None
    return key if abs(key.start - now) < _REACH else None


# --- One of the others -----------------------------------------------------------------------------------------------
def choice(
    request: HttpRequest, schedules: list[Schedule], slots: list[Slot], now: datetime, *, around: datetime | None = None
) -> dict[str, Any]:
    """What one chooses among: filters, counts by half-day, one half-day's hours; and where the typed hour leads (`apres`).

    The half-day is that of the slot the address names, else that of `around`, or the first with slots after it.
    """
    modes = [kind.value for kind in ConsultationType if any(kind in slot.offer.consultation_types for slot in slots)]
    having = {slot.schedule.id for slot in slots}
    places = [str(one.id) for one in schedules if one.id in having]
    mode = one_of(request.GET.get("mode", ""), modes)
    place = one_of(request.GET.get("lieu", ""), places)
    in_mode = [slot for slot in slots if not mode or mode in slot.offer.consultation_types]
    in_place = [slot for slot in slots if not place or str(slot.schedule.id) == place]
    shown = [slot for slot in in_mode if not place or str(slot.schedule.id) == place]
    mode_counts = {code: sum(code in slot.offer.consultation_types for slot in in_place) for code in modes}
    place_counts = {code: sum(str(slot.schedule.id) == code for slot in in_mode) for code in places}
    names = {str(one.id): one.location.name for one in schedules}
    today = now.astimezone(grid_zone(schedules)).date()
    picker = Picker(shown, today, DAYS)
    wanted = read_half(request.GET.get("demi", ""), picker)
    key = read_key(request.GET.get("creneau", ""), now)
    if wanted is None and (asked := key.start if key is not None else around) is not None:
        # Around what was asked for, whether it is still free or not.
        zone = next((one.location.zone for one in schedules if key is not None and one.id == key.schedule_id), None)
        wanted = picker.from_then(half_at(asked.astimezone(zone or grid_zone(schedules))))
    picker = picker.showing(wanted)
    target, said = _after(request.GET.get("apres", ""), picker, now.astimezone(grid_zone(schedules)))
    if target is not None:
        picker = picker.showing(half_of(target))
    soonest: dict[datetime, Slot] = {}
    for slot in shown:
        if not slot.is_walk_in and (key is None or slot.start != key.start):
            soonest.setdefault(slot.start, slot)
            if len(soonest) == NEAREST:
                break
    return {
        "picker": picker,
        # Where an hour leads: its slot is added.
        "chooses": f"{reverse('book')}?creneau=",
        "heading": "Une autre heure\u202f?" if key is not None else "Les 7\u00a0jours qui viennent",
        "places": picker.places,
        "target": target.key if target is not None else None,
        "jump": {"typed": request.GET.get("apres", ""), "said": said},
        # Of several at one hour the first.
        "soonest": [(one, minutes_until(one.start, now, one.schedule.location.zone)) for one in soonest.values()],
        "now": now,
        "key": key,
        "mode_filters": _filters(request, "mode", mode, {"": len(in_place)} | mode_counts),
        "place_filters": _filters(request, "lieu", place, {"": len(in_mode)} | place_counts, names),
        "filtered": bool(mode or place),
        "unfiltered": "?" + urlencode({"creneau": request.GET["creneau"]} if "creneau" in request.GET else {}),
        "kept": urlencode({name: value for name, value in request.GET.items() if name in _KEPT and name != "demi"}),
        "kept_fields": [(name, value) for name, value in request.GET.items() if name in _KEPT],
    }


def _after(typed: str, picker: Picker, local_now: datetime) -> tuple[Slot | None, str]:
    """The slot an hour typed leads to, from the day that is shown; else, or where it is on another day, what to say. An hour that
    is over today is the next day's.
    """
    if not typed.strip():
        return None, ""
    try:
        at: time = parse_clock(typed)
    except ValueError as error:
        return None, str(error)
    day = picker.half.day if picker.half is not None else picker.today
    is_over = day == local_now.date() and at.hour < local_now.hour
    found = picker.after(day + timedelta(days=is_over), at)
    if found is not None and is_over:
        return found, "Cette heure est passée aujourd’hui\u00a0: voici la suivante."
    if found is None:
        return None, "Aucun créneau libre à cette heure ni après, dans les jours montrés."
    return found, "Plus rien après cette heure ce jour-là\u00a0: voici le suivant." if half_of(found).day != day else ""


def one_of(text: str, codes: Iterable[str]) -> str:
    """What an address says, where it is one of these; else blank."""
    return text if text in codes else ""


def _filters(
    request: HttpRequest, name: str, chosen: str, counts: dict[str, int], labels: dict[str, str] | None = None
) -> list[Filter]:
    """All of them (blank) and one per code, each with how many there are; none when there is nothing to choose between."""
    if len(counts) <= 2:
        return []
    kept = {key: value for key, value in request.GET.items() if key in _KEPT and key not in {name, "demi"}}
    return [
        Filter(
            code,
            (labels or {}).get(code, ""),
            "?" + urlencode(kept | ({name: code} if code else {})),
            code == chosen,
            count,
        )
        for code, count in counts.items()
    ]


# --- The one the address names ---------------------------------------------------------------------------------------
def _chosen(
    request: HttpRequest, schedules: list[Schedule], slots: list[Slot], now: datetime, *, viewer: Viewer
) -> dict[str, Any]:
    """The slot the address names, kept for who looks, or why it is not to be had (`gone`, `why`) and the nearest ones instead.

    `schedules`: all in which they book, closed ones too.
    """
    text = request.GET.get("creneau", "")
    nothing: dict[str, Any] = {
        "chosen": None,
        "keeping": None,
        "in_minutes": None,
        "gone": "",
        "why": "",
        "nearest": [],
        "wanted": None,
        "own": None,
    }
    if not text:
        return nothing
    key = read_key(text, now)
    schedule = next((one for one in schedules if key is not None and one.id == key.schedule_id), None)
    chosen = next((slot for slot in slots if slot.key == key), None)
    if chosen is None and key is not None and schedule is not None:
        # Further than the days listed: the practice looks ahead.
        chosen = free_slot(key, schedule=schedule, now=now, viewer=viewer)
    why = ""
    if chosen is not None:
        try:
            kept = None
            if not chosen.is_walk_in:
                kept = kept_for(request, chosen.key, schedule=chosen.schedule, by=actor_of(request), now=now)
        except (SlotTaken, Refused) as error:
            why = str(error)
        except NotAllowed:
            raise Http404 from None
        else:
            return nothing | {
                "chosen": chosen,
                "keeping": kept,
                "in_minutes": minutes_until(chosen.start, now, chosen.schedule.location.zone),
            }
    if key is None or schedule is None:
        gone, wanted, around = "unknown", None, now
    else:
        gone = "past" if key.start < now else "taken"
        if gone == "taken" and not why:
            why = sentence(why_gone(key, schedule=schedule, now=now, viewer=viewer))
        wanted, around = {"start": key.start, "zone": schedule.location.zone}, max(key.start, now)
    own = _booked_by(actor_of(request), key) if gone == "taken" and key is not None else None
    open_ones = [one for one in schedules if one.active]
    nearest = nearest_slots(open_ones, around=around, now=now, count=NEAREST, viewer=viewer)
    # Earlier ones come last: somebody who was told an hour may not make it before.
    nearest.sort(key=lambda slot: (slot.start < around, abs(slot.start - around)))
    return nothing | {"gone": gone, "why": why, "nearest": nearest, "wanted": wanted, "own": own}


def _booked_by(actor: Actor, key: SlotKey) -> Appointment | None:
    """What this regulator booked there themself, on the page before: nobody was faster. One query, for them only."""
    if not actor.is_regulator:
        return None
    rows = Appointment.objects.visible_to(actor).standing().with_patient(actor)
    return rows.filter(schedule=key.schedule_id, start=key.start).order_by("-created_at", "pk").first()
