"""One day of a rule: closed, and open again."""

import uuid
from dataclasses import replace
from datetime import date
from functools import partial

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.french import day_month
from appointments.exceptions import ChangedMeanwhile, Refused
from appointments.models import Rule
from appointments.openings.selectors import recurrence_of
from appointments.openings.services.rules import leave_out_day, put_day_back
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page
from appointments.setup.services.changes import TouchesVisits
from appointments.setup.views.desk import desk_of
from appointments.setup.views.rules import rule_of
from appointments.setup.views.sent import NotYet, allowed
from appointments.version_field import VersionField


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def rule_day(request: HttpRequest, practitioner_id: uuid.UUID, rule_id: uuid.UUID, day: date) -> HttpResponse:
    """What may be done with this day of the rule; « pas ce jour-là » and its contrary are done here."""
    desk = desk_of(request, practitioner_id, Level.MANAGE)
    if request.method == "POST" and not Rule.objects.filter(pk=rule_id).exists():
        messages.error(request, "Cette règle a été supprimée entre-temps.")
        return redirect(desk.back)
    found = rule_of(desk, rule_id)
    # What is sent of one that does not fall on this day any more is for the service to refuse.
    if request.method != "POST" and not recurrence_of(found, ()).falls_on(day):
        raise Http404
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
            return redirect(replace(desk, asked=day).back)
    context = {
        **desk.context(),
        "rule": found,
        "day": day,
        "is_off": off is not None,
        "replacement": replacement,
        **not_yet.context(desk.actor),
    }
    return render(request, "practice/rule_day.html", context, status=status)
