"""A practitioner's openings: the week, its rules, the absences, and the forms that change them."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.french import clock, short_date
from appointments.exceptions import NotAllowed, Refused
from appointments.models import Absence, Rule, Schedule
from appointments.models.openings import WEEKDAYS
from appointments.openings.services import (
    change_absence,
    change_rule,
    create_absence,
    create_rule,
    delete_absence,
    delete_rule,
)
from appointments.pages.access import actor_of
from appointments.pages.practice import Frame, frame_of, practice_page
from appointments.places.selectors import grid_zone, schedules_of
from appointments.setup.forms import AbsenceForm, RuleForm
from appointments.setup.selectors import (
    appointments_during,
    clashing_rules,
    coming_absences,
    places_of,
    reasons_of,
    rule_lines,
    rules_of,
    strip_of,
)
from appointments.slots.selectors import period_interval


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every page of the openings needs."""

    frame: Frame
    schedules: list[Schedule]
    zone: ZoneInfo
    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


@require_http_methods(["GET", "HEAD"])
@practice_page
def openings(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    return _page(request, _desk(request, practitioner_id))


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def rule(request: HttpRequest, practitioner_id: uuid.UUID, rule_id: uuid.UUID | None = None) -> HttpResponse:
    """The form of a rule: a new one without `rule_id`."""
    desk = _desk(request, practitioner_id)
    found = _rule(practitioner_id, rule_id) if rule_id is not None else None
    places = places_of(desk.schedules, kept_by=found)
    if not places:
        return redirect("openings", practitioner_id)
    form = RuleForm(
        request.POST if request.method == "POST" else None,
        schedules=places,
        reasons=reasons_of(practitioner_id),
        rule=found,
    )
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                return _saved_rule(request, desk, found, form)
            except Refused as refusal:
                form.add_error(None, _reason(refusal))
        status = 422
    return _page(request, desk, rule_form=form, rule=found, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def rule_delete(request: HttpRequest, practitioner_id: uuid.UUID, rule_id: uuid.UUID) -> HttpResponse:
    frame = frame_of(request, practitioner_id)
    found = _rule(practitioner_id, rule_id)
    if request.method == "POST":
        _allowed(lambda: delete_rule(rule_id=found.id, by=actor_of(request)))
        messages.success(request, "Règle supprimée. Les rendez-vous déjà pris restent à leur heure.")
        return redirect("openings", practitioner_id)
    return render(request, "practice/rule_delete.html", {**frame.context("openings"), "rule": found})


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def absence(request: HttpRequest, practitioner_id: uuid.UUID, absence_id: uuid.UUID | None = None) -> HttpResponse:
    """The form of an absence: a new one without `absence_id`."""
    desk = _desk(request, practitioner_id)
    found = _absence(practitioner_id, absence_id) if absence_id is not None else None
    form = AbsenceForm(request.POST if request.method == "POST" else None, zone=desk.zone, absence=found)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                return _saved_absence(request, desk, found, form)
            except Refused as refusal:
                form.add_error(None, _reason(refusal))
        status = 422
    return _page(request, desk, absence_form=form, absence=found, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def absence_delete(request: HttpRequest, practitioner_id: uuid.UUID, absence_id: uuid.UUID) -> HttpResponse:
    frame = frame_of(request, practitioner_id)
    found = _absence(practitioner_id, absence_id)
    if request.method == "POST":
        _allowed(lambda: delete_absence(absence_id=found.id, by=actor_of(request)))
        messages.success(request, "Absence supprimée\u00a0: ses heures sont de nouveau ouvertes, selon les règles.")
        return redirect("openings", practitioner_id)
    zone = grid_zone(schedules_of(practitioner_id))
    context = {**frame.context("openings"), "absence": found, "zone": zone}
    return render(request, "practice/absence_delete.html", context)


def _page(
    request: HttpRequest,
    desk: _Desk,
    *,
    rule_form: RuleForm | None = None,
    rule: Rule | None = None,
    absence_form: AbsenceForm | None = None,
    absence: Absence | None = None,
    status: int = 200,
) -> HttpResponse:
    practitioner_id = desk.frame.practitioner.id
    rules = rules_of(practitioner_id)
    absences = coming_absences(practitioner_id, now=desk.now, zone=desk.zone)
    # A rule that begins later is previewed where it begins.
    shown = max(desk.today, rule.first_day) if rule is not None else desk.today
    monday = shown - timedelta(days=shown.weekday())
    lines = rule_lines(rules, today=desk.today)
    context: dict[str, Any] = {
        **desk.frame.context("openings"),
        "schedules": desk.schedules,
        "places": places_of(desk.schedules, kept_by=rule),
        "zone": desk.zone,
        "monday": monday,
        "strip": strip_of(rules, absences, monday=monday, zone=desk.zone),
        "lines": lines,
        "week_slots": sum(line.slots for line in lines if not line.is_over),
        "absences": absences,
        "form": rule_form or absence_form,
        "rule_form": rule_form,
        "absence_form": absence_form,
        "rule": rule,
        "absence": absence,
    }
    return render(request, "practice/openings.html", context, status=status)


def _saved_rule(request: HttpRequest, desk: _Desk, found: Rule | None, form: RuleForm) -> HttpResponse:
    actor = actor_of(request)
    if found is None:
        saved = create_rule(opening=form.opening(), by=actor, today=desk.today)
    else:
        saved = change_rule(rule_id=found.id, opening=form.opening(), by=actor)
    messages.success(request, "Règle enregistrée.")
    for other in clashing_rules(saved):
        messages.warning(request, f"Elle chevauche une autre règle\u00a0: {_rule_text(other)}. Les deux s’appliquent.")
    return redirect("openings", desk.frame.practitioner.id)


def _saved_absence(request: HttpRequest, desk: _Desk, found: Absence | None, form: AbsenceForm) -> HttpResponse:
    actor, practitioner_id = actor_of(request), desk.frame.practitioner.id
    period, label = form.period(), form.cleaned_data["label"]
    if found is None:
        saved = create_absence(practitioner_id=practitioner_id, period=period, label=label, by=actor)
    else:
        saved = change_absence(absence_id=found.id, period=period, label=label, by=actor)
    messages.success(request, "Absence enregistrée\u00a0: ses heures ne sont plus proposées.")
    interval = period_interval(saved, desk.zone)
    covered = appointments_during(practitioner_id, interval.start, interval.end, now=desk.now)
    if covered:
        days = list(dict.fromkeys(short_date(one.start.astimezone(one.schedule.location.zone)) for one in covered))
        count = "1 rendez-vous est pris" if len(covered) == 1 else f"{len(covered)} rendez-vous sont pris"
        messages.warning(
            request, f"{count} pendant cette absence ({', '.join(days[:5])})\u00a0: à déplacer ou annuler."
        )
    return redirect("openings", practitioner_id)


def _desk(request: HttpRequest, practitioner_id: uuid.UUID) -> _Desk:
    frame = frame_of(request, practitioner_id)
    schedules = schedules_of(practitioner_id)
    return _Desk(frame, schedules, grid_zone(schedules), timezone.now())


def _rule(practitioner_id: uuid.UUID, rule_id: uuid.UUID) -> Rule:
    rows = Rule.objects.select_related("schedule__location", "schedule__calendar").prefetch_related("offers")
    found = rows.filter(pk=rule_id, schedule__calendar__practitioner=practitioner_id).first()
    if found is None:
        raise Http404
    return found


def _absence(practitioner_id: uuid.UUID, absence_id: uuid.UUID) -> Absence:
    found = Absence.objects.filter(pk=absence_id, calendar__practitioner=practitioner_id).first()
    if found is None:
        raise Http404
    return found


def _reason(refusal: Refused) -> str:
    """The sentence to show; what the person may no longer touch does not exist for them."""
    if isinstance(refusal, NotAllowed):
        raise Http404 from refusal
    return str(refusal)


def _allowed(act: Any) -> None:
    try:
        act()
    except NotAllowed:
        raise Http404 from None


def _rule_text(rule: Rule) -> str:
    days = ", ".join(name for number, name in WEEKDAYS if number in rule.weekdays)
    return f"{days}, {clock(rule.start_time)} – {clock(rule.end_time)}, {rule.schedule.location.name}"
