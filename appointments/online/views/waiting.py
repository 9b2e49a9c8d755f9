"""Waiting for an earlier hour: registering, answering what is proposed, leaving. The link shows little, and names nobody."""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.single import single
from appointments.booking.manage_link import read_waiting_token, token_of, waiting_token_of
from appointments.enums import ConsultationType, OfferState
from appointments.exceptions import Refused
from appointments.messages.codes import sends_sms
from appointments.models import Appointment, OnlineBooking, PatientMessage, Reason, Schedule, WaitingEntry, WaitingOffer
from appointments.online.forms.details import as_typed
from appointments.online.forms.waiting import WaitingForm
from appointments.online.selectors.agendas import near_frames, offered_to_all
from appointments.online.services.booking import given_of
from appointments.online.services.limits import TooMany
from appointments.online.services.waiting import begin_waiting, correct_waiting, wait_for_earlier
from appointments.online.views.asked import Asked, agendas_or_404, among, asked
from appointments.online.views.managing import opened
from appointments.online.views.visitor import address_of, new_visitor, remember, visitor_of
from appointments.slots.values import ReasonDone
from appointments.waiting.forms import WishForm
from appointments.waiting.selectors import rank_of
from appointments.waiting.services.answering import answer
from appointments.waiting.services.entries import leave

_SAID = {
    OfferState.REFUSED: "C’est noté\u00a0: cette place va à quelqu’un d’autre. Vous restez sur la liste.",
    OfferState.SILENT: "Le temps de répondre était passé\u00a0: cette place va à quelqu’un d’autre. Vous restez sur la liste.",
    OfferState.DROPPED: "Cette place n’est plus proposée.",
}
View = Callable[..., HttpResponse]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def wait(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    """Nothing free, or nothing soon enough: who comes, and when they could."""
    now, wanted = timezone.now(), asked(request.GET)
    every = among(agendas_or_404(practitioner_id), wanted)
    schedules = _of_one_practice(every, wanted)
    if not schedules:
        return redirect(f"{reverse('online-hours', args=[practitioner_id])}?{wanted.query()}")
    initial = {"reason": str(wanted.wish.reason or ""), "mode": wanted.wish.mode}
    form = _form(schedules, request.POST if request.method == "POST" else None, initial, now)
    back = f"{reverse('online-hours', args=[practitioner_id])}?{wanted.query()}"
    elsewhere = _elsewhere(every, schedules, wanted)
    if request.method != "POST":
        return _wait_page(request, schedules, form, back, elsewhere)
    if not form.is_valid():
        return _wait_page(request, schedules, form, back, elsewhere, status=422)
    visitor = visitor_of(request) or new_visitor()
    try:
        booking = begin_waiting(
            schedules=[one.pk for one in schedules], given=form.given(), wish=form.wish(), visitor=visitor,
            client=address_of(request), now=now,
        )  # fmt: skip
    except Refused as refusal:
        form.add_error(None, str(refusal))
        status = 429 if isinstance(refusal, TooMany) else 422
        return _wait_page(request, schedules, form, back, elsewhere, status=status)
    response = redirect("online-code", booking.pk)
    remember(response, visitor)
    return response


def correct(request: HttpRequest, booking: OnlineBooking, now: datetime) -> HttpResponse:
    """What was typed, before the code was right."""
    wanted, given = dict(booking.wanted or {}), given_of(booking)
    rows = Schedule.objects.with_place().filter(pk__in=wanted["schedules"])
    schedules = list(rows.order_by("location__name__folded", "pk"))
    typed = as_typed(given, booking.schedule.location.zone) if given is not None else {}
    typed |= {name: wanted[name] for name in ("weekdays", "part", "notice_hours", "until")}
    form = _form(schedules, request.POST if request.method == "POST" else None, typed, now)
    back = reverse("online-hours", args=[booking.schedule.practitioner_id])
    if request.method != "POST":
        return _wait_page(request, schedules, form, back)
    if not form.is_valid():
        return _wait_page(request, schedules, form, back, status=422)
    try:
        correct_waiting(booking=booking, given=form.given(), wish=form.wish(), now=now)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _wait_page(request, schedules, form, back, status=429 if isinstance(refusal, TooMany) else 422)
    return redirect("online-code", booking.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@opened
def earlier(request: HttpRequest, token: str, appointment: Appointment) -> HttpResponse:
    """« Plus tôt si possible », from the link of a visit."""
    now = timezone.now()
    zone = appointment.schedule.location.zone
    today = now.astimezone(zone).date()
    last = appointment.start.astimezone(zone).date()
    sent = request.POST if request.method == "POST" else None
    form = WishForm(sent, today=today, initial={"until": last})
    if sent is not None and form.is_valid():
        try:
            entry = wait_for_earlier(appointment=appointment, wish=form.wish(), now=now)
        except Refused as refusal:
            form.add_error(refusal.element if refusal.element in form.fields else None, str(refusal))
        else:
            return redirect(f"{_address(entry)}?fait=inscrit")
    context = {"form": form, "token": token, "appointment": appointment, "zone": zone}
    return render(request, "online/earlier.html", context, status=422 if form.errors else 200)


def of_an_entry(view: View) -> View:
    @wraps(view)
    def found(request: HttpRequest, token: str) -> HttpResponse:
        named = read_waiting_token(token)
        rows = WaitingEntry.objects.select_related("appointment__schedule__location", "reason")
        rows = rows.annotate(is_told=Exists(PatientMessage.objects.filter(entry=OuterRef("pk"))))
        entry = single(rows.filter(pk=named)) if named is not None else None
        if entry is None:
            return render(request, "online/link_over.html", status=404)
        return view(request, token, entry)

    return never_cache(found)


@require_http_methods(["GET", "HEAD", "POST"])
@of_an_entry
def waiting(request: HttpRequest, token: str, entry: WaitingEntry) -> HttpResponse:
    """What is proposed, else one's place on the list. Whoever has the link may answer."""
    now = timezone.now()
    if request.method != "POST":
        return _page(request, token, entry, now)
    if "partir" in request.POST:
        leave(entry_id=entry.pk)
        return redirect(_address(entry))
    named = _uuid(request.POST.get("offre", ""))
    offer = answer(entry_id=entry.pk, offer_id=named, yes="oui" in request.POST, now=now) if named else None
    if offer is None:
        return redirect(_address(entry))
    return redirect(f"{_address(entry)}?offre={offer.pk}")


def _page(request: HttpRequest, token: str, entry: WaitingEntry, now: datetime) -> HttpResponse:
    offers = list(entry.offers.select_related("schedule__location", "schedule__calendar__practitioner", "appointment"))
    live = next((one for one in offers if one.is_made and now < one.until), None)
    told = next((one for one in offers if str(one.pk) == request.GET.get("offre")), None)
    taken = next((one for one in offers if one.state == OfferState.ACCEPTED), None)
    schedules = list(
        Schedule.objects.with_place().filter(waiting__entry=entry).order_by("location__name__folded", "pk")
    )
    visit = entry.appointment if entry.appointment is not None and entry.appointment.is_booked else None
    context = {
        "token": token,
        "entry": entry,
        "offer": live,
        "left": _left(live, now),
        "said": _said(told) if told is not None and told != live else "",
        "registered": request.GET.get("fait") == "inscrit",
        "taken": taken,
        "taken_token": token_of(taken.appointment.pk) if taken is not None and taken.appointment is not None else "",
        "visit": visit,
        "elsewhere": live is not None and visit is not None and live.schedule.location != visit.schedule.location,
        "schedules": schedules,
        "rank": rank_of(entry) if entry.is_waiting else None,
    }
    return render(request, "online/waiting.html", context)


def _left(offer: WaitingOffer | None, now: datetime) -> tuple[int, int] | None:
    """Minutes that are left, of how many."""
    if offer is None:
        return None
    whole, left = offer.until - offer.offered_at, offer.until - now
    return max(1, int(left.total_seconds() // 60)), max(1, int(whole.total_seconds() // 60))


def _said(offer: WaitingOffer) -> str:
    if offer.state == OfferState.GONE:
        return f"{offer.cause} Vous restez sur la liste."
    return _SAID.get(OfferState(offer.state), "")


def _form(schedules: Sequence[Schedule], data: Any, initial: dict[str, Any], now: datetime) -> WaitingForm:
    reasons, modes = offered_to_all(near_frames(schedules, now=now))
    zone = schedules[0].location.zone
    done = [ReasonDone(one.id, one.label, one.minutes) for one in reasons]
    return WaitingForm(
        data,
        reasons=done,
        modes=[ConsultationType(one) for one in modes] or [ConsultationType.AMB],
        with_sms=sends_sms(),
        zone=zone,
        today=now.astimezone(zone).date(),
        initial=initial,
    )


def _of_one_practice(schedules: Sequence[Schedule], wanted: Asked) -> list[Schedule]:
    """A list is one practice's: that of the reason that was chosen, else of the first place."""
    here: list[Schedule] = []
    if wanted.wish.reason is not None:
        whose = set(Reason.objects.filter(pk=wanted.wish.reason).values_list("organization", flat=True))
        here = [one for one in schedules if one.organization_id in whose]
    return here or [one for one in schedules if one.organization_id == schedules[0].organization_id]


def _elsewhere(every: Sequence[Schedule], here: Sequence[Schedule], wanted: Asked) -> list[tuple[Schedule, str]]:
    """Where else this practitioner receives, for another practice: each with what its page is asked."""
    return [
        (one, wanted.query(lieu=one.id, motif=None)) for one in every if one.organization_id != here[0].organization_id
    ]


def _wait_page(
    request: HttpRequest,
    schedules: Sequence[Schedule],
    form: WaitingForm,
    back: str,
    elsewhere: Sequence[tuple[Schedule, str]] = (),
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "practitioner": schedules[0].practitioner,
        "schedules": schedules,
        "back": back,
        "elsewhere": elsewhere,
    }
    return render(request, "online/wait.html", context, status=status)


def _address(entry: WaitingEntry) -> str:
    return reverse("online-waiting", args=[waiting_token_of(entry.pk)])


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
