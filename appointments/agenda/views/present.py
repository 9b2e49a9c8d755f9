"""What an open agenda asks for every few seconds (present.js), and what it then shows above the grid."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.enums import Level
from appointments.agenda.selectors.present import bar_of, changes_of, facts_of
from appointments.models import Appointment
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page

# More than a page shows.
_MOST_AGENDAS, _MOST_FACTS = 20, 20


@require_safe
@practice_page
def present(request: HttpRequest) -> HttpResponse:
    """`?vu=<practitioner>:<how far>`, for each that the page shows: 204 when nothing of them changed since. With `barre=1` what
    waits is told all the same, which time changes too.
    """
    asked, actor = _asked(request), actor_of(request)
    found = changes_of(asked, actor=actor)
    if found.keys() != asked.keys():
        raise Http404
    if found == asked and "barre" not in request.GET:
        return HttpResponse(status=204)
    bar = bar_of(asked, actor=actor, now=timezone.now())
    return render(request, "practice/nowbar_facts.html", {"bar": bar, "shown_at": found})


@require_safe
@practice_page
def present_facts(request: HttpRequest) -> HttpResponse:
    """What last happened to the visits `?rdv=` of which the page has seen that they changed."""
    try:
        visits = [uuid.UUID(one) for one in request.GET.getlist("rdv")[:_MOST_FACTS]]
    except ValueError:
        raise Http404 from None
    facts = facts_of(visits, actor=actor_of(request), now=timezone.now())
    return render(request, "practice/nowbar_new.html", {"facts": facts})


@require_safe
@practice_page
def appointment_outward(request: HttpRequest, appointment_id: uuid.UUID) -> HttpResponse:
    """How far the SAS knows a visit, for its page."""
    rows = Appointment.objects.kept_by(actor_of(request), Level.SEE).select_related("schedule__location")
    return render(request, "practice/outward.html", {"appointment": get_object_or_404(rows, pk=appointment_id)})


def _asked(request: HttpRequest) -> dict[uuid.UUID, int]:
    """How far the page is, by practitioner."""
    given = request.GET.getlist("vu")
    try:
        found = {uuid.UUID(who): int(changes) for who, changes in (one.split(":") for one in given)}
    except ValueError:
        raise Http404 from None
    if not 0 < len(found) <= _MOST_AGENDAS:
        raise Http404
    return found
