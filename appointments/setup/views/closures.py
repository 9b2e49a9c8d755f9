"""The closures of the places where a practitioner receives: noted, changed, deleted, for everybody there."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from appointments.models import Closure
from appointments.openings.services.closures import change_closure, create_closure, delete_closure
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page
from appointments.setup.forms.periods import ClosureForm
from appointments.setup.views.desk import Desk, allowed, desk_of, openings_page, saved


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def closure(request: HttpRequest, practitioner_id: uuid.UUID, closure_id: uuid.UUID | None = None) -> HttpResponse:
    """The form of a closure: a new one without `closure_id`."""
    desk = desk_of(request, practitioner_id)
    if not desk.schedules and desk.frame.is_own:
        return redirect("openings", practitioner_id)
    if not desk.closable:
        raise Http404
    found = _closure(desk, closure_id) if closure_id is not None else None
    form = ClosureForm(
        request.POST if request.method == "POST" else None,
        zone=found.location.zone if found is not None else desk.zone,
        row=found,
        locations=desk.closable,
    )

    def save() -> HttpResponse:
        by, label = actor_of(request), form.cleaned_data["label"]
        if found is not None:
            change_closure(closure_id=found.id, period=form.period(), label=label, by=by)
        else:
            create_closure(
                location_id=form.cleaned_data["location"],
                period=form.period(),
                label=label,
                by=by,
                every_week_until=form.cleaned_data["until"],
            )
        messages.success(request, "Fermeture enregistrée\u00a0: rien n’est plus proposé dans ce lieu à ce moment.")
        return redirect("openings", practitioner_id)

    if request.method == "POST" and (answer := saved(form, save)):
        return answer
    status = 422 if request.method == "POST" else 200
    crumb = "Nouvelle fermeture" if found is None else "Fermeture"
    return openings_page(request, desk, crumb=crumb, closure_form=form, closure=found, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def closure_delete(request: HttpRequest, practitioner_id: uuid.UUID, closure_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request, practitioner_id)
    found = _closure(desk, closure_id)
    if request.method == "POST":
        whole = "serie" in request.POST
        allowed(lambda: delete_closure(closure_id=found.id, by=actor_of(request), whole_series=whole))
        messages.success(request, "Fermeture supprimée\u00a0: le lieu est de nouveau ouvert, selon les règles.")
        return redirect("openings", practitioner_id)
    context = {**desk.frame.context("openings"), "closure": found, "zone": found.location.zone}
    return render(request, "practice/closure_delete.html", context)


def _closure(desk: Desk, closure_id: uuid.UUID) -> Closure:
    """One that the person may change. Raises Http404."""
    rows = Closure.objects.select_related("location").filter(location__in=desk.closable)
    found = rows.filter(pk=closure_id).first()
    if found is None:
        raise Http404
    return found
