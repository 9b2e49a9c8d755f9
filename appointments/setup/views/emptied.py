"""What became of a time that was emptied: who is to be called, and what of it is undone."""

import uuid
from collections.abc import Collection
from dataclasses import replace

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.zones import are_several
from appointments.exceptions import ChangedMeanwhile, NotAllowed
from appointments.models import Emptying
from appointments.pages.practice import Side, practice_act, practice_page, side_of
from appointments.places.selectors import grid_zone
from appointments.setup.emptied import Emptied, Told, emptied_of
from appointments.setup.services.emptied import CannotComeBack, note_called, undo_emptying
from appointments.version_field import VersionField


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def emptied(request: HttpRequest, practitioner_id: uuid.UUID, emptying_id: uuid.UUID) -> HttpResponse:
    side, found, lines = _found(request, practitioner_id, emptying_id)
    if request.method != "POST":
        return _page(request, side, found, lines)
    chosen = {number for one in request.POST.getlist("ligne") if (number := VersionField().clean(one)) is not None}
    key, now = _key(request.POST.get("cle", "")), timezone.now()
    try:
        made = undo_emptying(key=key, emptying_id=found.pk, rows=chosen, by=side.agendas.actor, now=now)
    except NotAllowed:
        raise Http404 from None
    except CannotComeBack as refusal:
        lines = [replace(one, problem=refusal.problems.get(one.row.pk, one.problem)) for one in lines]
        return _page(request, side, found, lines, problem=str(refusal), chosen=chosen, status=409)
    return redirect("emptied", practitioner_id, made.pk)


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.uuid4()


@practice_act
def told(request: HttpRequest, practitioner_id: uuid.UUID, emptying_id: uuid.UUID) -> HttpResponse:
    """Somebody called one of them."""
    side, found, lines = _found(request, practitioner_id, emptying_id)
    asked = VersionField().clean(request.POST.get("ligne"))
    line = next((one for one in lines if one.row.pk == asked), None)
    if line is None:
        return redirect("emptied", practitioner_id, found.pk)
    try:
        version = VersionField().clean(request.POST.get("version"))
        note_called(row_id=line.row.pk, version=version, by=side.agendas.actor, now=timezone.now())
    except NotAllowed:
        raise Http404 from None
    except ChangedMeanwhile:
        words = (
            f"{line.visit.patient.listed_name}\u00a0: le rendez-vous a changé entre-temps, relisez ce qu’il est devenu."
        )
        messages.warning(request, words)
        return _page(request, *_found(request, practitioner_id, emptying_id), status=409)
    return redirect("emptied", practitioner_id, found.pk)


def _found(
    request: HttpRequest, practitioner_id: uuid.UUID, emptying_id: uuid.UUID
) -> tuple[Side, Emptying, list[Emptied]]:
    side = side_of(request, practitioner_id, Level.BOOK)
    found = emptied_of(side.agendas.actor, emptying_id, now=timezone.now())
    if found is None or found[0].calendar.practitioner_id != practitioner_id:
        raise Http404
    return side, *found


def _page(
    request: HttpRequest,
    side: Side,
    found: Emptying,
    lines: list[Emptied],
    *,
    problem: str = "",
    chosen: Collection[int] | None = None,
    status: int = 200,
) -> HttpResponse:
    """`chosen`: of what is brought back; None: all that can be."""
    now, zone = timezone.now(), grid_zone(side.seen)
    context = {
        **side.context("agenda"),
        "emptying": found,
        # What is everywhere is told to who sees all of it, as its absence is.
        "label": found.label if side.sees_everything else "",
        "zone": zone,
        "several_clocks": are_several(one.location.zone for one in side.seen),
        "lines": lines,
        "calls": [one for one in lines if one.told in {Told.TO_CALL, Told.CALLED}],
        "to_call": sum(1 for one in lines if one.is_to_call),
        "unsent": sum(1 for one in lines if one.told == Told.WAITING),
        "key": uuid.uuid4(),
        "problem": problem,
        "may_undo": found.undoes_id is None and now < found.end and any(not one.row.brought_back for one in lines),
        "ticked": {one.row.pk for one in lines if chosen is None or one.row.pk in chosen},
        "may_stop": now < found.messages_at,
    }
    return render(request, "practice/emptied.html", context, status=status)
