"""The absences of a practitioner, and the list of what is coming with the closures of their places."""

import uuid
from datetime import date
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_safe

from accounts.enums import Level
from appointments.models import Absence
from appointments.openings.selectors import series_of
from appointments.openings.services.absences import change_absence, create_absence, delete_absence
from appointments.pages.practice import practice_page
from appointments.places.selectors import others_of
from appointments.setup.coverage import coverage_of
from appointments.setup.emptied import days_to_empty
from appointments.setup.forms.periods import AbsenceForm
from appointments.setup.services.changes import Extent
from appointments.setup.views.desk import Desk
from appointments.setup.views.periods import Pages, periods_page


class _Absences(Pages):
    kind, word, need = Absence, "absence", Level.BOOK
    noted = "ses heures ne sont plus proposées."
    noted_many = "leurs heures ne sont plus proposées."
    freed, freed_many = "ses heures sont de nouveau ouvertes", "leurs heures sont de nouveau ouvertes"

    def row(self, desk: Desk, row_id: uuid.UUID) -> Absence:
        rows = Absence.objects.kept_by(desk.actor, Level.BOOK).select_related(
            "schedule__location", "replacement__calendar__practitioner", "replacement__location"
        )
        return get_object_or_404(rows, pk=row_id, calendar__practitioner=desk.practitioner_id)

    def form(self, desk: Desk, data: Any, row: Absence | None) -> AbsenceForm:
        return AbsenceForm(
            data,
            zone=desk.zone,
            row=row,
            schedules=desk.booked,
            everywhere=desk.books_everywhere,
            replacements=others_of(desk.booked),
        )

    def create(self, form: AbsenceForm, desk: Desk, **asked: Any) -> partial[list[Absence]]:
        return partial(create_absence, practitioner_id=desk.practitioner_id, away=form.away(), **asked)

    def change(self, form: AbsenceForm, row: Absence, **asked: Any) -> partial[Absence]:
        return partial(change_absence, absence_id=row.id, away=form.away(), **asked)

    def delete(self, row: Absence, **asked: Any) -> partial[int]:
        return partial(delete_absence, absence_id=row.id, **asked)

    def extent(self, desk: Desk, place: Any) -> Extent | None:
        return None

    def coverage(self, desk: Desk, form: AbsenceForm) -> str:
        away = form.away()
        here = [one for one in desk.booked if one.active and away.schedule_id in (None, one.id)]
        by = next((one for one in others_of(desk.booked) if one.id == away.replacement_id), None)
        return coverage_of(here, by, away.period) if here and by is not None else ""

    def to_empty(self, desk: Desk, found: Absence) -> list[tuple[date, int]]:
        return days_to_empty(found, desk.booked, now=desk.now)

    def series(self, desk: Desk, found: Absence) -> int:
        return series_of(found).filter(pk__in=Absence.objects.kept_by(desk.actor, Level.BOOK).values("pk")).count()


_PAGES = _Absences()


@require_safe
@practice_page
def periods(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    return periods_page(request, practitioner_id)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def absence(request: HttpRequest, practitioner_id: uuid.UUID, absence_id: uuid.UUID | None = None) -> HttpResponse:
    return _PAGES.open(request, practitioner_id, absence_id)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def absence_delete(request: HttpRequest, practitioner_id: uuid.UUID, absence_id: uuid.UUID) -> HttpResponse:
    return _PAGES.ask_delete(request, practitioner_id, absence_id)
