"""Step 2: who receives patients."""

import uuid
from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from accounts.identifiers import ADELI, RPPS
from accounts.models import Practitioner
from accounts.selectors.directory import edition_in_force, find_in_directory, listed_as
from appointments.assistant.forms.practitioners import FoundForm, PractitionerForm, TypedForm
from appointments.assistant.selectors import doubts_of
from appointments.assistant.views.frame import Desk, desk_of, step_page
from appointments.pages.practice import practice_page
from appointments.setup.services.practitioners import (
    Person,
    add_practitioner,
    change_practitioner,
    invite_practitioner,
    make_known,
    may_describe,
    of_practitioner,
)
from appointments.setup.views.sent import saved, status_of

_STEP = "assistant-practitioners"
_AFTER = "assistant-places"
_BY_HAND = "saisie"
# The button that goes on to the next step.
_GOES_ON = "suite"


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def practitioners(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    """Those there are; one more, of the directory or typed."""
    desk = desk_of(request, organization_id)
    by_hand = request.POST.get("acte") == _BY_HAND
    searched = request.GET.get("q", "") or request.POST.get("q", "")
    near = desk.practice.locations[0].postal_code if desk.practice.locations else ""
    listed = find_in_directory(searched, near=near) if searched else []
    if request.method == "POST" and not by_hand and (chosen := listed_as(request.POST.get("found", ""))) is not None:
        # Whoever was chosen, even where nothing was searched for.
        listed = listed if chosen.number in {one.number for one in listed} else [chosen, *listed]
    asked: dict[str, Any] = {"places": desk.practice.locations, "may_be_oneself": not desk.actor.own}
    data = request.POST if request.method == "POST" else None
    # Two forms on one page: their controls are called otherwise in it.
    found_form = FoundForm(data if not by_hand else None, listed=listed, auto_id="annuaire_%s", **asked)
    typed_form = TypedForm(data if by_hand else None, **asked)
    form = typed_form if by_hand else found_form
    goes_on = _GOES_ON in request.POST
    if goes_on and not form.has_somebody:
        return redirect(_AFTER, organization_id)

    def save() -> HttpResponse:
        person = form.person()
        _add(request, desk, person, form)
        for warning in typed_form.warnings if by_hand else ():
            messages.warning(request, warning)
        return redirect(_AFTER if goes_on else _STEP, organization_id)

    if request.method == "POST" and (answer := saved(form, save)):
        return answer
    return step_page(
        request,
        desk,
        _STEP,
        form=form,
        status=status_of(request, form),
        searched=searched,
        listed=listed,
        found_form=found_form,
        typed_form=typed_form,
        by_hand=by_hand,
        edition=edition_in_force(),
    )


def _add(request: HttpRequest, desk: Desk, person: Person, form: FoundForm | TypedForm) -> None:
    """All of it, or nothing."""
    data, organization_id = form.cleaned_data, desk.organization.pk
    with transaction.atomic():
        practitioner = make_known(person)
        act = partial(
            add_practitioner,
            organization_id=organization_id,
            practitioner=practitioner,
            location_ids=data["locations"],
            is_oneself=data.get("is_oneself", False),
            by=desk.actor,
            now=desk.now,
        )
        desk.change(act, of_practitioner(practitioner.pk), read=form.read)
        if data["email"]:
            invite_practitioner(
                organization_id=organization_id,
                practitioner=practitioner,
                email=data["email"],
                by=desk.actor,
                now=desk.now,
            )
    messages.success(request, f"{practitioner} reçoit dans votre cabinet.")


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def practitioner(request: HttpRequest, organization_id: uuid.UUID, practitioner_id: uuid.UUID) -> HttpResponse:
    """Who one of them is."""
    desk = desk_of(request, organization_id)
    found = _one_of(desk, practitioner_id)
    may_change = may_describe(found, desk.actor)
    if request.method == "POST" and not may_change:
        raise Http404
    form = PractitionerForm(request.POST if request.method == "POST" else None, practitioner=found)

    def save() -> HttpResponse:
        change_practitioner(
            practitioner_id=found.pk, version=form.cleaned_data["version"], person=form.person(), by=desk.actor
        )
        for warning in form.warnings:
            messages.warning(request, warning)
        messages.success(request, "Praticien enregistré.")
        return redirect(_STEP, organization_id)

    if request.method == "POST" and (answer := saved(form, save)):
        return answer
    if form.has_aged:
        found = Practitioner.objects.get(pk=found.pk)
        form.compare_with(found)
    return step_page(
        request,
        desk,
        _STEP,
        form=form,
        status=status_of(request, form),
        practitioner=found,
        may_change=may_change,
        doubts=doubts_of((RPPS, found.rpps or ""), (ADELI, found.adeli or "")),
    )


def _one_of(desk: Desk, practitioner_id: uuid.UUID) -> Practitioner:
    found = next((one for one in desk.practice.practitioners if one.pk == practitioner_id), None)
    if found is None:
        raise Http404
    return found
