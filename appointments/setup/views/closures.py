"""The closures of the places where a practitioner receives: noted, changed, deleted, for everybody there."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from appointments.exceptions import ChangedMeanwhile
from appointments.models import Appointment, Closure
from appointments.openings.selectors import series_of
from appointments.openings.services.closures import change_closure, create_closure, delete_closure
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page
from appointments.setup.forms.periods import ClosureForm
from appointments.setup.views.desk import Desk, allowed, desk_of, openings_page
from appointments.setup.views.periods import Gone, saved_period, tell_booked, told_gone, version_of, was_sent


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def closure(request: HttpRequest, practitioner_id: uuid.UUID, closure_id: uuid.UUID | None = None) -> HttpResponse:
    """The form of a closure: a new one without `closure_id`."""
    desk = desk_of(request, practitioner_id)
    if not desk.schedules and desk.frame.is_own:
        return redirect("openings", practitioner_id)
    if not desk.closable:
        raise Http404
    found = _closure(desk, closure_id)
    if closure_id is not None and found is None:
        return _gone(request, desk)
    form = _form(request, desk, found)

    def save() -> HttpResponse:
        by, period, label = actor_of(request), form.period(), form.cleaned_data["label"]
        if found is not None:
            version = form.cleaned_data["version"]
            made = [
                change_closure(closure_id=found.id, version=version, period=period, label=label, by=by, now=desk.now)
            ]
        else:
            made = create_closure(
                location_id=form.cleaned_data["location"],
                period=period,
                label=label,
                by=by,
                now=desk.now,
                every_week_until=form.cleaned_data["until"],
            )
        return _told(request, desk, made)

    status = 200
    if request.method == "POST":
        try:
            answer = saved_period(request, desk, form, save, lambda: _closure(desk, closure_id))
        except Gone:
            return _gone(request, desk)
        if isinstance(answer, HttpResponse):
            return answer
        status = answer
    return _page(request, desk, form, found, status)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def closure_delete(request: HttpRequest, practitioner_id: uuid.UUID, closure_id: uuid.UUID) -> HttpResponse:
    desk, problem = desk_of(request, practitioner_id), ""
    found = _closure(desk, closure_id)
    if found is None:
        if not was_sent(request):
            raise Http404
        messages.info(request, "Cette fermeture est déjà supprimée.")
        return redirect("openings", practitioner_id)
    if request.method == "POST":
        try:
            count = allowed(
                lambda: delete_closure(
                    closure_id=closure_id,
                    version=version_of(request),
                    by=actor_of(request),
                    whole_series="serie" in request.POST,
                )
            )
        except ChangedMeanwhile as refusal:
            found, problem = _closure(desk, closure_id) or found, str(refusal)
        else:
            what = f"{count} fermetures supprimées" if count > 1 else "Fermeture supprimée"
            messages.success(request, f"{what}\u00a0: le lieu est de nouveau ouvert, selon les règles.")
            return redirect("openings", practitioner_id)
    context = {
        **desk.frame.context("openings"),
        "closure": found,
        "series_count": series_of(found).count(),
        "problem": problem,
    }
    return render(request, "practice/closure_delete.html", context, status=409 if problem else 200)


def _form(request: HttpRequest, desk: Desk, found: Closure | None) -> ClosureForm:
    return ClosureForm(
        request.POST if request.method == "POST" else None,
        zone=found.location.zone if found is not None else desk.zone,
        row=found,
        locations=desk.closable,
    )


def _gone(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What was typed becomes a new one."""
    if not was_sent(request):
        raise Http404
    form = _form(request, desk, None)
    if len(desk.closable) == 1:
        form.data = request.POST.copy()
        form.data["location"] = str(desk.closable[0].id)
    told_gone(form)
    return _page(request, desk, form, None, 409)


def _page(request: HttpRequest, desk: Desk, form: ClosureForm, found: Closure | None, status: int) -> HttpResponse:
    return openings_page(
        request,
        desk,
        crumb="Nouvelle fermeture" if found is None else "Fermeture",
        closure_form=form,
        closure=found,
        series_count=series_of(found).count() if found is not None else 0,
        status=status,
    )


def _told(request: HttpRequest, desk: Desk, rows: list[Closure]) -> HttpResponse:
    count = f"{len(rows)} fermetures enregistrées" if len(rows) > 1 else "Fermeture enregistrée"
    messages.success(request, f"{count}\u00a0: rien n’est plus proposé dans ce lieu à ce moment.")
    there = Appointment.objects.filter(schedule__location=rows[0].location_id)
    tell_booked(request, desk, rows, among=there)
    return redirect("openings", desk.practitioner_id)


def _closure(desk: Desk, closure_id: uuid.UUID | None) -> Closure | None:
    """One that the person may change."""
    rows = Closure.objects.select_related("location").filter(location__in=desk.closable)
    return rows.filter(pk=closure_id).first() if closure_id is not None else None
