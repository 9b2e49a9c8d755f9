"""Pages made for paper: a day's visits on one sheet, a week's on one in landscape. Their address says what they hold."""

import uuid
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.enums import Level
from accounts.french import period, sentence
from appointments.agenda.selectors.agenda import Agenda, agenda_of
from appointments.messages.selectors import untold_visits
from appointments.pages.access import actor_of
from appointments.pages.practice import Side, practice_page, side_of
from appointments.paper.forms import DaySheetForm, WeekSheetForm
from appointments.paper.selectors.sheets import day_of, is_crowded, week_of
from appointments.places.selectors import grid_zone


@require_safe
@practice_page
def print_day(request: HttpRequest, practitioner_id: uuid.UUID, day: date) -> HttpResponse:
    """Seven queries beside those of every page."""
    side = side_of(request, practitioner_id, Level.SEE)
    agenda = _agenda(request, side, day, day)
    form = DaySheetForm(request.GET)
    sheet = day_of(agenda.columns[0], agenda.zone, slots=form.has("libres"))
    untold = untold_visits(side.seen, now=timezone.now()).filter(pk__in=[one.pk for one in sheet.visits])
    context = _context(side, agenda, form, day) | {
        "sheet": sheet,
        "crowded": is_crowded([sheet]),
        # Where the practitioner is that day.
        "shown": [one for one in side.seen if one.location.name in sheet.places] or side.seen[:1],
        "several": len(sheet.places) > 1,
        "untold": set(untold.values_list("pk", flat=True)),
        "notes": form.has("notes"),
        "phones": form.has("telephones"),
        "title": sentence(period(day, day)),
        "back": "agenda-day",
    }
    return render(request, "paper/day.html", context)


@require_safe
@practice_page
def print_week(request: HttpRequest, practitioner_id: uuid.UUID, day: date) -> HttpResponse:
    side = side_of(request, practitioner_id, Level.SEE)
    monday = day - timedelta(days=day.weekday())
    agenda = _agenda(request, side, monday, monday + timedelta(days=6))
    form = WeekSheetForm(request.GET)
    days = week_of(agenda.columns, agenda.zone)
    context = _context(side, agenda, form, day) | {
        "days": days,
        "count": sum(column.count for column in agenda.columns),
        "crowded": is_crowded(days),
        "names": form.has("noms"),
        "reasons": form.has("motifs"),
        "title": f"Semaine du {period(days[0].day, days[-1].day)}",
        "back": "agenda-week",
    }
    return render(request, "paper/week.html", context)


def _agenda(request: HttpRequest, side: Side, first: date, last: date) -> Agenda:
    return agenda_of(
        side.practitioner,
        schedules=side.seen,
        zone=grid_zone(side.seen),
        first=first,
        last=last,
        now=timezone.now(),
        taken_for=None if side.sees_everything else actor_of(request),
    )


def _context(side: Side, agenda: Agenda, form: DaySheetForm | WeekSheetForm, day: date) -> dict[str, Any]:
    return {"practitioner": side.practitioner, "agenda": agenda, "form": form, "day": day, "now": timezone.now()}
