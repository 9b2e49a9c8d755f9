"""One day of a rule: without it, otherwise that day only, or otherwise from that day on."""

import uuid
from collections.abc import Callable
from datetime import date
from functools import partial

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.french import day_month
from appointments.exceptions import ChangedMeanwhile, Refused
from appointments.models import Rule
from appointments.openings.selectors import recurrence_of
from appointments.openings.services.rules import change_from_day, change_only_this_day, leave_out_day, put_day_back
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page
from appointments.setup.forms.fields import DayField
from appointments.setup.forms.rules import OneOffForm, RuleForm
from appointments.setup.selectors import done_reasons, places_of
from appointments.setup.services.changes import TouchesVisits
from appointments.setup.views.desk import Desk, desk_of, openings_page
from appointments.setup.views.rules import made_anew, rule_of, told
from appointments.setup.views.sent import NotYet, allowed, as_it_is, saved, status_of
from appointments.version_field import VersionField


@require_http_methods(["GET", "HEAD"])
@practice_page
def pick_day(request: HttpRequest, practitioner_id: uuid.UUID, rule_id: uuid.UUID) -> HttpResponse:
    """From the date that was typed to its page."""
    desk = desk_of(request, practitioner_id, Level.MANAGE)
    found = rule_of(desk, rule_id)
    try:
        day = DayField().clean(request.GET.get("jour", ""))
    except ValidationError as error:
        messages.error(request, error.messages[0])
        return redirect(desk.address("rule", found.id))
    if not recurrence_of(found, ()).falls_on(day):
        messages.error(request, f"La règle n’ouvre pas le {day_month(day)}\u00a0: choisissez un de ses jours.")
        return redirect(desk.address("rule", found.id))
    return redirect(desk.address("rule-day", found.id, day))


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def rule_day(request: HttpRequest, practitioner_id: uuid.UUID, rule_id: uuid.UUID, day: date) -> HttpResponse:
    """What may be done with this day of the rule; « pas ce jour-là » and its contrary are done here."""
    desk = desk_of(request, practitioner_id, Level.MANAGE)
    if request.method == "POST" and not Rule.objects.filter(pk=rule_id).exists():
        messages.error(request, "Cette règle a été supprimée entre-temps.")
        return redirect(desk.back)
    found = _rule_on(desk, rule_id, day, request)
    off = found.days_off.select_related("replacement__schedule__location").filter(day=day).first()
    replacement = off.replacement if off is not None and off.still_replaced else None
    if replacement is not None and replacement.schedule not in desk.managed:
        replacement = None
    not_yet, status = NotYet(), 200
    if request.method == "POST":
        back = request.POST.get("acte") == "remettre"
        act = partial(
            put_day_back if back else leave_out_day,
            rule_id=found.id, version=VersionField().clean(request.POST.get("version")), day=day, by=actor_of(request),
        )  # fmt: skip
        try:
            allowed(lambda: desk.change(act, read=request.POST.get("touched", "")))
        except TouchesVisits as told:
            not_yet, status = NotYet(warned=told), 409
        except Refused as refusal:
            not_yet, status = NotYet(refused=str(refusal)), 409 if isinstance(refusal, ChangedMeanwhile) else 422
        else:
            gone = " L’ouverture qui la remplaçait est supprimée, ses rendez-vous restent." if replacement else ""
            done = f"s’applique de nouveau le {day_month(day)}.{gone}"
            undone = f"ne s’applique pas le {day_month(day)}. Les rendez-vous pris restent."
            messages.success(request, f"La règle {done if back else undone}")
            return redirect(desk.address("rule", found.id))
    context = {
        **desk.context(),
        "rule": found,
        "day": day,
        "is_off": off is not None,
        "replacement": replacement,
        **not_yet.context(desk.actor),
    }
    return render(request, "practice/rule_day.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def only_this_day(request: HttpRequest, practitioner_id: uuid.UUID, rule_id: uuid.UUID, day: date) -> HttpResponse:
    desk = desk_of(request, practitioner_id, Level.MANAGE)
    try:
        found = _rule_on(desk, rule_id, day, request)
        return _form_page(request, desk, found, day, OneOffForm, change_only_this_day, "Seulement ce jour")
    except Http404:
        return made_anew(request, desk, rule_id, one_off=True, day=day)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def from_day(request: HttpRequest, practitioner_id: uuid.UUID, rule_id: uuid.UUID, day: date) -> HttpResponse:
    desk = desk_of(request, practitioner_id, Level.MANAGE)
    try:
        found = rule_of(desk, rule_id)
        return _form_page(request, desk, found, day, RuleForm, change_from_day, "À partir de ce jour")
    except Http404:
        return made_anew(request, desk, rule_id, one_off=False, day=day)


def _form_page(
    request: HttpRequest,
    desk: Desk,
    found: Rule,
    day: date,
    kind: type[RuleForm],
    change: Callable[..., Rule],
    crumb: str,
) -> HttpResponse:
    form = kind(
        request.POST if request.method == "POST" else None,
        schedules=places_of(desk.managed, kept_by=found),
        done=done_reasons(desk.managed),
        now=desk.now,
        rule=found,
        day=day,
    )

    def save() -> HttpResponse:
        asked, version = form.opening(), form.cleaned_data["version"]
        today = desk.today_at(asked.schedule_id)
        act = partial(
            change, rule_id=found.id, version=version, day=day, opening=asked, by=actor_of(request), today=today
        )
        return told(request, desk, desk.change(act, read=form.read, extent=desk.extent_of(asked)))

    if request.method == "POST" and (answer := saved(form, save)):
        return answer
    found = as_it_is(form, found, lambda pk: rule_of(desk, pk))
    return openings_page(
        request, desk, crumb=crumb, rule_form=form, rule=found, day=day, status=status_of(request, form), next_days=[]
    )


def _rule_on(desk: Desk, rule_id: uuid.UUID, day: date, request: HttpRequest) -> Rule:
    """The rule, where it falls on this day (left out or not). Raises Http404. What is sent of one that does not any more is for
    the service to refuse.
    """
    found = rule_of(desk, rule_id)
    if request.method != "POST" and not recurrence_of(found, ()).falls_on(day):
        raise Http404
    return found
