"""Home, and the agenda by week and by day: a week of one practitioner, a day of one or of several side by side."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from accounts.enums import AgendaView, Level
from accounts.french import day_month, period, sentence, short_weekday
from accounts.models import MOST_TOGETHER
from accounts.rights import Actor
from accounts.selectors.habits import habits_of
from accounts.services.habits import note_look
from appointments.access.selectors import standing_of
from appointments.agenda.blocks import Look
from appointments.agenda.forms.look import LookForm
from appointments.agenda.selectors.agenda import agendas_of, visible_days
from appointments.agenda.selectors.drawn import Column
from appointments.agenda.selectors.home import first_shown
from appointments.agenda.selectors.present import shown_at
from appointments.agenda.selectors.reading import Reading, Whose
from appointments.agenda.shown import Shown
from appointments.agenda.views.frame import Frame, asked_ids, sides_asked
from appointments.models import Appointment, Emptying
from appointments.pages.access import actor_of, signed_in
from appointments.pages.breaks import changeable
from appointments.pages.practice import Side, practice_act, practice_page, side_of
from appointments.places.rights import Agendas, kept_practitioners
from appointments.places.selectors import grid_zone, schedules_of
from appointments.setup.emptied import emptied_on
from appointments.slots.selectors import Slot

_DAY = timedelta(days=1)


@require_http_methods(["GET", "HEAD"])
@signed_in
def home(request: HttpRequest) -> HttpResponse:
    """Where each kind of person begins."""
    actor = actor_of(request)
    if actor.is_regulator:
        return redirect("my-referrals")
    if actor.is_practice:
        return _where_one_was(actor)
    if actor.user is not None and actor.user.is_staff:
        return redirect("operations")
    context = {"nav": "", "standing": standing_of(request.user, now=timezone.now())}  # type: ignore[arg-type]
    return render(request, "practice/no_role.html", context)


@require_http_methods(["GET", "HEAD"])
@practice_page
def agenda(request: HttpRequest) -> HttpResponse:
    return _where_one_was(actor_of(request))


@require_http_methods(["GET", "HEAD"])
@practice_page
def agenda_week(request: HttpRequest, practitioner_id: uuid.UUID, day: date) -> HttpResponse:
    side = side_of(request, practitioner_id)
    # Beside whom one looked at it by the day.
    known = {one.id for one in side.colleagues}
    others = [one for one in asked_ids(request) if one in known and one != practitioner_id]
    return _page(request, [side], AgendaView.WEEK, day, tuple(others[: MOST_TOGETHER - 1]))


@require_http_methods(["GET", "HEAD"])
@practice_page
def agenda_day(request: HttpRequest, practitioner_id: uuid.UUID, day: date) -> HttpResponse:
    return _page(request, [side_of(request, practitioner_id)], AgendaView.DAY, day)


@require_http_methods(["GET", "HEAD"])
@practice_page
def agenda_days(request: HttpRequest, day: date) -> HttpResponse:
    """The day of those named by `?avec=`, a column each, in the order of names."""
    return _page(request, sides_asked(request), AgendaView.DAY, day)


def _page(
    request: HttpRequest, sides: list[Side], view: AgendaView, day: date, others: tuple[uuid.UUID, ...] = ()
) -> HttpResponse:
    actor, now = actor_of(request), timezone.now()
    # Of several practitioners no place is anybody’s own.
    place = _place(request, [schedule.id for schedule in sides[0].seen] if len(sides) == 1 else [])
    known = [schedule for side in sides for schedule in side.agendas.at_least(Level.BUSY)]
    zone = grid_zone([one for one in known if one.id == place] or known)
    shown = Shown(view, (*(side.practitioner.id for side in sides), *others), day, place)
    frame = Frame(request, sides, shown, now.astimezone(zone).date())
    form, gone = frame.gone()
    if gone is not None:
        return gone
    first, last = (day, day) if view == AgendaView.DAY else _week_of(day)
    reading = Reading([_whose(side, place) for side in sides], zone, first, last, actor)
    habits = frame.habits
    agenda = agendas_of(
        reading,
        now=now,
        free=not habits.hides_free,
        cancelled=not habits.hides_cancelled,
        folding=not habits.unfolded and request.GET.get("replier") != "non",
    )
    columns = agenda.columns if view == AgendaView.DAY else visible_days(agenda.columns, keeping=day)
    booked = frozenset(one.id for side in sides for one in side.agendas.at_least(Level.BOOK))
    look = Look(
        zone=zone,
        now=now,
        booked=booked,
        untold=frozenset(one.id for one in frame.around.untold),
        discreet=actor.is_discreet,
        # More side by side than two have no room for more than a name.
        full=view == AgendaView.DAY and len(sides) <= 2,
        changeable=(open_to := _changeable(sides, columns, actor)),
        place=place,
        proposed=frame.around.queue.proposed,
        at_now=_at_now(columns, now),
    )
    context: dict[str, Any] = {
        **frame.context(form, title=sentence(period(columns[0].day, columns[-1].day))),
        "agenda": agenda,
        "columns": columns,
        "untold": frame.around.untold,
        "look": look,
        "booked": booked,
        "shown_at": shown_at(known),
        "unfold": f"{shown.address}{'&' if '?' in shown.address else '?'}replier=non",
        "changeable": open_to,
        "cells": _cells(sides, columns, shown, _looked_at(request, sides), actor),
        "strip": _strip(sides, columns, shown, _looked_at(request, sides)),
        "aside": [(column.practitioner, item) for column in columns for item in column.aside]
        if view == AgendaView.DAY
        else [],
        "is_empty": all(column.is_empty and not column.breaks for column in columns),
    }
    return render(request, "practice/agenda.html", context)


def _whose(side: Side, place: uuid.UUID | None) -> Whose:
    only = [] if place else side.agendas.at_least(Level.BUSY)
    return Whose(
        side.practitioner,
        seen=side.seen,
        busy=[one for one in only if one not in side.seen],
        place=place,
        sees_all=side.sees_everything,
    )


def _week_of(day: date) -> tuple[date, date]:
    monday = day - timedelta(days=day.weekday())
    return monday, monday + 6 * _DAY


@dataclass(frozen=True, slots=True)
class Cell:
    """A column with where its head leads; `is_shown`: the one for which alone there is room on a phone; `emptied`: this day was,
    and is.
    """

    column: Column
    address: str
    is_shown: bool
    is_first_today: bool
    may_book: bool
    has_places: bool
    emptied: Emptying | None

    @property
    def has_something(self) -> bool:
        """Visits or hours: else there is nothing to empty."""
        return bool(self.column.count or self.column.is_open or self.emptied)


@dataclass(frozen=True, slots=True)
class Stop:
    """Of the strip by which one goes from column to column on a phone. `kind`: of what it is the current one."""

    name: str
    short: str
    address: str
    current: bool
    kind: str = "date"
    above: str = ""


def _changeable(sides: Sequence[Side], columns: Sequence[Column], actor: Actor) -> frozenset[uuid.UUID]:
    agendas = {side.practitioner.pk: side.agendas for side in sides}
    drawn = [(agendas[column.practitioner.pk], one) for column in columns for one in column.breaks]
    return frozenset(changeable(drawn, actor=actor))


def _cells(
    sides: Sequence[Side], columns: Sequence[Column], shown: Shown, looked_at: uuid.UUID, actor: Actor
) -> list[Cell]:
    booked = {side.practitioner.pk for side in sides if side.may(Level.BOOK)}
    several = {side.practitioner.pk for side in sides if len(side.seen) > 1}
    today = next((column for column in columns if column.is_today), None)
    # Its time is an absence: where there is none, nothing is looked for.
    away = [one.practitioner.pk for one in columns if any(part.kind == "absence" for part in one.breaks)]
    by_day = shown.view == AgendaView.DAY
    emptied = emptied_on(actor, [one for one in away if one in booked], shown.day) if by_day else {}

    def address(column: Column) -> str:
        if shown.view == AgendaView.WEEK:
            return replace(shown, view=AgendaView.DAY, day=column.day).address
        alone = len(shown.ids) == 1
        return "" if alone else replace(shown, view=AgendaView.WEEK).first(column.practitioner.pk)

    def is_shown(column: Column) -> bool:
        return column.day == shown.day and column.practitioner.pk == looked_at

    return [
        Cell(
            one,
            address(one),
            is_shown(one),
            one is today,
            may_book=one.practitioner.pk in booked,
            has_places=one.practitioner.pk in several,
            emptied=emptied.get(one.practitioner.pk),
        )
        for one in columns
    ]


def _strip(sides: Sequence[Side], columns: Sequence[Column], shown: Shown, looked_at: uuid.UUID) -> list[Stop]:
    if len(sides) > 1:
        people = [side.practitioner for side in sides]
        return [
            Stop(str(one), one.initials, f"{shown.address}&vu={one.pk}", one.pk == looked_at, "true") for one in people
        ]
    days = [column.day for column in columns]
    if shown.view == AgendaView.DAY:
        first, _ = _week_of(shown.day)
        days = [first + count * _DAY for count in range(7)]
    return [
        Stop(day_month(one), str(one.day), shown.on(one), one == shown.day, above=short_weekday(one)) for one in days
    ]


def _looked_at(request: HttpRequest, sides: Sequence[Side]) -> uuid.UUID:
    """Whose column a phone shows: the one asked for (`?vu=`), else one's own, else the first."""
    asked, ids = request.GET.get("vu", ""), [side.practitioner.pk for side in sides]
    own = next((side.practitioner.pk for side in sides if side.is_own), ids[0])
    return next((one for one in ids if str(one) == asked), own)


def _at_now(columns: Sequence[Column], now: datetime) -> Appointment | Slot | None:
    """Of the first column of today what is not over, else the last; None where nothing stands."""
    today = next((column for column in columns if column.is_today), None)
    items = [item for row in today.rows if (item := row.item)] if today else []
    return next((one for one in items if one.end > now), items[-1] if items else None)


@practice_act
def agenda_look(request: HttpRequest) -> HttpResponse:
    """How this person reads agendas, from now on and on any machine."""
    form = LookForm(request.POST)
    if form.is_valid():
        note_look(actor=actor_of(request), **form.wanted())
    target = request.POST.get("next", "")
    known = url_has_allowed_host_and_scheme(target, allowed_hosts=None) and target.startswith("/agenda/")
    return redirect(target if known else "agenda")


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


def _where_one_was(actor: Actor) -> HttpResponse:
    """The view and the practitioners of the last time, those whom they may still look at, on the day of this morning's; who was
    nowhere, on this week of their own agenda, or on the coming week once nothing is left of it, else on the day of those they may
    see something of, eight at most; who has none sets their practice up, or says who keeps which.
    """
    kept = kept_practitioners(actor)
    if not kept:
        return redirect("assistant-home" if actor.managed else "team-home")
    habits, now = habits_of(actor), timezone.now()
    known = {one.id for one in kept}
    ids, view = tuple(one for one in habits.practitioners if one in known), AgendaView(habits.view)
    if not ids:
        ids = tuple(one.id for one in kept if one.id in actor.own) or tuple(one.id for one in kept[:MOST_TOGETHER])
        view = view if len(ids) == 1 else AgendaView.DAY
    agendas = Agendas(schedules_of(ids[0]), actor).at_least(Level.BUSY)
    zone = grid_zone(agendas)
    today = now.astimezone(zone).date()
    if habits.seen_on == today and habits.day is not None:
        day = habits.day
    else:
        day = first_shown(agendas, zone=zone, now=now) if view == AgendaView.WEEK else today
    return redirect(Shown(view, ids, day).address)
