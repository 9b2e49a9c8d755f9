"""The reasons of the organizations where a practitioner receives, and where each is done."""

import uuid
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.french import fold
from appointments.models import Reason
from appointments.openings.services.reasons import change_reason, create_reason
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page
from appointments.setup.forms.reasons import ReasonForm
from appointments.setup.selectors import done_reasons
from appointments.setup.services.changes import of_reasons
from appointments.setup.views.desk import desk_of
from appointments.setup.views.sent import as_it_is, saved, status_of


@require_http_methods(["GET", "HEAD"])
@practice_page
def reasons(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    """Those done at the practitioner's agendas."""
    desk = desk_of(request, practitioner_id)
    done: dict[Reason, list[object]] = {}
    for at in done_reasons(desk.schedules):
        done.setdefault(at.reason, []).append(at)
    organizations = {one.organization_id: one.organization for one in desk.managed}
    context = {
        **desk.context(),
        "done": list(done.items()),
        "organizations": sorted(organizations.values(), key=lambda one: fold(one.name)),
    }
    return render(request, "practice/reasons.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def reason(
    request: HttpRequest,
    practitioner_id: uuid.UUID,
    reason_id: uuid.UUID | None = None,
    organization_id: uuid.UUID | None = None,
) -> HttpResponse:
    """The form of a reason: a new one of `organization_id` without `reason_id`."""
    desk = desk_of(request, practitioner_id, Level.MANAGE)
    found = Reason.objects.filter(pk=reason_id).first() if reason_id is not None else None
    owner = found.organization_id if found is not None else organization_id
    here = [one for one in desk.managed if one.organization_id == owner]
    if not here or (reason_id is not None and found is None):
        raise Http404
    form = ReasonForm(
        request.POST if request.method == "POST" else None,
        schedules=here,
        reason=found,
    )

    def save() -> HttpResponse:
        asked: dict[str, Any] = {"wording": form.wording(), "by": actor_of(request)}
        act = partial(create_reason, organization_id=here[0].organization_id, **asked)
        if found is not None:
            act = partial(change_reason, reason_id=found.id, version=form.cleaned_data["version"], **asked)
        desk.change(act, read=form.read, extent=of_reasons(here[0].organization_id))
        messages.success(request, "Motif enregistré.")
        return redirect("reasons", practitioner_id)

    if request.method == "POST" and (answer := saved(form, save)):
        return answer
    if found is not None:
        found = as_it_is(form, found, lambda pk: Reason.objects.get(pk=pk))
    context = {
        **desk.context(),
        "reason": found,
        "organization": here[0].organization,
        "form": form,
    }
    return render(request, "practice/reason.html", context, status=status_of(request, form))
