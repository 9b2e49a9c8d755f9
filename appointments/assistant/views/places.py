"""Step 3: where they receive."""

import uuid
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from accounts.french import fold
from accounts.models import DirectoryEntry, Practitioner
from accounts.phones import written
from appointments.assistant.forms.practice import PlaceForm
from appointments.assistant.views.frame import Desk, desk_of, step_page
from appointments.models import Location
from appointments.pages.practice import practice_page
from appointments.setup.services.practice import change_place, create_place, of_place_and, say_who_receives
from appointments.setup.views.sent import saved, status_of

_STEP = "assistant-places"


@require_safe
@practice_page
def places(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    """Those there are, and what the directory knows more of."""
    desk = desk_of(request, organization_id)
    practice = desk.practice
    lines = [
        (one, [who for who in practice.practitioners if practice.receives(who, one)]) for one in practice.locations
    ]
    return step_page(request, desk, _STEP, lines=lines, proposed=_proposed(desk))


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def place(request: HttpRequest, organization_id: uuid.UUID, location_id: uuid.UUID | None = None) -> HttpResponse:
    """The form of a place; a new one without `location_id`."""
    desk = desk_of(request, organization_id)
    location = next((one for one in desk.practice.locations if one.pk == location_id), None)
    if location_id is not None and location is None:
        raise Http404
    form = _form(request, desk, location)

    def save() -> HttpResponse:
        asked: dict[str, Any] = {"place": form.asked(), "by": desk.actor}
        act = partial(create_place, organization_id=organization_id, **asked)
        if location is not None:
            act = partial(change_place, location_id=location.pk, version=form.cleaned_data["version"], **asked)
        desk.change(partial(_save, act, form, desk), of_place_and(location_id, form.among), read=form.read)
        messages.success(request, "Lieu enregistré.")
        return redirect(_STEP, organization_id)

    if request.method == "POST" and (answer := saved(form, save)):
        return answer
    if form.has_aged and location is not None:
        location = Location.objects.get(pk=location.pk)
        form.compare_with(location)
    return step_page(request, desk, _STEP, form=form, status=status_of(request, form), location=location, editing=True)


def _save(act: partial[Location], form: PlaceForm, desk: Desk) -> None:
    say_who_receives(location=act(), receive=form.cleaned_data["receive"], among=form.among, by=desk.actor)


def _form(request: HttpRequest, desk: Desk, location: Location | None) -> PlaceForm:
    people = desk.managed
    at = [one.practitioner.pk for one in desk.practice.schedules if location and one.location_id == location.pk]
    asked: dict[str, Any] = {"people": people, "location": location, "receiving": at}
    if location is None:
        asked["initial"] = _from_directory(request, desk, people)
    return PlaceForm(request.POST if request.method == "POST" else None, **asked)


def _from_directory(request: HttpRequest, desk: Desk, people: list[Practitioner]) -> dict[str, Any]:
    """What the form of a new place holds, where it was proposed (`?annuaire=`): who works there, receives there."""
    asked = request.GET.get("annuaire", "")
    found = next(((one, who) for one, who in _proposed(desk) if str(one.pk) == asked), None)
    if found is None:
        return {"receive": [str(people[0].pk)] if len(people) == 1 else []}
    entry, who = found
    return {
        "name": entry.structure or desk.organization.name,
        "line": entry.line,
        "postal_code": entry.postal_code,
        "city": entry.city,
        "phone": written(entry.phone) if entry.phone else "",
        "receive": [str(who.pk)],
    }


def _proposed(desk: Desk) -> list[tuple[DirectoryEntry, Practitioner]]:
    """The addresses at which the directory knows the practitioners, and which are not among the places. One query."""
    known = {(one.postal_code, fold(one.line)) for one in desk.practice.locations}
    people = {one.national_id: one for one in desk.practice.practitioners}
    found = []
    for entry in DirectoryEntry.objects.filter(number__in=people).exclude(postal_code="").order_by("pk"):
        where = entry.postal_code, fold(entry.line)
        if where not in known:
            known.add(where)
            found.append((entry, people[entry.number]))
    return found
