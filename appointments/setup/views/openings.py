"""The week of a practitioner's openings, with the form of a rule beside it."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.french import period
from appointments.days import LAST_DAY
from appointments.models import Absence, Rule
from appointments.setup.forms.rules import RuleForm, Scope
from appointments.setup.selectors import apart_days, places_of, rule_lines, rules_of
from appointments.setup.views.desk import Desk, day_in, monday_of
from appointments.setup.views.touched import told_of
from appointments.setup.week import Counted, draw_week, read_week, unread_absences


def openings_page(
    request: HttpRequest,
    desk: Desk,
    *,
    form: RuleForm | None = None,
    rule: Rule | None = None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """The desk's week, with `form` beside it: of `rule`, or of a new one."""
    rules = rules_of(desk.schedules)
    monday = desk.week or desk.monday
    if form is not None and form.day is not None:
        monday = monday_of(form.day)
    counted = Counted(read_week(desk.schedules, monday=monday, zone=desk.zone), monday, desk.zone, desk.now)
    unread = unread_absences(counted.frames, actor=desk.actor)
    week = draw_week(rules, desk.schedules, counted, unread=unread)
    everything: dict[str, Any] = {
        **desk.context(),
        "schedules": desk.schedules,
        "places": places_of(desk.managed, kept_by=rule),
        "managed": {one.id for one in desk.managed},
        "changeable": _changeable(desk, counted, unread),
        "zone": desk.zone,
        "today": desk.today,
        "shown": _shown(request, desk, monday, form),
        "monday": monday,
        "title": period(monday, monday + timedelta(days=6)),
        "several_places": len({one.location_id for one in desk.schedules}) > 1,
        "is_first": monday == desk.monday,
        "previous": monday - timedelta(days=7) if monday > desk.monday else None,
        "next": monday + timedelta(days=7) if monday + timedelta(days=7) <= LAST_DAY else None,
        "drawn": week,
        "doubled": counted.doubled,
        "lines": rule_lines(rules, counted.by_rule, now=desk.now),
        "apart": apart_days(rules, since=desk.today),
        "form": form,
        "rule": rule,
        "day": form.day if form is not None else None,
        "scope": form.scope if form is not None else Scope.WHOLE,
        "form_address": "",
        "touched": told_of(form.warned if form is not None else None, desk.actor),
        **context,
    }
    return render(request, "practice/openings.html", everything, status=status)


def _shown(request: HttpRequest, desk: Desk, monday: date, form: RuleForm | None) -> date:
    """The day of the week that a narrow screen shows."""
    wanted = form.day if form is not None and form.day is not None else day_in(request.GET.get("jour", ""))
    for day in (wanted, desk.asked, desk.today):
        if day is not None and monday <= day <= monday + timedelta(days=6):
            return day
    return monday


def _changeable(desk: Desk, counted: Counted, unread: set[Any]) -> set[Any]:
    """The absences and closures of the week that the person may change. Two queries at most."""
    frames = counted.frames.values()
    absences = {one.id for frame in frames for one in frame.absences if one.id is not None} - unread
    found = set()
    if absences:
        booked, rows = {one.id for one in desk.booked}, Absence.objects.filter(pk__in=absences)
        found = {
            key
            for key, schedule in rows.values_list("pk", "schedule")
            if (desk.books_everywhere if schedule is None else schedule in booked)
        }
    if any(frame.closures for frame in frames):
        places = set(desk.closable)
        for one in desk.schedules:
            if one.location in places:
                found |= {shut.id for shut in counted.frames[one.id].closures}
    return found
