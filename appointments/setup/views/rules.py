"""A practitioner's openings: the week, its rules, and the forms that change them."""

import uuid
from datetime import date
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.french import clock, listed, long_date, plain_date, weekdays
from accounts.zones import there
from appointments.models import Rule
from appointments.openings.selectors import next_days
from appointments.openings.services.rules import change_rule, create_rule, delete_rule
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page
from appointments.places.rights import kept_practitioners
from appointments.setup.forms.rules import OneOffForm, RuleForm
from appointments.setup.selectors import clashing_rules, done_reasons, places_of
from appointments.setup.views.desk import Desk, desk_of, openings_page
from appointments.setup.views.sent import as_it_is, deleted, saved, status_of, tell_went, went


@require_http_methods(["GET", "HEAD"])
@practice_page
def openings_home(request: HttpRequest) -> HttpResponse:
    """The openings of whom the person is, or of the first whose agenda they see; there being none, their agenda. One query."""
    actor = actor_of(request)
    seen = sorted(kept_practitioners(actor, Level.SEE), key=lambda one: one.id not in actor.own)
    return redirect("openings", seen[0].id) if seen else redirect("agenda")


@require_http_methods(["GET", "HEAD"])
@practice_page
def openings(request: HttpRequest, practitioner_id: uuid.UUID, day: date | None = None) -> HttpResponse:
    """The week of `day`, this one without: those that are past can't be booked, and are the agenda's."""
    desk = desk_of(request, practitioner_id, day=day)
    if day is not None and desk.week is None:
        return redirect(desk.back)
    return openings_page(request, desk)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def rule(request: HttpRequest, practitioner_id: uuid.UUID, rule_id: uuid.UUID | None = None) -> HttpResponse:
    """The form of a rule: a new one without `rule_id`."""
    desk = desk_of(request, practitioner_id, Level.MANAGE)
    if rule_id is None:
        return _form_page(request, desk, None, one_off=False)
    try:
        found = rule_of(desk, rule_id)
        return _form_page(request, desk, found, one_off=found.is_one_off)
    except Http404:
        return made_anew(request, desk, rule_id)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def one_off(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    """A new opening of one day."""
    return _form_page(request, desk_of(request, practitioner_id, Level.MANAGE), None, one_off=True)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def rule_delete(request: HttpRequest, practitioner_id: uuid.UUID, rule_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request, practitioner_id, Level.MANAGE)

    def delete(version: int | None, read: str) -> str:
        found = rule_of(desk, rule_id)
        desk.change(partial(delete_rule, rule_id=rule_id, version=version, by=actor_of(request)), read=read)
        what = "Ouverture supprimée" if found.is_one_off else "Règle supprimée"
        return f"{what}. Les rendez-vous déjà pris restent à leur heure."

    refused = deleted(request, desk.back, Rule, rule_id, delete)
    if isinstance(refused, HttpResponse):
        return refused
    context = {
        **desk.context(),
        "rule": rule_of(desk, rule_id),
        **refused.context(desk.actor),
    }
    return render(request, "practice/rule_delete.html", context, status=refused.status)


def made_anew(
    request: HttpRequest,
    desk: Desk,
    rule_id: uuid.UUID,
    *,
    one_off: bool | None = None,
    day: date | None = None,
) -> HttpResponse:
    """What was typed for a rule that was deleted meanwhile, to be made anew from it. `day`: the first, where it is not typed.

    Raises Http404 when the rule is there, another's, or when no form was sent.
    """
    if not went(request, Rule, rule_id):
        raise Http404
    data = request.POST.copy()
    if day is not None:
        data["first_day"] = day.isoformat()
    if one_off is None:
        one_off = not {"weekdays", "every_n_weeks", "last_day"} & data.keys()
    form = (OneOffForm if one_off else RuleForm)(
        data, schedules=places_of(desk.managed), done=done_reasons(desk.managed), now=desk.now
    )
    tell_went(form, "ouverture" if one_off else "règle")
    crumb = "Nouvelle ouverture ponctuelle" if one_off else "Nouvelle règle"
    address = desk.address("one-off-new" if one_off else "rule-new")
    return openings_page(request, desk, crumb=crumb, rule_form=form, form_address=address, next_days=[], status=409)


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
        coming = next_days(rule, since=desk.today_at(rule.schedule_id))
        dates = f" Prochaines dates\u00a0: {listed([plain_date(day) for day in coming])}."
    messages.success(request, f"{'Ouverture' if rule.is_one_off else 'Règle'} enregistrée.{dates}")
    for other in clashing_rules(rule, desk.schedules):
        what = "une ouverture ponctuelle" if other.is_one_off else "une autre règle"
        messages.warning(request, f"Elle chevauche {what}\u00a0: {_text(other)}. Les deux s’appliquent.")
    return redirect(desk.back)


def _form_page(request: HttpRequest, desk: Desk, found: Rule | None, *, one_off: bool) -> HttpResponse:
    places = places_of(desk.managed, kept_by=found)
    if not places and request.method != "POST":
        return redirect(desk.back)
    form = (OneOffForm if one_off else RuleForm)(
        request.POST if request.method == "POST" else None,
        schedules=places,
        done=done_reasons(desk.managed),
        now=desk.now,
        rule=found,
    )

    def save() -> HttpResponse:
        opening = form.opening()
        asked: dict[str, Any] = {
            "opening": opening, "by": actor_of(request), "today": desk.today_at(opening.schedule_id),
        }  # fmt: skip
        act = partial(create_rule, **asked)
        if found is not None:
            act = partial(change_rule, rule_id=found.id, version=form.cleaned_data["version"], **asked)
        return told(request, desk, desk.change(act, read=form.read, extent=desk.extent_of(opening)))

    if request.method == "POST" and (answer := saved(form, save)):
        return answer
    if found is not None:
        found = as_it_is(form, found, lambda pk: rule_of(desk, pk))
    names = ("Ouverture ponctuelle", "Nouvelle ouverture ponctuelle") if one_off else ("Règle", "Nouvelle règle")
    return openings_page(
        request,
        desk,
        crumb=names[found is None],
        rule_form=form,
        rule=found,
        next_days=next_days(found, since=desk.today_at(found.schedule_id)) if found is not None and not one_off else [],
        status=status_of(request, form),
    )


def _text(rule: Rule) -> str:
    place = rule.schedule.location
    days = long_date(rule.first_day) if rule.is_one_off else weekdays(rule.weekdays)
    return f"{days}, {clock(rule.start_time)} – {clock(rule.end_time)}{there(place.zone)}, {place.name}"
