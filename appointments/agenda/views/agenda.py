"""Home, and the agenda by week and by day."""

import uuid
from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.french import period, sentence
from accounts.rights import Actor
from appointments.access.selectors import standing_of
from appointments.agenda.blocks import Look
from appointments.agenda.selectors.agenda import agenda_of, visible_days
from appointments.agenda.selectors.home import first_shown
from appointments.agenda.selectors.present import shown_at
from appointments.days import FIRST_DAY, LAST_DAY
from appointments.grid import month_weeks
from appointments.messages.selectors import untold_visits
from appointments.pages.access import actor_of, signed_in
from appointments.pages.breaks import changeable
from appointments.pages.practice import practice_act, practice_page, side_of
from appointments.places.rights import Agendas, kept_practitioners
from appointments.places.selectors import grid_zone, schedules_of

_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)


@require_http_methods(["GET", "HEAD"])
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Where each kind of person begins."""
    actor = actor_of(request)
    if actor.is_regulator:
        return redirect("my-referrals")
    if actor.is_practice:
        return _today(actor)
    if actor.user is not None and actor.user.is_staff:
        return redirect("operations")
    context = {"nav": "", "standing": standing_of(request.user, now=timezone.now())}  # type: ignore[arg-type]
    return render(request, "practice/no_role.html", context)


@require_http_methods(["GET", "HEAD"])
@practice_page
def agenda(request: HttpRequest) -> HttpResponse:
    return _today(actor_of(request))


@require_http_methods(["GET", "HEAD"])
@practice_page
def agenda_week(request: HttpRequest, practitioner_id: uuid.UUID, day: date) -> HttpResponse:
    monday = day - timedelta(days=day.weekday())
    return _page(request, practitioner_id, day, monday, monday + 6 * _DAY, view="week", step=_WEEK)


@require_http_methods(["GET", "HEAD"])
@practice_page
def agenda_day(request: HttpRequest, practitioner_id: uuid.UUID, day: date) -> HttpResponse:
    return _page(request, practitioner_id, day, day, day, view="day", step=_DAY)


def _page(
    request: HttpRequest,
    practitioner_id: uuid.UUID,
    day: date,
    first: date,
    last: date,
    *,
    view: str,
    step: timedelta,
) -> HttpResponse:
    side = side_of(request, practitioner_id)
    place = _place(request, [schedule.id for schedule in side.seen])
    shown = [one for one in side.seen if one.id == place] or side.agendas.at_least(Level.BUSY)
    now = timezone.now()
    agenda = agenda_of(
        side.practitioner,
        schedules=side.seen,
        zone=grid_zone(shown),
        first=first,
        last=last,
        now=now,
        place=place,
        taken_for=None if side.sees_everything else actor_of(request),
        busy=[] if place else [one for one in side.agendas.at_least(Level.BUSY) if one not in side.seen],
    )
    untold = list(untold_visits(side.seen, now=now).select_related("patient", "schedule__location"))
    columns = visible_days(agenda.columns, keeping=day)
    monday = day - timedelta(days=day.weekday())
    context: dict[str, Any] = {
        **side.context("agenda"),
        "agenda": agenda,
        "columns": columns,
        "untold": untold,
        "day": day,
        "today": now.astimezone(agenda.zone).date(),
        "view": view,
        "address": f"agenda-{view}",
        "title": sentence(period(columns[0].day, columns[-1].day)),
        "place": place,
        "look": Look(
            zone=agenda.zone,
            now=now,
            booked=(booked := frozenset(one.id for one in side.agendas.at_least(Level.BOOK))),
            untold=frozenset(one.id for one in untold),
            several_places=agenda.has_several_places,
            discreet=actor_of(request).is_discreet,
            full=view == "day",
        ),
        "booked": booked,
        "changeable": changeable([one for column in columns for one in column.breaks], actor=actor_of(request)),
        "shown_at": shown_at(side.agendas.at_least(Level.BUSY)),
        "query": f"?lieu={place}" if place else "",
        "previous": _within(day, -step),
        "next": _within(day, step),
        "month": month_weeks(day),
        "week": {monday + count * _DAY for count in range(7)},
        "previous_month": _within(day.replace(day=1), -_DAY),
        "next_month": _within(day.replace(day=28), 4 * _DAY),
        "strip": [column.day for column in columns]
        if view == "week"
        else [monday + count * _DAY for count in range(7)],
        "is_empty": all(column.is_empty and not column.breaks for column in columns),
    }
    return render(request, "practice/agenda.html", context)


@practice_act
def agenda_look(request: HttpRequest) -> HttpResponse:
    """How this person reads agendas, from now on and on any machine."""
    user = actor_of(request).user
    if user is not None:
        user.discreet_agenda = bool(request.POST.get("discreet"))
        user.save(update_fields=["discreet_agenda"])
    target = request.POST.get("next", "")
    known = url_has_allowed_host_and_scheme(target, allowed_hosts=None) and target.startswith("/agenda/")
    return redirect(target if known else "agenda")


def _within(day: date, step: timedelta) -> date | None:
    """The day a step away, None at the ends of the agenda's years."""
    other = day + step
    return other if FIRST_DAY <= other <= LAST_DAY else None


def _place(request: HttpRequest, schedule_ids: list[uuid.UUID]) -> uuid.UUID | None:
    """The schedule `?lieu=` names; one that is not this practitioner's does not exist."""
    wanted = request.GET.get("lieu", "")
    if not wanted:
        return None
    try:
        place = uuid.UUID(wanted)
    except ValueError:
        raise Http404 from None
    if place not in schedule_ids:
        raise Http404
    return place


def _today(actor: Actor) -> HttpResponse:
    """This week, or the coming one once nothing is left of it, of the person's own agenda, else of the first they may see
    something of; who has none sets their practice up, or says who keeps which.
    """
    kept = kept_practitioners(actor)
    if not kept:
        return redirect("assistant-home" if actor.managed else "team-home")
    practitioner = next((one for one in kept if one.id in actor.own), kept[0])
    shown = Agendas(schedules_of(practitioner.id), actor).at_least(Level.BUSY)
    day = first_shown(shown, zone=grid_zone(shown), now=timezone.now())
    return redirect("agenda-week", practitioner.id, day)
