"""The agenda as a list: of some practitioners or of all, of a period, by status, reason and origin; made to be printed too."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.enums import AgendaView, Level
from accounts.french import period, sentence
from appointments.agenda.forms.visits import NO_REASON, VisitsForm
from appointments.agenda.selectors.visits import listed_visits, reasons_at
from appointments.agenda.shown import Shown
from appointments.agenda.views.frame import Frame, asked_ids
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page, sides_of
from appointments.places.rights import kept_practitioners
from appointments.places.selectors import grid_zone

PAGE_SIZE = 100


@require_safe
@practice_page
def agenda_list(request: HttpRequest) -> HttpResponse:
    """Without `?avec=`: of everybody whose agenda this person sees."""
    ids = asked_ids(request) or [one.id for one in kept_practitioners(actor_of(request), Level.SEE)]
    sides = sides_of(request, ids, Level.SEE)
    if not sides:
        raise Http404
    now = timezone.now()
    seen = [schedule for side in sides for schedule in side.seen]
    zone = grid_zone(seen)
    today = now.astimezone(zone).date()
    form = VisitsForm(request.GET.dict(), today=today, reasons=reasons_at(seen))
    valid = form.is_valid()
    data: dict[str, Any] = form.cleaned_data if valid else {"du": today, "au": today}
    shown = Shown(AgendaView.LIST, tuple(side.practitioner.id for side in sides), data["du"])
    frame = Frame(request, sides, shown, today)
    go, gone = frame.gone()
    if gone is not None:
        return gone
    context = frame.context(go, title=sentence(period(data["du"], data["au"]))) | {"form": form, "zone": zone}
    if valid:
        # As they are read, whatever way they were typed.
        form.data = {**request.GET.dict(), **{name: f"{data[name]:%d/%m/%Y}" for name in ("du", "au")}}
        reason = data["motif"]
        rows = listed_visits(
            seen,
            zone=zone,
            first=data["du"],
            last=data["au"],
            status=data["statut"],
            origin=data["origine"],
            reason=uuid.UUID(reason) if reason and reason != NO_REASON else None,
            without_reason=reason == NO_REASON,
        )
        context["page"] = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
        kept = [(name, value) for name, value in request.GET.lists() if name != "page"]
        context["query"] = urlencode(kept, doseq=True)
    return render(request, "practice/agenda_list.html", context, status=200 if valid else 422)
