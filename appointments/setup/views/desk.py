"""What every page of the openings shares: the desk they are changed at, the page around a form.

Their views are never cached: Back would show an error that has been corrected since, or a form as if it were not saved yet.
"""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from appointments.days import LAST_DAY
from appointments.models import Absence, Closure, Rule, Schedule
from appointments.pages.practice import Side, side_of
from appointments.places.selectors import grid_zone, schedules_of
from appointments.setup.selectors import (
    coming_periods,
    places_of,
    rule_lines,
    rules_of,
    strip_of,
    week_of,
)


@dataclass(frozen=True, slots=True)
class Desk:
    side: Side
    schedules: list[Schedule]
    zone: ZoneInfo
    now: datetime

    @property
    def practitioner_id(self) -> uuid.UUID:
        return self.side.practitioner.id

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def monday(self) -> date:
        """Of this week."""
        return self.today - timedelta(days=self.today.weekday())


def desk_of(request: HttpRequest, practitioner_id: uuid.UUID) -> Desk:
    """Raises Http404 when the person does not keep this agenda."""
    side = side_of(request, practitioner_id)
    schedules = schedules_of(practitioner_id)
    return Desk(side, schedules, grid_zone(schedules), timezone.now())


def openings_page(
    request: HttpRequest,
    desk: Desk,
    *,
    crumb: str = "",
    status: int = 200,
    rule: Rule | None = None,
    absence: Absence | None = None,
    closure: Closure | None = None,
    day: date | None = None,
    week: date | None = None,
    **context: Any,
) -> HttpResponse:
    """The openings, with one of `rule_form`, `absence_form`, `closure_form` beside them when it is given. `week`: a day of the
    one to show, from which one may go to others; beside a form that would lose what is typed.
    """
    rules = rules_of(desk.practitioner_id)
    absences, closures = coming_periods(desk.practitioner_id, desk.schedules, now=desk.now, zone=desk.zone)
    # A rule that begins later is previewed where it begins.
    shown = week or day or (max(desk.today, rule.first_day) if rule is not None else desk.today)
    monday = shown - timedelta(days=shown.weekday())
    counts = week_of(desk.schedules, monday=monday, zone=desk.zone, now=desk.now)
    lines, one_off = rule_lines(rules, counts, today=desk.today)
    forms_shown = {name: context.get(name) for name in ("rule_form", "absence_form", "closure_form")}
    everything: dict[str, Any] = {
        **desk.side.context("openings"),
        "schedules": desk.schedules,
        "places": places_of(desk.schedules, kept_by=rule),
        "zone": desk.zone,
        "today": desk.today,
        "monday": monday,
        "is_this_week": monday == desk.monday,
        "browses": week is not None,
        "previous": monday - timedelta(days=7),
        "next": monday + timedelta(days=7) if monday + timedelta(days=7) <= LAST_DAY else None,
        "strip": strip_of(rules, [*absences, *closures], desk.schedules, monday=monday, zone=desk.zone),
        "lines": lines,
        "one_off": one_off,
        "week_places": counts.places,
        "absences": absences,
        "closures": closures,
        "crumb": crumb,
        "form": next((one for one in forms_shown.values() if one is not None), None),
        "rule": rule,
        "absence": absence,
        "closure": closure,
        "day": day,
        "form_address": "",
        **context,
        **forms_shown,
    }
    return render(request, "practice/openings.html", everything, status=status)
