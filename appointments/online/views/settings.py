"""« En ligne », of « Cabinet »: what a practice says of online booking."""

import uuid
from functools import partial

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.models import Organization
from appointments.models import Schedule
from appointments.online.forms.settings import OnlineForm
from appointments.online.services.settings import change_online
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page
from appointments.setup.reason_lists import agenda_names, agendas_in
from appointments.setup.services.changes import change_setup
from appointments.setup.services.practice import of_organization
from appointments.setup.views.sent import saved, status_of
from appointments.setup.views.touched import told_of


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def settings(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    actor = actor_of(request)
    organization = Organization.objects.filter(pk=organization_id).first()
    if organization is None or organization_id not in actor.managed:
        raise Http404

    def agendas() -> list[tuple[Schedule, str]]:
        every = agenda_names(agendas_in(organization_id))
        return [one for one in every if actor.may(Level.MANAGE, one[0].practitioner_id, organization_id)]

    form = OnlineForm(request.POST if request.method == "POST" else None, organization=organization, agendas=agendas())

    def save() -> HttpResponse:
        version = form.cleaned_data["version"]
        act = partial(change_online, organization_id=organization_id, version=version, online=form.asked(), by=actor)
        change_setup(act, of_organization(organization_id), by=actor, now=timezone.now(), read=form.read)
        messages.success(request, "Réservation en ligne enregistrée.")
        return redirect("online-settings", organization_id)

    if request.method == "POST" and (answer := saved(form, save)):
        return answer
    if form.has_aged:
        organization = Organization.objects.get(pk=organization_id)
        form.agendas = [one for one, _ in agendas()]
        form.compare_with(organization)
    context = {
        "form": form,
        "organization": organization,
        "touched": told_of(form.warned, actor),
        "nav": "practice",
        "practitioner_pages": {one.practitioner: one for one in form.agendas if one.is_online},
    }
    return render(request, "online/settings.html", context, status=status_of(request, form))
