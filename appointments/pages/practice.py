"""What the practice's pages share: who may open them, and their side."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.enums import Level
from accounts.models import Practitioner
from accounts.services.access import note_use
from appointments.models import Schedule
from appointments.pages.access import View, actor_of, opening
from appointments.pages.interrupted import NOTHING_SAVED, Keeping
from appointments.places.rights import Agendas, kept_practitioners
from appointments.places.selectors import schedules_of_each


@dataclass(frozen=True, slots=True)
class Side:
    """The side navigation: which practitioner is looked at, and the others whose page of this kind the person may open."""

    practitioner: Practitioner
    colleagues: list[Practitioner]
    agendas: Agendas

    @property
    def is_own(self) -> bool:
        return self.practitioner.id in self.agendas.actor.own

    @property
    def seen(self) -> list[Schedule]:
        """The places of which the person sees what stands there."""
        return self.agendas.at_least(Level.SEE)

    @property
    def sees_everything(self) -> bool:
        return self.is_own or self.agendas.everywhere(Level.SEE)

    def may(self, level: Level) -> bool:
        """At one of the places at least."""
        return self.is_own or bool(self.agendas.at_least(level))

    def context(self, nav: str) -> dict[str, Any]:
        return {
            "practitioner": self.practitioner,
            "colleagues": self.colleagues,
            "nav": nav,
            "closed": [one for one in self.seen if not one.active],
            "all_closed": not any(one.active for one in self.seen),
            "may_see": self.may(Level.SEE),
            "may_book": self.may(Level.BOOK),
            "may_manage": self.may(Level.MANAGE),
        }


def practice_page(view: View, *, undone: str = NOTHING_SAVED) -> View:
    """For who has to do with an agenda; the page does not exist for others. What is sent there when the session is over is kept
    (`undone`: what has not happened).
    """
    return opening(view, lambda actor: actor.is_practice, Keeping(undone))


def practice_act(view: View) -> View:
    """As `practice_page`, for an address that only takes POST."""
    return require_POST(practice_page(view))


def side_of(request: HttpRequest, practitioner_id: uuid.UUID | None, need: Level = Level.BUSY) -> Side:
    """Raises Http404 when the person may not at least this at one of the practitioner's places. Two queries."""
    found = sides_of(request, [practitioner_id] if practitioner_id else [], need)
    if not found:
        raise Http404
    return found[0]


def sides_of(request: HttpRequest, practitioner_ids: Collection[uuid.UUID], need: Level = Level.BUSY) -> list[Side]:
    """Of those where the person may at least this at one of their places, in the order of names; others are left out. Two
    queries, however many.
    """
    actor = actor_of(request)
    colleagues = kept_practitioners(actor, min(need, Level.SEE))
    wanted = [one for one in colleagues if one.id in practitioner_ids]
    schedules = schedules_of_each([one.id for one in wanted])
    sides = [Side(one, colleagues, Agendas(schedules[one.id], actor)) for one in wanted]
    found = [one for one in sides if one.may(need)]
    used = {agenda.organization_id for one in found for agenda in one.agendas.at_least(Level.BUSY)}
    note_use(actor=actor, organizations=used, now=timezone.now())
    return found
