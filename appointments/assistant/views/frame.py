"""What every step shares: who may open it, the rail, and what is still missing."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from accounts.enums import Level
from accounts.models import Organization, Practitioner
from accounts.rights import Actor
from appointments.assistant.selectors import Practice, organizations_to_set_up, practice_of
from appointments.pages.access import actor_of
from appointments.setup.forms.versions import VersionedForm
from appointments.setup.services.changes import Extent, change_setup
from appointments.setup.services.fates import Answers
from appointments.setup.views.touched import answers_of, told_of

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Desk:
    """The organization that somebody sets up. `others`: those they could as well; `answers`: what they sent of the visits that a
    change touches.
    """

    practice: Practice
    others: list[Organization]
    now: datetime
    answers: Answers

    @property
    def organization(self) -> Organization:
        return self.practice.organization

    @property
    def actor(self) -> Actor:
        return self.practice.actor

    @property
    def managed(self) -> list[Practitioner]:
        """Those whose agenda here they manage."""
        here = self.organization.pk
        return [one for one in self.practice.practitioners if self.actor.may(Level.MANAGE, one.pk, here)]

    def change(self, act: Callable[[], Result], extent: Extent, *, read: str = "") -> Result:
        """What services of the set-up do, through the one door."""
        return change_setup(act, extent, by=self.actor, now=self.now, read=read, answers=self.answers)


def desk_of(request: HttpRequest, organization_id: uuid.UUID) -> Desk:
    """Raises Http404 for who does not manage it. Eight queries."""
    actor, now = actor_of(request), timezone.now()
    managed = organizations_to_set_up(actor)
    found = next((one for one in managed if one.pk == organization_id), None)
    if found is None:
        raise Http404
    others = [one for one in managed if one.pk != found.pk]
    return Desk(practice_of(found, actor=actor, now=now), others, now, answers_of(request.POST))


def step_page(
    request: HttpRequest, desk: Desk, name: str, *, form: VersionedForm | None = None, status: int = 200, **context: Any
) -> HttpResponse:
    """The page of a step, by the name of its address; `form` is what its summary of errors, and what it touches, is of."""
    steps = desk.practice.steps
    at = next(count for count, one in enumerate(steps) if one.name == name)
    everything: dict[str, Any] = {
        "desk": desk,
        "practice": desk.practice,
        "organization": desk.organization,
        "steps": steps,
        "step": steps[at],
        "number": at + 1,
        "before": steps[at - 1] if at else None,
        "after": steps[at + 1] if at + 1 < len(steps) else None,
        "form": form,
        "touched": told_of(form.warned, desk.actor) if form is not None else None,
    }
    return render(request, f"assistant/{name.removeprefix('assistant-')}.html", everything | context, status=status)


def on_to(organization_id: uuid.UUID, name: str) -> HttpResponse:
    """The step of that name."""
    return redirect(name, organization_id)
