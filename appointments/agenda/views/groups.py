"""Groups of practitioners that somebody keeps side by side: theirs alone."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.enums import AgendaView
from accounts.models import AgendaGroup, Practitioner
from accounts.selectors.habits import groups_of
from accounts.services.habits import GroupRefused, delete_group, move_group, save_group
from appointments.agenda.forms.groups import GroupForm
from appointments.agenda.shown import Shown
from appointments.agenda.views.frame import asked_ids
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_page
from appointments.places.rights import kept_practitioners


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def agenda_groups(request: HttpRequest) -> HttpResponse:
    """Those there are, and a new one, of those named by `?avec=` to begin with."""
    kept = kept_practitioners(actor_of(request))
    if request.method == "POST":
        return _saved(request, GroupForm(request.POST, kept=kept), kept, None)
    return _page(request, GroupForm(kept=kept, avec=asked_ids(request)), kept, None)


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def agenda_group(request: HttpRequest, group_id: uuid.UUID) -> HttpResponse:
    kept, mine = kept_practitioners(actor_of(request)), groups_of(actor_of(request).user)
    group = next((one for one in mine if one.pk == group_id), None)
    if group is None:
        raise Http404
    if request.method == "POST" and "delete" in request.POST:
        delete_group(group=group)
        messages.success(request, f"Le groupe {group.name} est supprimé.")
        return redirect("agenda-groups")
    data = request.POST if request.method == "POST" else None
    form = GroupForm(data, kept=kept, group=group, count=len(mine))
    return _page(request, form, kept, group) if data is None else _saved(request, form, kept, group)


def _saved(request: HttpRequest, form: GroupForm, kept: list[Practitioner], group: AgendaGroup | None) -> HttpResponse:
    user = actor_of(request).user
    if user is None or not form.is_valid():
        return _page(request, form, kept, group, status=422)
    data = form.cleaned_data
    # In the order of names, as their columns stand.
    chosen = [one.id for one in kept if one.id in data["avec"]]
    try:
        saved = save_group(user=user, name=data["name"], practitioners=chosen, group=group)
    except GroupRefused as refusal:
        form.add_error(refusal.field, str(refusal))
        return _page(request, form, kept, group, status=422)
    if isinstance(data.get("position"), int):
        move_group(group=saved, position=data["position"])
    messages.success(request, f"Le groupe {saved.name} est gardé.")
    return redirect(Shown(AgendaView.DAY, tuple(chosen), timezone.localdate()).address)


def _page(
    request: HttpRequest, form: GroupForm, kept: list[Practitioner], group: AgendaGroup | None, *, status: int = 200
) -> HttpResponse:
    groups = groups_of(actor_of(request).user)
    context: dict[str, Any] = {
        "nav": "agenda",
        "form": form,
        "group": group,
        "groups": [(one, [who for who in kept if who.id in one.practitioners]) for one in groups],
        "may_group": len(kept) > 1,
    }
    return render(request, "practice/agenda_groups.html", context, status=status)
