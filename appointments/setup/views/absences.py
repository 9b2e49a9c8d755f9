"""The absences of a practitioner: noted, changed, deleted."""

import uuid
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from appointments.models import Absence
from appointments.openings.selectors import series_of
from appointments.openings.services.absences import change_absence, create_absence, delete_absence
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page
from appointments.places.selectors import others_of
from appointments.setup.forms.periods import AbsenceForm
from appointments.setup.selectors import zone_of
from appointments.setup.views.desk import Desk, desk_of, openings_page
from appointments.setup.views.periods import saved_once, tell_clock_changes
from appointments.setup.views.sent import as_it_is, deleted, status_of, tell_went, went


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def absence(request: HttpRequest, practitioner_id: uuid.UUID, absence_id: uuid.UUID | None = None) -> HttpResponse:
    """The form of an absence: a new one without `absence_id`."""
    desk = desk_of(request, practitioner_id, Level.BOOK)
    if absence_id is None:
        return _form_page(request, desk, None)
    try:
        return _form_page(request, desk, _absence(desk, absence_id))
    except Http404:
        if not went(request, Absence, absence_id):
            raise
    form = _form(request, desk, None)
    tell_went(form, "absence")
    return _page(request, desk, form, None, 409)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def absence_delete(request: HttpRequest, practitioner_id: uuid.UUID, absence_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request, practitioner_id, Level.BOOK)

    def delete(version: int | None, read: str) -> str:
        _absence(desk, absence_id)
        act = partial(delete_absence, absence_id=absence_id, version=version, by=actor_of(request))
        count = desk.change(partial(act, whole_series="serie" in request.POST), read=read)
        what = f"{count} absences supprimées\u00a0: leurs" if count > 1 else "Absence supprimée\u00a0: ses"
        return f"{what} heures sont de nouveau ouvertes, selon les règles."

    refused = deleted(request, desk.back, Absence, absence_id, delete)
    if isinstance(refused, HttpResponse):
        return refused
    found = _absence(desk, absence_id)
    context = {
        **desk.context(),
        "absence": found,
        "zone": zone_of(found, desk.zone),
        "series_count": _series_count(desk, found),
        **refused.context(desk.actor),
    }
    return render(request, "practice/absence_delete.html", context, status=refused.status)


def _form_page(request: HttpRequest, desk: Desk, found: Absence | None) -> HttpResponse:
    form = _form(request, desk, found)

    def save() -> HttpResponse:
        asked: dict[str, Any] = {"away": form.away(), "by": actor_of(request), "now": desk.now}
        if found is None:
            until = form.cleaned_data["until"]
            act = partial(create_absence, practitioner_id=desk.practitioner_id, every_week_until=until, **asked)
            made = desk.change(act, read=form.read)
            tell_clock_changes(request, desk, made, until)
        else:
            version = form.cleaned_data["version"]
            made = [desk.change(partial(change_absence, absence_id=found.id, version=version, **asked), read=form.read)]
        _told(request, made)
        return redirect(desk.back)

    if request.method == "POST" and (answer := saved_once(request, desk, form, save)):
        return answer
    if found is not None:
        found = as_it_is(form, found, lambda pk: _absence(desk, pk))
    return _page(request, desk, form, found, status_of(request, form))


def _form(request: HttpRequest, desk: Desk, found: Absence | None) -> AbsenceForm:
    return AbsenceForm(
        request.POST if request.method == "POST" else None,
        zone=desk.zone,
        row=found,
        schedules=desk.booked,
        everywhere=desk.books_everywhere,
        replacements=others_of(desk.booked),
    )


def _page(request: HttpRequest, desk: Desk, form: AbsenceForm, found: Absence | None, status: int) -> HttpResponse:
    return openings_page(
        request,
        desk,
        crumb="Nouvelle absence" if found is None else "Absence",
        absence_form=form,
        form_address=desk.address("absence-new") if found is None else desk.address("absence", found.id),
        absence=found,
        series_count=_series_count(desk, found) if found is not None else 0,
        status=status,
    )


def _told(request: HttpRequest, rows: list[Absence]) -> None:
    if len(rows) == 1:
        messages.success(request, "Absence enregistrée\u00a0: ses heures ne sont plus proposées.")
    else:
        messages.success(request, f"{len(rows)} absences enregistrées\u00a0: leurs heures ne sont plus proposées.")


def _absence(desk: Desk, absence_id: uuid.UUID) -> Absence:
    """One that the person may change. Raises Http404."""
    rows = Absence.objects.kept_by(desk.actor, Level.BOOK).select_related(
        "schedule__location", "replacement__calendar__practitioner", "replacement__location"
    )
    return get_object_or_404(rows, pk=absence_id, calendar__practitioner=desk.practitioner_id)


def _series_count(desk: Desk, found: Absence) -> int:
    """Those of its series that the person may change."""
    return series_of(found).filter(pk__in=Absence.objects.kept_by(desk.actor, Level.BOOK).values("pk")).count()
