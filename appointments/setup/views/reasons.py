"""« Motifs »: the reasons of an organization, in their order, and where each is done."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.enums import Level
from accounts.models import Organization
from accounts.rights import Actor
from appointments.exceptions import Refused
from appointments.models import Reason, Schedule
from appointments.openings.services.reasons import add_starting_reasons, change_reason, create_reason, move_reason
from appointments.pages.access import actor_of
from appointments.pages.practice import practice_act, practice_page
from appointments.setup.forms.reasons import ReasonForm
from appointments.setup.reason_lists import agenda_names, agendas_in, reason_lines, without_reasons
from appointments.setup.services.changes import change_setup, of_reasons
from appointments.setup.views.sent import allowed, as_it_is, saved, status_of


@dataclass(frozen=True, slots=True)
class Bench:
    """`seen`: the agendas of the organization that the person sees, with their names; `managed`: those they manage."""

    organization: Organization
    seen: list[tuple[Schedule, str]]
    managed: list[tuple[Schedule, str]]
    actor: Actor

    def change(self, act: Callable[[], Any], *, read: str = "") -> Any:
        extent = of_reasons(self.organization.pk)
        return change_setup(act, extent, by=self.actor, now=timezone.now(), read=read)


def bench_of(request: HttpRequest, organization_id: uuid.UUID, need: Level = Level.SEE) -> Bench:
    """Raises Http404 when the person may not at least this in one of the organization's agendas. One query."""
    actor = actor_of(request)
    named = agenda_names(agendas_in(organization_id))

    def at_least(level: Level) -> list[tuple[Schedule, str]]:
        return [one for one in named if actor.may(level, one[0].practitioner_id, organization_id)]

    if not at_least(need):
        raise Http404
    return Bench(named[0][0].organization, at_least(Level.SEE), at_least(Level.MANAGE), actor)


@require_http_methods(["GET", "HEAD"])
@practice_page
def reasons(request: HttpRequest, organization_id: uuid.UUID) -> HttpResponse:
    return _page(request, bench_of(request, organization_id))


@require_http_methods(["GET", "HEAD", "POST"])
@practice_page
def reason(request: HttpRequest, organization_id: uuid.UUID, reason_id: uuid.UUID | None = None) -> HttpResponse:
    """The form of a reason beside the others: a new one without `reason_id`."""
    bench = bench_of(request, organization_id, Level.MANAGE)
    found = Reason.objects.filter(pk=reason_id, organization=organization_id).first() if reason_id else None
    if reason_id is not None and found is None:
        raise Http404
    form = ReasonForm(request.POST if request.method == "POST" else None, schedules=bench.managed, reason=found)

    def save() -> HttpResponse:
        asked: dict[str, Any] = {"wording": form.wording(), "by": bench.actor}
        act = partial(create_reason, organization_id=organization_id, **asked)
        if found is not None:
            act = partial(change_reason, reason_id=found.id, version=form.cleaned_data["version"], **asked)
        bench.change(act, read=form.read)
        messages.success(request, "Motif enregistré.")
        return redirect("practice-reasons", organization_id)

    if request.method == "POST" and (answer := saved(form, save)):
        return answer
    if found is not None:
        found = as_it_is(form, found, lambda pk: Reason.objects.get(pk=pk))
    return _page(request, bench, form=form, reason=found, status=status_of(request, form))


@practice_act
def reason_move(request: HttpRequest, organization_id: uuid.UUID, reason_id: uuid.UUID) -> HttpResponse:
    """One place up (`acte=monter`) or down in the list."""
    bench_of(request, organization_id, Level.MANAGE)
    up = request.POST.get("acte") == "monter"
    allowed(lambda: move_reason(reason_id=reason_id, up=up, by=actor_of(request)))
    address = redirect("practice-reasons", organization_id)
    # The list is long on a phone: one comes back to where one was.
    address["Location"] += f"#motif-{reason_id}"
    return address


@practice_act
def reasons_start(request: HttpRequest, organization_id: uuid.UUID, practitioner_id: uuid.UUID) -> HttpResponse:
    """With the list of their specialty, where they have none."""
    bench = bench_of(request, organization_id, Level.MANAGE)
    act = partial(
        add_starting_reasons, practitioner_id=practitioner_id, organization_id=organization_id, by=bench.actor
    )
    try:
        made = allowed(lambda: bench.change(act))
        messages.success(request, f"{len(made)} motifs proposés\u00a0: gardez, changez, ajoutez.")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("practice-reasons", organization_id)


def _page(
    request: HttpRequest,
    bench: Bench,
    *,
    form: ReasonForm | None = None,
    reason: Reason | None = None,
    status: int = 200,
) -> HttpResponse:
    """Two queries beside those of the bench, whatever there is."""
    listed = reason_lines(bench.organization.pk, bench.seen)
    context = {
        "nav": "practice",
        "organization": bench.organization,
        "proposed": [one for one in listed if one.reason.active],
        "retired": [one for one in listed if not one.reason.active],
        "empty": without_reasons(bench.managed, listed),
        "may_manage": bool(bench.managed),
        "form": form,
        "reason": reason,
    }
    return render(request, "practice/reasons.html", context, status=status)
