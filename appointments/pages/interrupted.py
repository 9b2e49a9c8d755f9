"""A form sent when its session was over, or with the token of before: nothing is lost, and nothing is done before somebody has
signed in and sends it again.

So answers every address that `signed_in`, `practice_page` or `practice_act` opens. The fields come back hidden in the page
itself: neither an address nor the server keeps them.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils.cache import add_never_cache_headers

from accounts.rights import Actor

NOTHING_SAVED = "Rien n’est encore enregistré."
NOT_BOOKED = "Le rendez-vous n’est pas encore pris."


@dataclass(frozen=True, slots=True)
class Keeping:
    """How an address keeps what is sent to it, known by its view (`keeping`). `undone`: what has not happened. `only_post`: it
    belongs to the page above it. `through_sas`: who comes there may have signed in by the SAS.
    """

    undone: str = NOTHING_SAVED
    only_post: bool = False
    through_sas: bool = False


def keeping_of(request: HttpRequest) -> Keeping | None:
    """Of the address asked for; None when it keeps nothing."""
    match = request.resolver_match
    return getattr(match.func, "keeping", None) if match is not None else None


def interrupted(request: HttpRequest, keeping: Keeping) -> HttpResponse:
    """401, or 403 for whoever has signed in since the form was drawn: the way back in, and a button that sends it again."""
    page = _above(request.path) if keeping.only_post else request.get_full_path()
    onwards = urlencode({"next": page})
    context = {
        "address": request.get_full_path(),
        "page": page,
        "undone": keeping.undone,
        "fields": [
            (name, value) for name, values in request.POST.lists() for value in values if name != "csrfmiddlewaretoken"
        ],
        "sas_sign_in": f"{reverse('sas-sign-in')}?{onwards}" if keeping.through_sas else "",
        "sign_in": f"{reverse('sign-in')}?{onwards}",
    }
    actor: Actor = request.actor  # type: ignore[attr-defined]
    response = render(request, "interrupted.html", context, status=401 if actor.is_anonymous else 403)
    add_never_cache_headers(response)
    return response


def _above(path: str) -> str:
    """The nearest page above an address."""
    while True:
        path = path.rstrip("/").rpartition("/")[0] + "/"
        try:
            resolve(path)
        except Resolver404:
            continue
        return path
