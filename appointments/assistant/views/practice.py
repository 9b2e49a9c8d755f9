"""Where one begins, and step 1: the practice itself."""

import uuid
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Organization
from appointments.assistant.forms.practice import PracticeForm
from appointments.assistant.selectors import organizations_to_set_up
from appointments.assistant.views.frame import Desk, desk_of, on_to, step_page
from appointments.models import Location
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page
from appointments.setup.services.practice import (
    change_organization,
    change_place,
    create_place,
    of_organization,
)
from appointments.setup.views.sent import saved, status_of

_STEP = "assistant-practice"


@require_safe
@practice_page
def assistant_home(request: HttpRequest) -> HttpResponse:
    """The organization's, where there is but one."""
    actor = actor_of(request)
    organizations = organizations_to_set_up(actor)
    if not organizations:
        if not actor.managed:
            raise Http404
        return redirect("team-home")
    if len(organizations) == 1:
        return redirect("assistant", organizations[0].pk)
    return render(request, "assistant/organizations.html", {"organizations": organizations})


@require_safe
@practice_page
def assistant(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    """The first step that is not done."""
    return redirect(desk_of(request, organization_id).practice.next_step.address)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def practice(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request, organization_id)
    form = _form(desk, request.POST if request.method == "POST" else None)

    def save() -> HttpResponse:
        act = partial(_save, form, organization_id, desk)
        desk.change(act, of_organization(organization_id), read=form.read)
        for warning in form.warnings:
            messages.warning(request, warning)
        return on_to(organization_id, "assistant-practitioners")

    if request.method == "POST" and (answer := saved(form, save)):
        return answer
    if form.has_aged:
        desk = desk_of(request, organization_id)
        form.location = desk.practice.location if form.has_address else None
        form.compare_with(desk.organization)
    return step_page(request, desk, _STEP, form=form, status=status_of(request, form))


def _form(desk: Desk, data: Any) -> PracticeForm:
    return PracticeForm(
        data,
        organization=desk.organization,
        location=desk.practice.location,
        has_places=len(desk.practice.locations) > 1,
    )


def _save(form: PracticeForm, organization_id: uuid.UUID, desk: Desk) -> Organization:
    data = form.cleaned_data
    organization = change_organization(
        organization_id=organization_id, version=data["version"], identity=form.identity(), by=desk.actor
    )
    known = form.location
    if form.has_address and known is None:
        create_place(organization_id=organization_id, place=form.place(data["name"], phone=""), by=desk.actor)
    elif known is not None:
        change_place(location_id=known.pk, version=data["place_version"], place=_changed(form, known), by=desk.actor)
    return organization


def _changed(form: PracticeForm, known: Location) -> Any:
    """What this page does not ask of the place stays; its clock too, as long as its postal code does."""
    data = form.cleaned_data
    same_code = data["postal_code"].strip() == known.postal_code
    # The place bears the practice's name until it is given another.
    name = data["name"] if known.name == form.initial["name"] else known.name
    return form.place(name, phone=known.phone, email=known.email, time_zone=known.time_zone if same_code else "")
