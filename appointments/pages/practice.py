"""What the practice's pages share: who may open them, and their side."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from accounts.models import Practitioner
from appointments.pages.access import actor_of

View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Side:
    """The side navigation: which practitioner is looked at, and the others the person keeps the agenda of."""

    practitioner: Practitioner
    colleagues: list[Practitioner]

    def context(self, nav: str) -> dict[str, Any]:
        return {"practitioner": self.practitioner, "colleagues": self.colleagues, "nav": nav}


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """To the sign-in page, and back here. An address that only takes POST leads back to the agenda instead."""
    back = request.get_full_path() if request.method == "GET" else reverse("home")
    return redirect_to_login(back, "sign-in")


def practice_page(view: View) -> View:
    """For who keeps at least one agenda; the page does not exist for others."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        actor = actor_of(request)
        if actor.is_anonymous:
            return sign_in_first(request)
        if not actor.is_practice:
            raise Http404
        return view(request, *args, **kwargs)

    return opened


def side_of(request: HttpRequest, practitioner_id: uuid.UUID | None) -> Side:
    """Raises Http404 when the person does not keep this agenda."""
    colleagues = list(actor_of(request).practitioners)
    for practitioner in colleagues:
        if practitioner.id == practitioner_id:
            return Side(practitioner, colleagues)
    raise Http404
