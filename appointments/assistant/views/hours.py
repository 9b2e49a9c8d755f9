"""Step 5: a typical week, to begin with. What is finer is on the openings' own page."""

import uuid
from functools import partial

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from accounts.french import of
from accounts.models import Practitioner
from appointments.assistant.forms.hours import WeekForm
from appointments.assistant.views.frame import Desk, desk_of, step_page
from appointments.models import ReasonAt, Schedule
from appointments.openings.services.rules import create_rule
from appointments.pages.practice import practice_page
from appointments.setup.services.changes import of_openings
from appointments.setup.views.sent import saved, status_of

_STEP = "assistant-hours"


@require_safe
@practice_page
def hours(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    """Who has hours already, with the typical week of the first who has none."""
    desk = desk_of(request, organization_id)
    without = [one for one, rules in _lines(desk) if not rules]
    form = WeekForm(schedules=desk.practice.of(without[0])) if without else None
    return _page(request, desk, without[0] if without else None, form)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def week(request: HttpRequest, organization_id: uuid.UUID, practitioner_id: uuid.UUID) -> HttpResponse:
    """The typical week of one practitioner."""
    desk = desk_of(request, organization_id)
    practitioner = next((one for one, _ in _lines(desk) if one.pk == practitioner_id), None)
    if practitioner is None:
        raise Http404
    form = WeekForm(request.POST if request.method == "POST" else None, schedules=desk.practice.of(practitioner))

    def save() -> HttpResponse:
        act = partial(_open, form, desk)
        desk.change(act, of_openings(practitioner.pk), read=form.read)
        messages.success(
            request, f"La semaine {of(practitioner)} est notée. Personne d’autre que le cabinet ne la voit encore."
        )
        return redirect(_STEP, organization_id)

    if request.method == "POST" and (answer := saved(form, save)):
        return answer
    return _page(request, desk, practitioner, form)


def _open(form: WeekForm, desk: Desk) -> None:
    """One rule for the mornings, one for the afternoons, shown to nobody from outside; for all reasons done there that fit."""
    schedule: Schedule = form.chosen
    done = ReasonAt.objects.filter(schedule=schedule, active=True, reason__active=True).select_related("reason")
    today = desk.now.astimezone(schedule.location.zone).date()
    for opening in form.openings(done, first_day=today):
        create_rule(opening=opening, by=desk.actor, today=today)


def _lines(desk: Desk) -> list[tuple[Practitioner, int]]:
    """Those whose agenda the person manages, each with how many rules there are."""
    practice = desk.practice
    return [(one, sum(practice.rules[at.pk] for at in practice.of(one))) for one in desk.managed]


def _page(request: HttpRequest, desk: Desk, practitioner: Practitioner | None, form: WeekForm | None) -> HttpResponse:
    status = status_of(request, form) if form is not None else 200
    lines = _lines(desk)
    return step_page(request, desk, _STEP, form=form, status=status, lines=lines, practitioner=practitioner)
