"""The same visit again and again: booked in one go, then changed from one of them on."""

import uuid
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.french import counted, day_month
from accounts.single import single
from appointments.agenda.forms.series import FollowingForm, SeriesForm
from appointments.agenda.selectors.obstacles import obstacle_sentences
from appointments.agenda.selectors.series import lines_of, name_of, visits_of_series
from appointments.agenda.views.desk import ON_THE_WAY, Desk, desk_of
from appointments.booking.services.series import (
    Occasion,
    SeriesInTheWay,
    book_series,
    cancel_following,
    move_following,
)
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Appointment
from appointments.pages.access import actor_of
from appointments.pages.interrupted import NOT_BOOKED
from appointments.pages.practice import practice_page, side_of
from appointments.slots.slot_key import SlotKey

SKIP, BESIDE = "passer", "en-plus"


@require_http_methods(["GET", "HEAD", "POST"])
@partial(practice_page, undone=NOT_BOOKED)
def new_series(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request, practitioner_id, SeriesForm, "practice/new_series.html")
    if desk.is_shut:
        return desk.shut()
    if request.method != "POST" or request.POST.keys() & ON_THE_WAY:
        return desk.page(desk.begun())
    form: SeriesForm = desk.sent()
    if not form.is_valid():
        return desk.page(form, status=422)
    data, by = form.cleaned_data, actor_of(request)
    occasions = _occasions(data["starts"], request.POST)
    if not occasions:
        form.add_error(None, "Toutes les dates sont passées\u00a0: gardez-en une au moins.")
        return desk.page(form, status=422)
    try:
        booked = book_series(
            schedule_id=data["schedule"].id,
            occasions=list(occasions),
            minutes=data["minutes"],
            visit=form.visit(),
            by=by,
            now=desk.now,
        )
    except SeriesInTheWay as there:
        return _conflicts(desk, form, occasions, there)
    except NotAllowed:
        raise Http404 from None
    except Refused as refusal:
        form.add_error(refusal.element or None, str(refusal))
        return desk.page(form, status=422)
    zone = data["schedule"].location.zone
    first, last = (day_month(one.start.astimezone(zone)) for one in (booked[0], booked[-1]))
    messages.success(request, f"{counted(len(booked), 'rendez-vous pris', 'rendez-vous pris')}, du {first} au {last}.")
    return redirect("series", booked[0].id)


def _occasions(starts: list[datetime], answers: Any) -> dict[Occasion, datetime]:
    """What is to be booked, each with the hour that was asked for first."""
    found = {}
    for start in starts:
        answer = answers.get(name_of(start), "")
        if answer == SKIP:
            continue
        where, _, seal = answer.partition(" ")
        try:
            at = SlotKey.parse(where).start
        except ValueError:
            at = start
        found[Occasion(at, seal)] = start
    return found


def _conflicts(
    desk: Desk, form: SeriesForm, occasions: dict[Occasion, datetime], there: SeriesInTheWay
) -> HttpResponse:
    """All the dates, each that is not free with what stands there and what may be done."""
    data = form.cleaned_data
    asked = {one.start: start for one, start in occasions.items()}
    found = {asked[at]: one for at, one in there.found.items()}
    # Of what is not free any more the answer of before is none.
    free = [name_of(start) for start in data["starts"] if start not in found]
    chosen = {name: desk.request.POST.get(name, "") for name in free}
    lines = lines_of(
        data["starts"],
        found,
        chosen,
        schedule=data["schedule"],
        minutes=data["minutes"],
        actor=actor_of(desk.request),
        now=desk.now,
    )
    return desk.page(form, status=409, lines=lines, skip=SKIP, beside=BESIDE)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def series(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    """Its visits; and « celui-ci et les suivants »."""
    actor, now = actor_of(request), timezone.now()
    rows = Appointment.objects.kept_by(actor, Level.BOOK).with_context().with_patient(actor)
    one = single(rows.filter(pk=appointment_id, series__isnull=False))
    if one is None:
        raise Http404
    if request.method != "POST":
        return _page(request, one, FollowingForm(appointment=one, now=now))
    form = FollowingForm(request.POST, appointment=one, now=now)
    if not form.is_valid():
        return _page(request, one, form, status=422)
    data = form.cleaned_data
    act = {"appointment_id": one.pk, "version": data["version"], "by": actor, "now": now, "tell": not data["untold"]}
    try:
        more = {} if form.cancels else {"start": data["start"], "despite": data["despite"]}
        done = (cancel_following if form.cancels else move_following)(**act, **more)
    except NotAllowed:
        raise Http404 from None
    except SeriesInTheWay as there:
        found = [item for each in there.found.values() for item in each.obstacles]
        zone = one.schedule.location.zone
        sentences = list(dict.fromkeys(obstacle_sentences(found, actor=actor, zone=zone)))
        return _page(request, one, form, status=409, sentences=sentences, going_on=there.seal)
    except ChangedMeanwhile as refusal:
        # What was typed stays, to be sent again by whoever has read what it is now.
        fresh = rows.get(pk=one.pk)
        again = FollowingForm(_at_version(request, fresh), appointment=fresh, now=now)
        again.add_error(None, str(refusal))
        return _page(request, fresh, again, status=409)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _page(request, one, form, status=422)
    what = "annulé" if form.cancels else "déplacé"
    messages.success(request, f"{counted(len(done), f'rendez-vous {what}', f'rendez-vous {what}s')}.")
    return redirect("series", one.pk)


def _at_version(request: HttpRequest, fresh: Appointment) -> Any:
    sent = request.POST.copy()
    sent["version"] = str(fresh.version)
    return sent


def _page(
    request: HttpRequest,
    one: Appointment,
    form: FollowingForm,
    *,
    status: int = 200,
    sentences: list[str] | None = None,
    going_on: str = "",
) -> HttpResponse:
    zone = one.schedule.location.zone
    visits = visits_of_series(one.series, actor=actor_of(request))
    following = [visit for visit in visits if visit.start >= one.start and visit.is_booked]
    context = {
        **side_of(request, one.practitioner_id, Level.BOOK).context("agenda"),
        "appointment": one,
        "zone": zone,
        "day": one.start.astimezone(zone).date(),
        "visits": visits,
        "following": following,
        "form": form,
        "sentences": sentences or [],
        "going_on": going_on,
    }
    return render(request, "practice/series.html", context, status=status)
