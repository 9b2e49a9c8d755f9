"""The absences of a practitioner: noted, changed, deleted."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.french import counted, short_date
from appointments.models import Absence
from appointments.openings.selectors import period_interval
from appointments.openings.services.absences import change_absence, create_absence, delete_absence
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page
from appointments.places.selectors import others_of
from appointments.setup.forms.periods import AbsenceForm
from appointments.setup.selectors import appointments_during, zone_of
from appointments.setup.views.desk import Desk, allowed, desk_of, openings_page, saved


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def absence(request: HttpRequest, practitioner_id: uuid.UUID, absence_id: uuid.UUID | None = None) -> HttpResponse:
    """The form of an absence: a new one without `absence_id`."""
    desk = desk_of(request, practitioner_id, Level.BOOK)
    found = _absence(desk, absence_id) if absence_id is not None else None
    form = AbsenceForm(
        request.POST if request.method == "POST" else None,
        zone=zone_of(found, desk.zone) if found is not None else desk.zone,
        row=found,
        schedules=desk.booked,
        everywhere=desk.books_everywhere,
        replacements=others_of(desk.booked),
    )

    def save() -> HttpResponse:
        by = actor_of(request)
        if found is not None:
            return _told(request, desk, [change_absence(absence_id=found.id, away=form.away(), by=by)])
        until = form.cleaned_data["until"]
        made = create_absence(practitioner_id=practitioner_id, away=form.away(), by=by, every_week_until=until)
        return _told(request, desk, made)

    if request.method == "POST" and (answer := saved(form, save)):
        return answer
    status = 422 if request.method == "POST" else 200
    crumb = "Nouvelle absence" if found is None else "Absence"
    return openings_page(request, desk, crumb=crumb, absence_form=form, absence=found, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def absence_delete(request: HttpRequest, practitioner_id: uuid.UUID, absence_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request, practitioner_id, Level.BOOK)
    found = _absence(desk, absence_id)
    if request.method == "POST":
        whole = "serie" in request.POST
        allowed(lambda: delete_absence(absence_id=found.id, by=actor_of(request), whole_series=whole))
        what = "Absences supprimées\u00a0: leurs" if whole else "Absence supprimée\u00a0: ses"
        messages.success(request, f"{what} heures sont de nouveau ouvertes, selon les règles.")
        return redirect("openings", practitioner_id)
    context = {**desk.frame.context("openings"), "absence": found, "zone": zone_of(found, desk.zone)}
    return render(request, "practice/absence_delete.html", context)


def _told(request: HttpRequest, desk: Desk, rows: list[Absence]) -> HttpResponse:
    if len(rows) == 1:
        messages.success(request, "Absence enregistrée\u00a0: ses heures ne sont plus proposées.")
    else:
        messages.success(request, f"{len(rows)} absences enregistrées\u00a0: leurs heures ne sont plus proposées.")
    intervals = [(row, period_interval(row, zone_of(row, desk.zone))) for row in rows]
    first, last = min(one.start for _, one in intervals), max(one.end for _, one in intervals)
    covered = [
        held
        for held in appointments_during(desk.practitioner_id, first, last, now=desk.now, actor=desk.actor)
        if any(
            held.start < when.end and held.end > when.start and row.schedule_id in (None, held.schedule_id)
            for row, when in intervals
        )
    ]
    if covered:
        days = list(dict.fromkeys(short_date(one.start.astimezone(one.schedule.location.zone)) for one in covered))
        count = counted(len(covered), "rendez-vous est pris", "rendez-vous sont pris")
        messages.warning(
            request, f"{count} pendant cette absence ({', '.join(days[:5])})\u00a0: à déplacer ou annuler."
        )
    return redirect("openings", desk.practitioner_id)


def _absence(desk: Desk, absence_id: uuid.UUID) -> Absence:
    """One that the person may change. Raises Http404."""
    rows = Absence.objects.kept_by(desk.actor, Level.BOOK).select_related(
        "schedule__location", "replacement__calendar__practitioner", "replacement__location"
    )
    found = rows.filter(pk=absence_id, calendar__practitioner=desk.practitioner_id).first()
    if found is None:
        raise Http404
    return found
