"""The closures of the places where a practitioner receives: noted, changed, deleted, for everybody there."""

import uuid
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from appointments.models import Closure
from appointments.openings.selectors import series_of
from appointments.openings.services.closures import change_closure, create_closure, delete_closure
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page
from appointments.setup.forms.periods import ClosureForm
from appointments.setup.services.changes import of_closures
from appointments.setup.views.desk import Desk, desk_of, openings_page
from appointments.setup.views.periods import saved_once, tell_clock_changes
from appointments.setup.views.sent import as_it_is, deleted, status_of, tell_went, went


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def closure(request: HttpRequest, practitioner_id: uuid.UUID, closure_id: uuid.UUID | None = None) -> HttpResponse:
    """The form of a closure: a new one without `closure_id`."""
    desk = desk_of(request, practitioner_id)
    if not desk.schedules and desk.side.is_own:
        return redirect(desk.back)
    if not desk.closable:
        raise Http404
    if closure_id is None:
        return _form_page(request, desk, None)
    try:
        return _form_page(request, desk, _closure(desk, closure_id))
    except Http404:
        if not went(request, Closure, closure_id):
            raise
    form = _form(request, desk, None)
    # The form of a closure does not have its place.
    form.data = request.POST.copy()
    form.data.setdefault("location", form.initial.get("location", ""))
    tell_went(form, "fermeture")
    return _page(request, desk, form, None, 409)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def closure_delete(request: HttpRequest, practitioner_id: uuid.UUID, closure_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request, practitioner_id)

    def delete(version: int | None, read: str) -> str:
        place = _closure(desk, closure_id).location_id
        act = partial(delete_closure, closure_id=closure_id, version=version, by=actor_of(request))
        count = desk.change(partial(act, whole_series="serie" in request.POST), read=read, extent=of_closures(place))
        what = f"{count} fermetures supprimées" if count > 1 else "Fermeture supprimée"
        return f"{what}\u00a0: le lieu est de nouveau ouvert, selon les règles."

    refused = deleted(request, desk.back, Closure, closure_id, delete)
    if isinstance(refused, HttpResponse):
        return refused
    found = _closure(desk, closure_id)
    context = {
        **desk.context(),
        "closure": found,
        "series_count": series_of(found).count(),
        **refused.context(desk.actor),
    }
    return render(request, "practice/closure_delete.html", context, status=refused.status)


def _form_page(request: HttpRequest, desk: Desk, found: Closure | None) -> HttpResponse:
    form = _form(request, desk, found)

    def save() -> HttpResponse:
        asked: dict[str, Any] = {
            "period": form.period(), "label": form.cleaned_data["label"], "by": actor_of(request), "now": desk.now,
        }  # fmt: skip
        if found is None:
            place, until = form.cleaned_data["location"], form.cleaned_data["until"]
            act = partial(create_closure, location_id=place, every_week_until=until, **asked)
            made = desk.change(act, read=form.read, extent=of_closures(place))
            tell_clock_changes(request, desk, made, until)
        else:
            changed = partial(change_closure, closure_id=found.id, version=form.cleaned_data["version"], **asked)
            made = [desk.change(changed, read=form.read, extent=of_closures(found.location_id))]
        _told(request, made)
        return redirect(desk.back)

    if request.method == "POST" and (answer := saved_once(request, desk, form, save)):
        return answer
    if found is not None:
        found = as_it_is(form, found, lambda pk: _closure(desk, pk))
    return _page(request, desk, form, found, status_of(request, form))


def _form(request: HttpRequest, desk: Desk, found: Closure | None) -> ClosureForm:
    return ClosureForm(
        request.POST if request.method == "POST" else None,
        zone=found.location.zone if found is not None else desk.zone,
        row=found,
        locations=desk.closable,
    )


def _page(request: HttpRequest, desk: Desk, form: ClosureForm, found: Closure | None, status: int) -> HttpResponse:
    return openings_page(
        request,
        desk,
        crumb="Nouvelle fermeture" if found is None else "Fermeture",
        closure_form=form,
        form_address=desk.address("closure-new") if found is None else desk.address("closure", found.id),
        closure=found,
        series_count=series_of(found).count() if found is not None else 0,
        status=status,
    )


def _told(request: HttpRequest, rows: list[Closure]) -> None:
    count = f"{len(rows)} fermetures enregistrées" if len(rows) > 1 else "Fermeture enregistrée"
    messages.success(request, f"{count}\u00a0: rien n’est plus proposé dans ce lieu à ce moment.")


def _closure(desk: Desk, closure_id: uuid.UUID) -> Closure:
    """One that the person may change. Raises Http404."""
    rows = Closure.objects.select_related("location")
    return get_object_or_404(rows, pk=closure_id, location__in=desk.closable)
