"""Nothing free: the regulator puts the caller on the practitioner's waiting list."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from appointments.call.views.slots import bookable_agendas
from appointments.exceptions import Refused
from appointments.pages.access import actor_of, signed_in
from appointments.slots.selectors import publishes
from appointments.slots.values import REGULATOR
from appointments.waiting.forms import AddForm
from appointments.waiting.selectors import reasons_at
from appointments.waiting.services.entries import register


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def wait_for(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    """With who shows regulators slots, today or another day; of others the name is not known either."""
    actor, now = actor_of(request), timezone.now()
    agendas = bookable_agendas(actor, practitioner_id)
    if request.method != "POST":
        # What was typed for one that has closed since is answered too: by a refusal.
        agendas = [one for one in agendas if one.active and one.is_online]
    if not actor.is_regulator or not agendas or not publishes(agendas, viewer=REGULATOR):
        raise Http404
    # One list is one organization's.
    agendas = [one for one in agendas if one.organization_id == agendas[0].organization_id]
    zone = agendas[0].location.zone
    form = AddForm(
        request.POST if request.method == "POST" else None,
        agendas=[(one, one.location.name) for one in agendas],
        reasons=reasons_at(agendas),
        file=None,
        today=now.astimezone(zone).date(),
    )
    if request.method == "POST" and form.is_valid():
        try:
            register(waiting=form.waiting(), by=actor, now=now)
        except Refused as refusal:
            form.add_error(refusal.element if refusal.element in form.fields else None, str(refusal))
        else:
            messages.success(
                request, "Sur la liste d’attente\u00a0: un message propose au patient la première place qui se libère."
            )
            return redirect("practitioner-slots", practitioner_id)
    context = {"form": form, "practitioner": agendas[0].practitioner}
    return render(request, "booking/wait_for.html", context, status=422 if form.errors else 200)
