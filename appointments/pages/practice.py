"""What the practice's pages share: who may open them, and their side."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts.enums import Level
from accounts.models import Practitioner
from accounts.services.access import note_use
from appointments.models import Schedule
from appointments.pages.access import actor_of
from appointments.places.rights import Agendas, kept_practitioners
from appointments.places.selectors import schedules_of

View = Callable[..., HttpResponse]


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
            "may_see": self.may(Level.SEE),
            "may_book": self.may(Level.BOOK),
            "may_manage": self.may(Level.MANAGE),
        }


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """To the sign-in page, and back here. An address that only takes POST leads back to the agenda instead."""
    back = request.get_full_path() if request.method == "GET" else reverse("home")
    return redirect_to_login(back, "sign-in")


def practice_page(view: View) -> View:
    """For who has to do with an agenda; the page does not exist for others."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        actor = actor_of(request)
        if actor.is_anonymous:
            return sign_in_first(request)
        if not actor.is_practice:
            raise Http404
        return view(request, *args, **kwargs)

    return opened


def side_of(request: HttpRequest, practitioner_id: uuid.UUID | None, need: Level = Level.BUSY) -> Side:
    """Raises Http404 when the person may not at least this at one of the practitioner's places. Two queries."""
    actor = actor_of(request)
    colleagues = kept_practitioners(actor, min(need, Level.SEE))
    practitioner = next((one for one in colleagues if one.id == practitioner_id), None)
    if practitioner is None:
        raise Http404
    side = Side(practitioner, colleagues, Agendas(schedules_of(practitioner.id), actor))
    if not side.may(need):
        raise Http404
    note_use(actor=actor, practitioner_id=practitioner.id, now=timezone.now())
    return side
