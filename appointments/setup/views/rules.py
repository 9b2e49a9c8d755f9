"""A practitioner's openings: the week, its rules, and the forms that change them."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.french import clock, listed, plain_date, weekdays
from appointments.models import Rule
from appointments.openings.selectors import next_days
from appointments.openings.services.rules import change_rule, create_rule, delete_rule
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page
from appointments.setup.forms.rules import OneOffForm, RuleForm
from appointments.setup.selectors import clashing_rules, places_of, reasons_of
from appointments.setup.views.desk import Desk, allowed, desk_of, openings_page, saved


@require_http_methods(["GET", "HEAD"])
@practice_page
def openings(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    return openings_page(request, desk_of(request, practitioner_id))


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def rule(request: HttpRequest, practitioner_id: uuid.UUID, rule_id: uuid.UUID | None = None) -> HttpResponse:
    """The form of a rule: a new one without `rule_id`."""
    desk = desk_of(request, practitioner_id, Level.MANAGE)
    found = rule_of(desk, rule_id) if rule_id is not None else None
    return _form_page(request, desk, found, one_off=found is not None and found.is_one_off)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def one_off(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    """A new opening of one day."""
    return _form_page(request, desk_of(request, practitioner_id, Level.MANAGE), None, one_off=True)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def rule_delete(request: HttpRequest, practitioner_id: uuid.UUID, rule_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request, practitioner_id, Level.MANAGE)
    found = rule_of(desk, rule_id)
    if request.method == "POST":
        allowed(lambda: delete_rule(rule_id=found.id, by=actor_of(request)))
        messages.success(request, "Règle supprimée. Les rendez-vous déjà pris restent à leur heure.")
        return redirect("openings", practitioner_id)
    return render(request, "practice/rule_delete.html", {**desk.frame.context("openings"), "rule": found})


def rule_of(desk: Desk, rule_id: uuid.UUID) -> Rule:
    """One that the person may change. Raises Http404."""
    rows = Rule.objects.select_related("schedule__location", "schedule__calendar").prefetch_related(
        "offers", "days_off"
    )
    found = rows.filter(pk=rule_id, schedule__in=desk.managed).first()
    if found is None:
        raise Http404
    return found


def told(request: HttpRequest, desk: Desk, rule: Rule) -> HttpResponse:
    """Back to the openings, with what there is to know about what was saved."""
    dates = ""
    if rule.every_n_weeks > 1:
        dates = f" Prochaines dates\u00a0: {listed([plain_date(day) for day in next_days(rule, since=desk.today)])}."
    messages.success(request, f"Règle enregistrée.{dates}")
    for other in clashing_rules(rule, desk.schedules):
        messages.warning(request, f"Elle chevauche une autre règle\u00a0: {_text(other)}. Les deux s’appliquent.")
    return redirect("openings", desk.practitioner_id)


def _form_page(request: HttpRequest, desk: Desk, found: Rule | None, *, one_off: bool) -> HttpResponse:
    places = places_of(desk.managed, kept_by=found)
    if not places:
        return redirect("openings", desk.practitioner_id)
    form = (OneOffForm if one_off else RuleForm)(
        request.POST if request.method == "POST" else None,
        schedules=places,
        reasons=reasons_of(desk.managed),
        today=desk.today,
        rule=found,
    )

    def save() -> HttpResponse:
        by = actor_of(request)
        if found is None:
            return told(request, desk, create_rule(opening=form.opening(), by=by, today=desk.today))
        return told(request, desk, change_rule(rule_id=found.id, opening=form.opening(), by=by, today=desk.today))

    if request.method == "POST" and (answer := saved(form, save)):
        return answer
    names = ("Ouverture ponctuelle", "Nouvelle ouverture ponctuelle") if one_off else ("Règle", "Nouvelle règle")
    return openings_page(
        request,
        desk,
        crumb=names[found is None],
        rule_form=form,
        rule=found,
        next_days=next_days(found, since=desk.today) if found is not None and not one_off else [],
        status=422 if request.method == "POST" else 200,
    )


def _text(rule: Rule) -> str:
    return (
        f"{weekdays(rule.weekdays)}, {clock(rule.start_time)} – {clock(rule.end_time)}, {rule.schedule.location.name}"
    )
