"""Booking one slot for a patient: the form, and what happens when somebody was faster.

The patient's details travel in the body of requests only, never in an address.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from accounts.zones import are_several
from appointments.booking.forms import BookingForm
from appointments.booking.services.booking import book_appointment, same_day_of
from appointments.booking.services.drafts import erase_draft, read_draft, save_draft
from appointments.booking.services.holds import hold_of, offered_by, renew_hold
from appointments.booking.services.obstacles import InTheWay
from appointments.booking.services.same_day import same_day_told
from appointments.call.colleagues import colleagues_of
from appointments.call.echo import echoes
from appointments.call.holding import Keeping, State, kept_for
from appointments.call.selectors import local_day, replacements
from appointments.call.views.slots import NEAREST, bookable_agendas, read_key
from appointments.enums import ConsultationType
from appointments.exceptions import NotAllowed, Refused, SlotTaken
from appointments.models import Reason, Schedule
from appointments.pages.access import actor_of, signed_in
from appointments.pages.interrupted import NOT_BOOKED, Typed
from appointments.patients.identity import is_doubtful
from appointments.places.selectors import grid_zone, schedule_of
from appointments.slots.selectors import Slot, free_slot, nearest_slots, viewer_of, why_gone
from appointments.slots.slot_key import SlotKey
from appointments.slots.words import sentence

# In the address of a form that was sent and not taken: what was typed is read from its draft, and judged again.
_CHECKED = "verifier"
_WRONG_KEY = "La clé du numéro de sécurité sociale ne correspond pas\u00a0: faites-le relire, et corrigez-le."
# Said of who calls for another.
LINKS = (
    "Mère",
    "Père",
    "Conjoint",
    "Conjointe",
    "Fille",
    "Fils",
    "Voisin",
    "Témoin",
    "Établissement scolaire",
    "Aide à domicile",
)
# Among how many near ones those are chosen that are offered instead.
_COMPARED = 24


def _typed_in(request: HttpRequest) -> Typed:
    """Of a form that nobody may send as yet."""
    key = read_key(request.POST.get("creneau") or request.GET.get("creneau", ""), timezone.now())
    form = _unjudged(request)
    return Typed(f"{reverse('book')}?{urlencode({'creneau': key})}" if key else "", form, _understood(form))


@require_http_methods(["GET", "HEAD", "POST"])
@partial(signed_in, undone=NOT_BOOKED, typed_in=_typed_in)
def book(request: HttpRequest) -> HttpResponse:
    """The form of a slot, which it keeps for who opens it. What was sent and not taken redirects to the same page with what is
    wrong, or the hours instead: Back and F5 never send it again.
    """
    actor, now = actor_of(request), timezone.now()
    # Of the page "slot taken", the body names the slot chosen instead.
    key = read_key(request.POST.get("creneau") or request.GET.get("creneau", ""), now)
    if key is None:
        return render(request, "booking/no_slot.html", {"given": None}, status=404)
    # Closed meanwhile, it still says so, and nothing typed is lost.
    schedule = schedule_of(key.schedule_id)
    if schedule is None and request.method == "POST":
        return _no_agenda(request)
    if schedule is None or not actor.may_book_in(schedule.practitioner_id, schedule.organization_id):
        raise Http404
    if request.method == "POST":
        return _send(request, schedule, key, now)
    draft = read_draft(user=_user(request))
    if draft and _CHECKED in request.GET:
        return _again(request, draft, schedule, key, now)
    kept = _kept(request, schedule, key, now)
    if kept is None:
        return _to_slots(schedule, key)
    return _form_page(request, _form(kept[0], draft), *kept, resumed=bool(draft))


@require_POST
@partial(signed_in, undone=NOT_BOOKED)
def draft(request: HttpRequest) -> HttpResponse:
    """What is being typed, kept for a quarter of an hour, and the slot with it; with `erase`, forgotten."""
    actor = actor_of(request)
    if not (actor.is_regulator or actor.is_practice):
        raise Http404
    if "erase" in request.POST:
        erase_draft(user=_user(request))
        return redirect(f"{reverse('book')}?{urlencode({'creneau': request.POST.get('creneau', '')})}")
    _save(request)
    key = read_key(request.POST.get("creneau", ""), timezone.now())
    own = hold_of(actor) if actor.is_regulator and key is not None else None
    if own is not None and (own.schedule_id, own.start) == (key.schedule_id, key.start):  # type: ignore[union-attr]
        renew_hold(token=own.token)
    context = {"echo": echoes(request.POST.dict(), today=timezone.localdate())}
    answer = render(request, "booking/echoes.html", context)
    answer["HX-Trigger"] = "regain"
    return answer


def _send(request: HttpRequest, schedule: Schedule, key: SlotKey, now: datetime) -> HttpResponse:
    # What the slot offers is judged once, under the lock.
    form, actor, refusal, anew = _sent(request.POST, schedule), actor_of(request), "", False
    if form.is_valid():
        try:
            despite = request.POST.get("despite", "")
            appointment = book_appointment(key=key, visit=form.visit(), by=actor, now=now, despite=despite)
        except NotAllowed:
            raise Http404 from None
        except InTheWay:
            pass  # the page reads again what stands there
        except (SlotTaken, Refused) as error:
            refusal = str(error)
        else:
            if form.is_patient_of(appointment):
                if (appointment.schedule_id, appointment.start) != (key.schedule_id, key.start):
                    messages.warning(
                        request, "Ce formulaire avait déjà servi\u00a0: voici le rendez-vous qu’il a pris."
                    )
                if (nir := form.cleaned_data["nir"]) and is_doubtful(nir):
                    messages.warning(request, _WRONG_KEY)
                return redirect("appointment-confirmation", appointment.id)
            # Typed over a form that had booked, in another tab or by the browser's arrow: this one is another's.
            anew = True
            messages.warning(
                request,
                "Ce formulaire avait déjà pris un rendez-vous, pour un autre patient\u00a0: confirmez celui-ci.",
            )
    if not _save(request, refusal=refusal, anew=anew):
        # More than a form was ever typed: it comes back at once.
        return _again(request, request.POST.dict() | {"refusal": refusal}, schedule, key, now)
    return redirect(f"{reverse('book')}?{urlencode({'creneau': key, _CHECKED: 1})}")


def _save(request: HttpRequest, *, refusal: str = "", anew: bool = False) -> bool:
    """What was typed, and why it was not taken; `anew`: as another form's."""
    typed = {name: request.POST.get(name, "") for name in BookingForm.base_fields if name != "request_id"}
    return save_draft(
        user=_user(request),
        fields=typed | {"refusal": refusal},
        request_id=None if anew else _as_uuid(request.POST.get("request_id", "")),
    )


def _user(request: HttpRequest) -> User:
    user = actor_of(request).user
    assert user is not None  # noqa: S101  # they have signed in
    return user


def _as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _kept(request: HttpRequest, schedule: Schedule, key: SlotKey, now: datetime) -> tuple[Slot, Keeping | None] | None:
    """The slot, kept from now on for the regulator who opens its form. None when it is not to be had."""
    actor = actor_of(request)
    own = Keeping.now_of(key, by=actor, now=now) if actor.is_regulator else None
    if own is not None and own.hold is not None and own.state == State.MINE:
        # As it was offered when they took it, whatever was changed since.
        slot: Slot | None = Slot(schedule, key.start, key.end, offered_by(own.hold))
    else:
        slot = free_slot(key, schedule=schedule, now=now, viewer=viewer_of(actor))
    if slot is None or (actor.is_regulator and slot.is_walk_in):
        return None
    try:
        return slot, kept_for(request, key, schedule=schedule, by=actor, now=now) or own
    except (SlotTaken, Refused):
        return None  # somebody was faster by a moment
    except NotAllowed:
        raise Http404 from None


def _to_slots(schedule: Schedule, key: SlotKey) -> HttpResponse:
    return redirect(f"{reverse('practitioner-slots', args=[schedule.practitioner_id])}?creneau={key}")


def _no_agenda(request: HttpRequest) -> HttpResponse:
    """Deleted meanwhile: whose it was is not known any more, and what was typed can be read."""
    form = _unjudged(request)
    return render(request, "booking/no_slot.html", {"form": form, "given": _understood(form)}, status=409)


def _unjudged(request: HttpRequest) -> BookingForm:
    """What was typed, for an agenda of which nothing is known."""
    form = BookingForm(request.POST, modes=list(ConsultationType), reasons=[], zone=grid_zone([]))
    form.full_clean()
    return form


def _form(slot: Slot, draft: Mapping[str, str]) -> BookingForm:
    """For what this slot offers, with what is being typed elsewhere."""
    modes = [ConsultationType(mode) for mode in slot.offer.consultation_types]
    return BookingForm(
        initial={name: typed for name, typed in draft.items() if name != "request_id"},
        modes=modes,
        reasons=slot.offer.reasons,
        zone=slot.schedule.location.zone,
    )


def _sent(fields: Mapping[str, str], schedule: Schedule) -> BookingForm:
    """As sent: any mode and any reason go until the lock, under which it is known what the slot offers."""
    reason = _as_uuid(fields.get("reason", ""))
    asked = [Reason(id=reason)] if reason is not None else []
    return BookingForm(fields, modes=list(ConsultationType), reasons=asked, zone=schedule.location.zone)


def _again(
    request: HttpRequest, fields: Mapping[str, str], schedule: Schedule, key: SlotKey, now: datetime
) -> HttpResponse:
    """The form as typed, with what is wrong, or to be read first; the page of a slot that is gone when it is."""
    form, refusal = _sent(fields, schedule), fields.get("refusal", "")
    kept = _kept(request, schedule, key, now)
    if kept is None:
        cause = why_gone(key, schedule=schedule, now=now, viewer=viewer_of(actor_of(request)))
        return _taken(request, form, schedule, key, now, refusal or sentence(cause))
    slot, warning = kept[0], None
    form.offer([ConsultationType(mode) for mode in slot.offer.consultation_types], slot.offer.reasons)
    if form.is_valid():
        if also := same_day_of(key, form.visit(), zone=schedule.location.zone, by=actor_of(request)):
            warning = InTheWay(also)
        elif refusal:
            form.add_error(None, refusal)
    return _form_page(request, form, *kept, warning)


def _form_page(
    request: HttpRequest,
    form: BookingForm,
    slot: Slot,
    keeping: Keeping | None,
    warning: InTheWay | None = None,
    *,
    resumed: bool = False,
) -> HttpResponse:
    """`resumed`: what was typed before, on this page or another, is in it."""
    zone = slot.schedule.location.zone
    context = {
        "keeping": keeping,
        "already": same_day_told(warning.obstacles, actor=actor_of(request), zone=zone) if warning else [],
        "going_on": warning.seal if warning else "",
        "form": form,
        "slot": slot,
        "practitioner": slot.schedule.practitioner,
        "day": local_day(slot),
        "resumed": resumed,
        "echo": echoes(
            {name: str(form[name].value() or "") for name in ("birth_date", "nir")},
            today=timezone.localdate(timezone=zone),
        ),
        "links": LINKS,
        "asked": _asked(slot),
    }
    return render(request, "booking/form.html", context, status=409 if warning else 422 if form.errors else 200)


def _asked(slot: Slot) -> list[tuple[str, str]]:
    """What the reasons of the slot ask of the patient: label and instructions. One query where it has any reason."""
    ids = [reason.id for reason in slot.offer.reasons]
    rows = Reason.objects.filter(pk__in=ids).exclude(instructions="").order_by("position", "label_folded")
    return list(rows.values_list("label", "instructions")) if ids else []


def _taken(
    request: HttpRequest, form: BookingForm, schedule: Schedule, key: SlotKey, now: datetime, why: str
) -> HttpResponse:
    """Says why, and offers the nearest ones of the practitioner, wherever they receive; what was typed goes along."""
    form.offer(list(ConsultationType), Reason.objects.filter(done_at__schedule=schedule))
    actor = actor_of(request)
    schedules = [one for one in bookable_agendas(actor, schedule.practitioner.id) if one.active]
    viewer = viewer_of(actor)
    around, mode = max(key.start, now), form["consultation_type"].value()
    day = around.astimezone(schedule.location.zone).date()
    nearest = nearest_slots(schedules, around=around, now=now, count=_COMPARED, viewer=viewer)

    def distance(slot: Slot) -> tuple[bool, bool, bool, bool, timedelta]:
        """That day, the same place and the same way first; who is on the phone can rather come later than earlier."""
        another_day = slot.start.astimezone(schedule.location.zone).date() != day
        otherwise = mode not in slot.offer.consultation_types
        elsewhere = slot.schedule.id != schedule.id
        return another_day, elsewhere, otherwise, slot.start < around, abs(slot.start - around)

    nearest = sorted(nearest, key=distance)[:NEAREST]
    replaced = replacements([schedule], since=key.start, until=key.end, actor=actor)
    context = {
        "form": form,
        "given": _understood(form),
        "wanted": key,
        "why": why.removesuffix("."),
        "schedule": schedule,
        "practitioner": schedule.practitioner,
        "nearest": nearest,
        "replaced": replaced,
        # Who wants that hour rather than that practitioner.
        "colleagues": colleagues_of(schedules or [schedule], replaced, now=now, actor=actor, around=around),
        "several_clocks": are_several(one.location.zone for one in schedules),
    }
    return render(request, "booking/slot_taken.html", context, status=409)


def _understood(form: BookingForm) -> dict[str, object]:
    return {name: form.cleaned_data.get(name, "") for name in form.fields}
