"""Who changed what of when a practitioner receives, and where."""

import uuid

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from appointments.models import SetupChange
from appointments.pages.practice import practice_page
from appointments.setup.views.desk import desk_of

PAGE_SIZE = 40


@require_safe
@practice_page
def setup_history(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    """Of what the person reads, newest first."""
    desk = desk_of(request, practitioner_id)
    rows = SetupChange.objects.kept_by(desk.actor).of_line(practitioner_id, [one.id for one in desk.schedules])
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {**desk.context(), "page": page, "zone": desk.zone, "today": desk.today}
    return render(request, "practice/setup_history.html", context)
