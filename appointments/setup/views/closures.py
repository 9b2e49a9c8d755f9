"""The closures of the places where a practitioner receives, for everybody there."""

import uuid
from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from appointments.models import Closure
from appointments.openings.services.closures import change_closure, create_closure, delete_closure
from appointments.pages.practice import practice_page
from appointments.setup.forms.periods import ClosureForm, PeriodForm
from appointments.setup.services.changes import Extent, of_closures
from appointments.setup.views.desk import Desk
from appointments.setup.views.periods import Pages


class _Closures(Pages):
    kind, word = Closure, "fermeture"
    noted = noted_many = "rien n’est plus proposé dans ce lieu à ce moment."
    freed = freed_many = "le lieu est de nouveau ouvert"

    def check(self, desk: Desk) -> None:
        if not desk.closable:
            raise Http404

    def row(self, desk: Desk, row_id: uuid.UUID) -> Closure:
        return get_object_or_404(Closure.objects.select_related("location"), pk=row_id, location__in=desk.closable)

    def form(self, desk: Desk, data: Any, row: Closure | None) -> ClosureForm:
        zone = row.location.zone if row is not None else desk.zone
        return ClosureForm(data, zone=zone, row=row, locations=desk.closable)

    def as_new(self, form: PeriodForm, data: Any) -> None:
        data.setdefault("location", form.initial.get("location", ""))

    def create(self, form: ClosureForm, desk: Desk, **asked: Any) -> partial[list[Closure]]:
        return partial(create_closure, location_id=self.place_of(None, form), **_asked(form), **asked)

    def change(self, form: ClosureForm, row: Closure, **asked: Any) -> partial[Closure]:
        return partial(change_closure, closure_id=row.id, **_asked(form), **asked)

    def delete(self, row: Closure, **asked: Any) -> partial[int]:
        return partial(delete_closure, closure_id=row.id, **asked)

    def place_of(self, row: Closure | None, form: Any = None) -> uuid.UUID:
        place: uuid.UUID = row.location_id if row is not None else form.cleaned_data["location"]
        return place

    def extent(self, desk: Desk, place: uuid.UUID) -> Extent:
        return of_closures(place)


def _asked(form: ClosureForm) -> dict[str, Any]:
    return {"period": form.period(), "label": form.cleaned_data["label"]}


_PAGES = _Closures()


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def closure(request: HttpRequest, practitioner_id: uuid.UUID, closure_id: uuid.UUID | None = None) -> HttpResponse:
    return _PAGES.open(request, practitioner_id, closure_id)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def closure_delete(request: HttpRequest, practitioner_id: uuid.UUID, closure_id: uuid.UUID) -> HttpResponse:
    return _PAGES.ask_delete(request, practitioner_id, closure_id)
