"""What every page of the openings shares: the desk they are changed at, the page around a form, refusals."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from appointments.exceptions import NotAllowed, Refused
from appointments.models import Absence, Closure, Rule, Schedule
from appointments.pages.practice import Frame, frame_of
from appointments.places.selectors import grid_zone, schedules_of
from appointments.setup.selectors import (
    coming_periods,
    places_of,
    rule_lines,
    rules_of,
    strip_of,
    week_of,
)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Desk:
    frame: Frame
    schedules: list[Schedule]
    zone: ZoneInfo
    now: datetime

    @property
    def practitioner_id(self) -> uuid.UUID:
        return self.frame.practitioner.id

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


def desk_of(request: HttpRequest, practitioner_id: uuid.UUID) -> Desk:
    """Raises Http404 when the person does not keep this agenda."""
    frame = frame_of(request, practitioner_id)
    schedules = schedules_of(practitioner_id)
    return Desk(frame, schedules, grid_zone(schedules), timezone.now())


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
    **context: Any,
) -> HttpResponse:
    """The openings, with one of `rule_form`, `absence_form`, `closure_form` beside them when it is given."""
    rules = rules_of(desk.practitioner_id)
    absences, closures = coming_periods(desk.practitioner_id, desk.schedules, now=desk.now, zone=desk.zone)
    # A rule that begins later is previewed where it begins.
    shown = day or (max(desk.today, rule.first_day) if rule is not None else desk.today)
    monday = shown - timedelta(days=shown.weekday())
    week = week_of(desk.schedules, monday=monday, zone=desk.zone, now=desk.now)
    lines, one_off = rule_lines(rules, week, today=desk.today)
    forms_shown = {name: context.get(name) for name in ("rule_form", "absence_form", "closure_form")}
    everything: dict[str, Any] = {
        **desk.frame.context("openings"),
        "schedules": desk.schedules,
        "places": places_of(desk.schedules, kept_by=rule),
        "zone": desk.zone,
        "today": desk.today,
        "monday": monday,
        "is_this_week": monday <= desk.today < monday + timedelta(days=7),
        "strip": strip_of(rules, [*absences, *closures], desk.schedules, monday=monday, zone=desk.zone),
        "lines": lines,
        "one_off": one_off,
        "week_places": week.places,
        "absences": absences,
        "closures": closures,
        "crumb": crumb,
        "form": next((one for one in forms_shown.values() if one is not None), None),
        "rule": rule,
        "absence": absence,
        "closure": closure,
        "day": day,
        **context,
        **forms_shown,
    }
    return render(request, "practice/openings.html", everything, status=status)


def saved(form: forms.Form, save: Callable[[], HttpResponse]) -> HttpResponse | None:
    """What `save` answers; None when the form is refused, by itself or by the service. Unknown rows do not exist."""
    if not form.is_valid():
        return None
    try:
        return save()
    except NotAllowed:
        raise Http404 from None
    except Refused as refusal:
        own = getattr(form, "field_of", lambda element: element if element in form.fields else None)
        form.add_error(own(refusal.element), str(refusal))
        return None


def allowed(act: Callable[[], Result]) -> Result:
    """What the person may no longer touch does not exist for them."""
    try:
        return act()
    except NotAllowed:
        raise Http404 from None
