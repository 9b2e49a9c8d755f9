"""The agenda by month: what stands in each day, of one practitioner or of several."""

import uuid
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.enums import AgendaView, Level
from accounts.french import WEEKDAYS, month_year, sentence
from appointments.agenda.selectors.month import month_of
from appointments.agenda.selectors.reading import Reading, Whose
from appointments.agenda.shown import Shown
from appointments.agenda.views.frame import Frame, sides_asked
from appointments.grid import month_weeks
from appointments.pages.access import actor_of
from appointments.pages.practice import Side, practice_page, side_of
from appointments.places.selectors import grid_zone


@require_safe
@practice_page
def agenda_month(request: HttpRequest, practitioner_id: uuid.UUID, day: date) -> HttpResponse:
    return _page(request, [side_of(request, practitioner_id)], day)


@require_safe
@practice_page
def agenda_months(request: HttpRequest, day: date) -> HttpResponse:
    """Of all those named by `?avec=` together."""
    return _page(request, sides_asked(request), day)


def _page(request: HttpRequest, sides: list[Side], day: date) -> HttpResponse:
    now = timezone.now()
    known = [schedule for side in sides for schedule in side.agendas.at_least(Level.BUSY)]
    zone = grid_zone(known)
    shown = Shown(AgendaView.MONTH, tuple(side.practitioner.id for side in sides), day)
    frame = Frame(request, sides, shown, now.astimezone(zone).date())
    form, gone = frame.gone()
    if gone is not None:
        return gone
    people = [
        Whose(
            side.practitioner,
            seen=side.seen,
            busy=[one for one in side.agendas.at_least(Level.BUSY) if one not in side.seen],
            sees_all=side.sees_everything,
        )
        for side in sides
    ]
    first = day.replace(day=1)
    last = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    days = {one.day: one for one in month_of(Reading(people, zone, first, last, actor_of(request)), now=now)}
    one_day = [Shown(AgendaView.DAY, shown.ids, one) for one in days]
    addresses = {one.day: one.address for one in one_day}
    context = frame.context(form, title=sentence(month_year(day))) | {
        "weeks": [[one and (days[one], addresses[one]) for one in line] for line in month_weeks(day)],
        "zone": zone,
        "is_seen": any(side.seen for side in sides),
        "weekday_names": WEEKDAYS,
    }
    return render(request, "practice/agenda_month.html", context)
