"""Keeping a slot longer, taking it back from another tab, giving it back."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.french import hour
from accounts.rights import Actor
from appointments.booking.services.holds import give_back_hold, hold_of, renew_hold, take_hold
from appointments.call.holding import Keeping, State
from appointments.call.views.slots import read_key
from appointments.exceptions import NotAllowed, Refused, SlotTaken
from appointments.models import Schedule
from appointments.pages.access import actor_of, signed_in
from appointments.places.selectors import schedule_of
from appointments.slots.slot_key import SlotKey


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def hold(request: HttpRequest) -> HttpResponse:
    """GET tells how the slot of `?creneau=` is kept.

    POST: `act` is `more` (five minutes, once), `take` (it was let go, or another tab has one) or `release`; with `token` and
    `renewals`, by a page that is left, only what that page was the last to keep.
    """
    actor, now = actor_of(request), timezone.now()
    if not actor.is_regulator:
        raise Http404
    if "token" in request.POST:
        return _left(request, actor)
    key = read_key(request.POST.get("creneau") or request.GET.get("creneau", ""), now)
    schedule = schedule_of(key.schedule_id) if key is not None else None
    if key is None or schedule is None:
        raise Http404
    refused = _act(request, key, actor) if request.method == "POST" else ""
    if request.POST.get("act") == "release":
        said = hour(key.start.astimezone(schedule.location.zone))
        messages.success(request, f"Le créneau de {said} n’est plus gardé.")
        return redirect("practitioner-slots", schedule.practitioner_id)
    if request.method == "POST" and "HX-Request" not in request.headers:
        # Without script: the page one came from says the rest.
        page = reverse("book") if request.POST.get("page") == "form" else _landing(schedule)
        return redirect(f"{page}?creneau={key}")
    context = {"keeping": Keeping.now_of(key, by=actor, now=now), "refused": refused, "schedule": schedule}
    context["page"] = request.POST.get("page") or request.GET.get("page", "")
    return render(request, "booking/hold.html", context)


def _act(request: HttpRequest, key: SlotKey, actor: Actor) -> str:
    """What was asked, done; what keeps it from being done, in words."""
    now = timezone.now()
    keeping = Keeping.now_of(key, by=actor, now=now)
    act = request.POST.get("act", "")
    try:
        if act == "release":
            if keeping.state == State.MINE and keeping.hold is not None:
                give_back_hold(token=keeping.hold.token)
        elif act == "more" and keeping.state == State.MINE and keeping.hold is not None:
            renew_hold(token=keeping.hold.token, once=True)
        elif act in {"more", "take"}:
            take_hold(key=key, by=actor, now=now)
    except (SlotTaken, Refused) as error:
        return str(error)
    except NotAllowed:
        raise Http404 from None
    return ""


def _left(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The page that kept it is gone. Another may have kept it on since: the count of renewals tells."""
    try:
        token, renewals = uuid.UUID(request.POST["token"]), int(request.POST.get("renewals", ""))
    except ValueError:
        raise Http404 from None
    own = hold_of(actor)
    if own is not None and own.token == token:
        give_back_hold(token=token, renewals=renewals)
    return HttpResponse(status=204)


def _landing(schedule: Schedule) -> str:
    return reverse("practitioner-slots", args=[schedule.practitioner_id])
