"""A practitioner's openings: the week, and the forms that change its rules, as a whole, on one day, or from a day on."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.french import clock, day_month, listed, long_date, plain_date, weekdays
from accounts.single import single
from accounts.zones import there
from appointments.models import Rule
from appointments.openings.selectors import next_days, recurrence_of
from appointments.openings.services.rules import (
    change_from_day,
    change_only_this_day,
    change_rule,
    create_rule,
    delete_rule,
)
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page
from appointments.places.rights import kept_practitioners
from appointments.setup.clock import parse_clock
from appointments.setup.forms.rules import OneOffForm, RuleForm, Scope
from appointments.setup.preview import Change, effect_of
from appointments.setup.selectors import clashing_rules, done_reasons, places_of
from appointments.setup.views.desk import Desk, day_in, desk_of, monday_of
from appointments.setup.views.openings import openings_page
from appointments.setup.views.sent import as_it_is, deleted, saved, status_of, tell_went, went, would_touch

# What the address of the week says instead of a rule's key.
_NEW = {"nouvelle": False, "ponctuelle": True}


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
    """The week of `day`, the first without: those that are past can't be booked, and are the agenda's. `?regle=` opens the form
    of a rule beside it.
    """
    wanted = request.GET.get("regle", "")
    desk = desk_of(request, practitioner_id, Level.MANAGE if wanted else Level.SEE, day=day)
    if wanted in _NEW:
        return _form_page(request, desk, None, one_off=_NEW[wanted])
    if wanted:
        return _of_rule(request, desk, wanted)
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
    except Http404:
        return _made_anew(request, desk, rule_id)
    return _form_page(request, desk, found, one_off=found.is_one_off)


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


def rule_of(desk: Desk, rule_id: uuid.UUID) -> Rule:
    """One that the person may change. Raises Http404."""
    rows = Rule.objects.select_related("schedule__location", "schedule__calendar", "replaces__rule").prefetch_related(
        "offers", "days_off"
    )
    found = single(rows.filter(pk=rule_id, schedule__in=desk.managed))
    if found is None:
        raise Http404
    return found


def _of_rule(request: HttpRequest, desk: Desk, wanted: str) -> HttpResponse:
    try:
        found = rule_of(desk, uuid.UUID(wanted))
    except ValueError:
        raise Http404 from None
    return _form_page(request, desk, found, one_off=found.is_one_off)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the form is opened for, or sent for: a day, how far the change goes, hours that were drawn."""

    day: date | None = None
    scope: Scope = Scope.WHOLE
    drawn: tuple[time, time] | None = None


def _asked(request: HttpRequest, found: Rule | None, *, one_off: bool) -> _Asked:
    """Raises Http404 for a change of a day that does not say which."""
    if found is not None and one_off:
        return _Asked(drawn=_drawn(request.GET))
    if request.method == "POST":
        day, scope = day_in(request.POST.get("jour", "")), request.POST.get("porte", "")
        known = Scope(scope) if scope in list(Scope) else Scope.WHOLE
        if known != Scope.WHOLE and day is None:
            raise Http404
        return _Asked(day, known)
    text = request.GET.get("jour", "")
    day, scope = day_in(text), request.GET.get("porte", "")
    if text and day is None:
        messages.error(request, "Cette date n’est pas lisible\u00a0: écrivez-la comme 25/11/2026.")
    if day is not None and found is not None and not recurrence_of(found, ()).falls_on(day):
        messages.error(request, f"La règle n’ouvre pas le {day_month(day)}\u00a0: choisissez un de ses jours.")
        day = None
    wanted = Scope(scope) if scope in list(Scope) else Scope.DAY
    return _Asked(day, wanted if day is not None and not one_off else Scope.WHOLE, _drawn(request.GET))


def _drawn(query: Mapping[str, Any]) -> tuple[time, time] | None:
    try:
        return parse_clock(query.get("de", "")), parse_clock(query.get("a", ""), ends_day=True)
    except ValueError:
        return None


def _form_page(request: HttpRequest, desk: Desk, found: Rule | None, *, one_off: bool) -> HttpResponse:
    places = places_of(desk.managed, kept_by=found)
    if not places and request.method != "POST":
        return redirect(desk.back)
    asked = _asked(request, found, one_off=one_off)
    # A rule that begins later is seen where it begins.
    begins = asked.day or (found.first_day if found is not None else None)
    if begins is not None and (asked.day or begins > max(desk.week or desk.monday, desk.today)):
        desk = replace(desk, asked=begins)
    form = (OneOffForm if one_off else RuleForm)(
        request.POST if request.method == "POST" else None,
        schedules=places,
        done=done_reasons(desk.managed),
        now=desk.now,
        rule=found,
        day=asked.day,
        scope=asked.scope,
        drawn=asked.drawn,
    )
    if request.method == "POST" and "apercu" in request.GET:
        return _effect(request, desk, form)
    if request.method == "POST" and (answer := saved(form, partial(_save, request, desk, form))):
        return answer
    if found is not None:
        found = as_it_is(form, found, partial(rule_of, desk))
    address = "one-off-new" if one_off else "rule-new"
    coming = next_days(found, since=desk.today_at(found.schedule_id)) if found is not None and not one_off else []
    return openings_page(
        request,
        desk,
        form=form,
        rule=found,
        form_address=desk.address("rule", found.id) if found is not None else desk.address(address),
        next_days=coming,
        is_drawn=asked.drawn is not None,
        status=status_of(request, form),
    )


def _act(request: HttpRequest, desk: Desk, form: RuleForm) -> partial[Rule]:
    opening, found = form.opening(), form.rule
    asked: dict[str, Any] = {"opening": opening, "by": actor_of(request), "today": desk.today_at(opening.schedule_id)}
    if found is None:
        return partial(create_rule, **asked)
    asked |= {"rule_id": found.id, "version": form.cleaned_data["version"]}
    if form.scope == Scope.WHOLE or form.day is None:
        return partial(change_rule, **asked)
    return partial(change_only_this_day if form.scope == Scope.DAY else change_from_day, day=form.day, **asked)


def _save(request: HttpRequest, desk: Desk, form: RuleForm) -> HttpResponse:
    extent = desk.extent_of(form.opening())
    return _told(request, desk, desk.change(_act(request, desk, form), read=form.read, extent=extent))


def _effect(request: HttpRequest, desk: Desk, form: RuleForm) -> HttpResponse:
    """What the rule would do, as far as it is typed. Nothing is saved."""
    context: dict[str, Any] = {"problem": form.first_error, "effect": None, "touched": None}
    if form.is_valid():
        opening = form.opening()
        change = Change(opening, form.recurrence(), form.rule, form.scope, form.day)
        monday = monday_of(form.day) if form.day is not None else desk.week or desk.monday
        effect = effect_of(change, desk.schedules, monday=monday, zone=desk.zone, now=desk.now)
        context |= {
            "effect": effect,
            "doubled": effect.after.doubled,
            **would_touch(desk, _act(request, desk, form), desk.extent_of(opening)),
        }
    return render(request, "practice/rule_effect.html", context)


def _told(request: HttpRequest, desk: Desk, rule: Rule) -> HttpResponse:
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


def _made_anew(request: HttpRequest, desk: Desk, rule_id: uuid.UUID) -> HttpResponse:
    """What was typed for a rule that was deleted meanwhile, to be made anew from it.

    Raises Http404 when the rule is there, another's, or when no form was sent.
    """
    if not went(request, Rule, rule_id):
        raise Http404
    data = request.POST.copy()
    if data.get("jour") and data.get("porte", "") in (Scope.DAY, Scope.ON):
        data["first_day"] = str(data["jour"])
    one_off = data.get("porte") == Scope.DAY or not {"weekdays", "every_n_weeks", "last_day"} & data.keys()
    form = (OneOffForm if one_off else RuleForm)(
        data, schedules=places_of(desk.managed), done=done_reasons(desk.managed), now=desk.now
    )
    tell_went(form, "ouverture" if one_off else "règle")
    address = desk.address("one-off-new" if one_off else "rule-new")
    return openings_page(request, desk, form=form, form_address=address, next_days=[], is_drawn=False, status=409)


def _text(rule: Rule) -> str:
    place = rule.schedule.location
    days = long_date(rule.first_day) if rule.is_one_off else weekdays(rule.weekdays)
    return f"{days}, {clock(rule.start_time)} – {clock(rule.end_time)}{there(place.zone)}, {place.name}"
