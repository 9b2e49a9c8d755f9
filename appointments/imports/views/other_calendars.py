"""The calendars that a practitioner keeps elsewhere: a list, a form, and what was read of each, when."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from appointments.exceptions import NotAllowed, Refused
from appointments.imports.forms import OtherCalendarForm
from appointments.imports.selectors import others_of
from appointments.imports.services.other_calendars import MOST, add_calendar, read_again, remove_calendar
from appointments.pages.access import actor_of
from appointments.pages.practice import Side, practice_act, practice_page, side_of
from appointments.places.selectors import grid_zone


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def other_calendars(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    side = _side(request, practitioner_id)
    form = OtherCalendarForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _page(request, side, form)
    if form.is_valid():
        try:
            add_calendar(practitioner_id=practitioner_id, by=actor_of(request), now=timezone.now(), **form.cleaned_data)
            messages.success(request, "Agenda ajouté\u00a0: il est lu dans la minute, puis toutes les 30\u00a0minutes.")
            return redirect("other-calendars", practitioner_id)
        except NotAllowed:
            raise Http404 from None
        except Refused as refusal:
            form.add_error(refusal.element or None, str(refusal))
    return _page(request, side, form, status=422)


@practice_act
def other_calendar_act(request: HttpRequest, practitioner_id: uuid.UUID, other_id: uuid.UUID) -> HttpResponse:
    """Read it again, or take it away."""
    _side(request, practitioner_id)
    asked: dict[str, Any] = {"other_id": other_id, "practitioner_id": practitioner_id, "by": actor_of(request)}
    try:
        if request.POST.get("acte") == "retirer":
            remove_calendar(**asked)
            messages.success(request, "Agenda retiré\u00a0: ses heures sont de nouveau libres, selon les règles.")
        else:
            read_again(now=timezone.now(), **asked)
            messages.success(request, "La lecture est demandée\u00a0: actualisez la page dans un instant.")
    except NotAllowed:
        raise Http404 from None
    return redirect("other-calendars", practitioner_id)


def _side(request: HttpRequest, practitioner_id: uuid.UUID) -> Side:
    """Whose time is theirs everywhere. Raises Http404."""
    side = side_of(request, practitioner_id, Level.MANAGE)
    if not side.is_own and not side.agendas.everywhere(Level.MANAGE):
        raise Http404
    return side


def _page(request: HttpRequest, side: Side, form: OtherCalendarForm, status: int = 200) -> HttpResponse:
    others = others_of(side.practitioner.pk, now=timezone.now())
    context = {
        **side.context("openings"),
        "form": form,
        "others": others,
        "may_add": len(others) < MOST or form.is_bound,
        "most": MOST,
        "zone": grid_zone(list(side.agendas.every)),
    }
    return render(request, "imports/other_calendars.html", context, status=status)
