"""A form sent when its session was over, with the token of before, or before new terms were accepted: nothing is lost, and
nothing is done before somebody has signed in (or accepted) in another tab, comes back and sends it again.

So answers every address that `signed_in`, `practice_page` or `practice_act` opens, and the administration's. The fields come back
hidden in the page itself: neither an address nor the server keeps them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from accounts.rights import WITHDRAWN_AT, Actor
from accounts.sas_sign_in.pages import told_withdrawn

NOTHING_SAVED = "Rien n’est encore enregistré."
NOT_BOOKED = "Le rendez-vous n’est pas encore pris."


@dataclass(frozen=True, slots=True)
class Typed:
    """`address`: where it was to go. `given`: what its `form` understood."""

    address: str
    form: Form
    given: dict[str, object]


@dataclass(frozen=True, slots=True)
class Keeping:
    """How an address keeps what is sent to it, known by its view (`keeping`). `undone`: what has not happened. `through_sas`: who
    comes there may have signed in by the SAS. `typed_in`: what was sent, as its page tells it (`booking/typed.html`).
    """

    undone: str = NOTHING_SAVED
    through_sas: bool = False
    typed_in: Callable[[HttpRequest], Typed] | None = None

    def answer(self, request: HttpRequest, *, terms_first: bool = False) -> HttpResponse:
        """401, or 403 for whoever has signed in since the form was drawn, or has terms to accept: the way on, in another tab,
        and a button that sends it again.
        """
        actor: Actor = request.actor  # type: ignore[attr-defined]
        typed = self.typed_in(request) if self.typed_in is not None else None
        if (withdrawn := request.session.get(WITHDRAWN_AT)) and self.through_sas and actor.is_anonymous:
            address = typed.address if typed else request.get_full_path()
            return told_withdrawn(request, at=datetime.fromisoformat(withdrawn), address=address, typed=typed)
        back = reverse("back-to-tab")
        onwards = urlencode({"next": back})
        context = {
            "address": request.get_full_path(),
            "undone": self.undone,
            "fields": [(name, value) for name, values in request.POST.lists() for value in values if _comes_back(name)],
            "terms_first": terms_first,
            "sas_sign_in": f"{reverse('sas-sign-in')}?{onwards}" if self.through_sas else "",
            "sign_in": f"{reverse('sign-in')}?{onwards}",
            "token_from": back,
            "typed": typed,
        }
        response = render(request, "interrupted.html", context, status=401 if actor.is_anonymous else 403)
        add_never_cache_headers(response)
        return response


def keeping_of(request: HttpRequest) -> Keeping | None:
    """Of the address asked for; None when it keeps nothing."""
    match = request.resolver_match
    if match is None:
        return None
    # The administration wraps its views anew.
    return Keeping() if "admin" in match.namespaces else getattr(match.func, "keeping", None)


def _comes_back(name: str) -> bool:
    """A password never does: it is typed again."""
    return name != "csrfmiddlewaretoken" and "password" not in name
