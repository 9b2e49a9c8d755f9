"""« Liste d’attente »: who waits at the agendas that one sees, what was proposed to them; adding and taking off."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.enums import Level
from appointments.agenda.selectors.patients import find_file
from appointments.exceptions import NotAllowed, Refused
from appointments.models import Patient, WaitingEntry
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_act, practice_page, side_of
from appointments.places.rights import kept_practitioners
from appointments.waiting.forms import AddForm
from appointments.waiting.selectors import reasons_at, waiting_lines
from appointments.waiting.services.entries import register, remove


@require_safe
@practice_page
def waiting_list(request: HttpRequest) -> HttpResponse:
    """Of all, or of the practitioner that `?praticien=` names."""
    actor = actor_of(request)
    people = kept_practitioners(actor, Level.SEE)
    asked = next((one for one in people if str(one.pk) == request.GET.get("praticien")), None)
    lines = waiting_lines(actor)
    if asked is not None:
        lines = [one for one in lines if asked.pk in {there.practitioner_id for there in one.schedules}]
    context = {
        "nav": "waiting",
        "lines": lines,
        "people": people,
        "asked": asked,
        "may_add": [one for one in kept_practitioners(actor, Level.BOOK) if asked is None or one == asked],
        "now": timezone.now(),
    }
    return render(request, "practice/waiting_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def waiting_add(request: HttpRequest, practitioner_id: uuid.UUID) -> HttpResponse:
    """Somebody new, or of the file that `?dossier=` names; for what `?motif=` does."""
    actor, now = actor_of(request), timezone.now()
    side = side_of(request, practitioner_id, Level.BOOK)
    # What was typed for one that has closed since is answered too: by a refusal.
    agendas = [one for one in side.agendas.at_least(Level.BOOK) if one.active or request.method == "POST"]
    if not agendas:
        raise Http404
    file = _known_file(request)
    if file is not None:
        agendas = [one for one in agendas if one.organization_id == file.organization_id]
        if not agendas:
            raise Http404
    zone = agendas[0].location.zone
    form = AddForm(
        request.POST if request.method == "POST" else None,
        agendas=[(one, one.location.name) for one in agendas],
        reasons=reasons_at(agendas),
        file=file,
        initial={"reason": request.GET.get("motif", "")},
        today=now.astimezone(zone).date(),
    )
    if request.method == "POST" and form.is_valid():
        try:
            register(waiting=form.waiting(), by=actor, now=now)
        except NotAllowed:
            raise Http404 from None
        except Refused as refusal:
            form.add_error(refusal.element if refusal.element in form.fields else None, str(refusal))
        else:
            messages.success(
                request, "Sur la liste d’attente\u00a0: un message propose la première place qui se libère."
            )
            return redirect("waiting-list")
    context = side.context("waiting") | {"form": form, "file": file}
    return render(request, "practice/waiting_add.html", context, status=422 if form.errors else 200)


@practice_act
def waiting_remove(request: HttpRequest, entry_id: uuid.UUID) -> HttpResponse:
    try:
        remove(entry_id=entry_id, by=actor_of(request))
    except (NotAllowed, WaitingEntry.DoesNotExist):
        raise Http404 from None
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Retiré de la liste d’attente. Personne n’en est averti.")
    return redirect("waiting-list")


def _known_file(request: HttpRequest) -> Patient | None:
    try:
        return find_file(uuid.UUID(request.GET.get("dossier", "")), actor=actor_of(request))
    except ValueError:
        return None
