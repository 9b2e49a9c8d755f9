"""The absences of a practitioner: noted, changed, deleted."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from appointments.exceptions import ChangedMeanwhile
from appointments.models import Absence, Appointment
from appointments.openings.selectors import series_of
from appointments.openings.services.absences import change_absence, create_absence, delete_absence
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page
from appointments.places.selectors import others_of
from appointments.setup.forms.periods import AbsenceForm
from appointments.setup.selectors import zone_of
from appointments.setup.views.desk import Desk, allowed, desk_of, openings_page
from appointments.setup.views.periods import Gone, saved_period, tell_booked, told_gone, version_of, was_sent


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def absence(request: HttpRequest, practitioner_id: uuid.UUID, absence_id: uuid.UUID | None = None) -> HttpResponse:
    """The form of an absence: a new one without `absence_id`."""
    desk = desk_of(request, practitioner_id, Level.BOOK)
    found = _absence(desk, absence_id)
    if absence_id is not None and found is None:
        return _gone(request, desk)
    form = _form(request, desk, found)

    def save() -> HttpResponse:
        by, away = actor_of(request), form.away()
        if found is not None:
            version = form.cleaned_data["version"]
            return _told(
                request,
                desk,
                [change_absence(absence_id=found.id, version=version, away=away, by=by, now=desk.now)],
            )
        until = form.cleaned_data["until"]
        made = create_absence(practitioner_id=practitioner_id, away=away, by=by, now=desk.now, every_week_until=until)
        return _told(request, desk, made)

    status = 200
    if request.method == "POST":
        try:
            answer = saved_period(request, desk, form, save, lambda: _absence(desk, absence_id))
        except Gone:
            return _gone(request, desk)
        if isinstance(answer, HttpResponse):
            return answer
        status = answer
    return _page(request, desk, form, found, status)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def absence_delete(request: HttpRequest, practitioner_id: uuid.UUID, absence_id: uuid.UUID) -> HttpResponse:
    desk, problem = desk_of(request, practitioner_id, Level.BOOK), ""
    found = _absence(desk, absence_id)
    if found is None:
        if not was_sent(request):
            raise Http404
        messages.info(request, "Cette absence est déjà supprimée.")
        return redirect("openings", practitioner_id)
    if request.method == "POST":
        try:
            count = allowed(
                lambda: delete_absence(
                    absence_id=absence_id,
                    version=version_of(request),
                    by=actor_of(request),
                    whole_series="serie" in request.POST,
                )
            )
        except ChangedMeanwhile as refusal:
            found, problem = _absence(desk, absence_id) or found, str(refusal)
        else:
            what = f"{count} absences supprimées\u00a0: leurs" if count > 1 else "Absence supprimée\u00a0: ses"
            messages.success(request, f"{what} heures sont de nouveau ouvertes, selon les règles.")
            return redirect("openings", practitioner_id)
    context = {
        **desk.frame.context("openings"),
        "absence": found,
        "zone": zone_of(found, desk.zone),
        "series_count": _series_count(desk, found),
        "problem": problem,
    }
    return render(request, "practice/absence_delete.html", context, status=409 if problem else 200)


def _form(request: HttpRequest, desk: Desk, found: Absence | None) -> AbsenceForm:
    return AbsenceForm(
        request.POST if request.method == "POST" else None,
        zone=zone_of(found, desk.zone) if found is not None else desk.zone,
        row=found,
        schedules=desk.booked,
        everywhere=desk.books_everywhere,
        replacements=others_of(desk.booked),
    )


def _gone(request: HttpRequest, desk: Desk) -> HttpResponse:
    """What was typed becomes a new one."""
    if not was_sent(request):
        raise Http404
    form = _form(request, desk, None)
    told_gone(form)
    return _page(request, desk, form, None, 409)


def _page(request: HttpRequest, desk: Desk, form: AbsenceForm, found: Absence | None, status: int) -> HttpResponse:
    return openings_page(
        request,
        desk,
        crumb="Nouvelle absence" if found is None else "Absence",
        absence_form=form,
        absence=found,
        series_count=_series_count(desk, found) if found is not None else 0,
        status=status,
    )


def _told(request: HttpRequest, desk: Desk, rows: list[Absence]) -> HttpResponse:
    if len(rows) == 1:
        messages.success(request, "Absence enregistrée\u00a0: ses heures ne sont plus proposées.")
    else:
        messages.success(request, f"{len(rows)} absences enregistrées\u00a0: leurs heures ne sont plus proposées.")
    seen = Appointment.objects.kept_by(desk.actor).filter(practitioner=desk.practitioner_id)
    tell_booked(request, desk, rows, among=seen)
    return redirect("openings", desk.practitioner_id)


def _absence(desk: Desk, absence_id: uuid.UUID | None) -> Absence | None:
    """One that the person may change."""
    rows = Absence.objects.kept_by(desk.actor, Level.BOOK).select_related(
        "schedule__location", "replacement__calendar__practitioner", "replacement__location"
    )
    own = rows.filter(calendar__practitioner=desk.practitioner_id)
    return own.filter(pk=absence_id).first() if absence_id is not None else None


def _series_count(desk: Desk, found: Absence) -> int:
    """Those of its series that the person may change."""
    return series_of(found).filter(pk__in=Absence.objects.kept_by(desk.actor, Level.BOOK).values("pk")).count()
