"""Steps 4, 6 and 7, which other pages hold: how to begin, and the way to them. Step 8: publishing."""

import uuid
from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from accounts.french import counted
from appointments.assistant.selectors import controls_of, seen_of
from appointments.assistant.views.frame import desk_of, step_page
from appointments.exceptions import Refused
from appointments.models import ReasonAt
from appointments.openings.services.reasons import add_starting_reasons
from appointments.openings.starting_reasons import starting_list_of
from appointments.pages.practice import practice_act, practice_page
from appointments.setup.services.changes import of_reasons
from appointments.setup.services.practice import of_organization, publish
from appointments.setup.views.sent import allowed


@require_safe
@practice_page
def reasons(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    """With the list that is proposed to each practitioner who has none."""
    desk = desk_of(request, organization_id)
    done = set(ReasonAt.objects.filter(schedule__in=desk.practice.every).values_list("schedule_id", flat=True))
    proposed = [
        (one, starting_list_of(one.profession, one.specialty_codes))
        for one in desk.managed
        if not done & {at.pk for at in desk.practice.of(one)}
    ]
    return step_page(request, desk, "assistant-reasons", proposed=proposed)


@practice_act
def starting_reasons(request: HttpRequest, organization_id: uuid.UUID, practitioner_id: uuid.UUID) -> HttpResponse:
    desk = desk_of(request, organization_id)
    act = partial(add_starting_reasons, practitioner_id=practitioner_id, organization_id=organization_id, by=desk.actor)
    try:
        made = allowed(partial(desk.change, act, of_reasons(organization_id)))
        messages.success(request, f"{counted(len(made), 'motif')} de plus\u00a0: gardez, changez, ajoutez.")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("assistant-reasons", organization_id)


@require_safe
@practice_page
def step(request: HttpRequest, organization_id: uuid.UUID, name: str) -> HttpResponse:
    return step_page(request, desk_of(request, organization_id), name)


@require_safe
@practice_page
def check(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    """What is missing, what the SAS and patients will see, and the button."""
    desk = desk_of(request, organization_id)
    seen = seen_of(desk.practice, now=desk.now)
    return step_page(request, desk, "assistant-check", seen=seen, controls=controls_of(desk.practice, seen))


@practice_act
def publishing(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    """Findable from outside, or no longer."""
    desk = desk_of(request, organization_id)
    published = request.POST.get("acte") != "retirer"
    if published and desk.practice.missing:
        messages.error(request, "Le SAS ne vous trouverait pas encore\u00a0: complétez d’abord ce qui manque.")
        return redirect("assistant-check", organization_id)
    act = partial(publish, organization_id=organization_id, published=published, by=desk.actor)
    count = allowed(partial(desk.change, act, of_organization(organization_id)))
    agendas = counted(count, "agenda")
    messages.success(
        request,
        f"C’est publié\u00a0: le SAS vous trouve dès sa prochaine recherche ({agendas})."
        if published
        else f"Le SAS et les patients ne vous voient plus ({agendas}). Les rendez-vous déjà pris restent.",
    )
    return redirect("assistant-check", organization_id)
