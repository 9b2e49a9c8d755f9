"""Who comes to the agenda's pages: with an accepted origin through the SAS, always; without one, as anybody."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.rights import Actor
from accounts.sas_sign_in.arrival import AGENDA, read_arrival
from accounts.sas_sign_in.pages import through_sas, unknown_origin


class ArrivalMiddleware:
    """Answers the arrivals itself, so that the pages behind never see an `origin`.

    An origin that comes several times is accepted when each of them is: a link followed from the SAS may be sent on with
    the platform's origin appended again. A session already open does not matter: rights are asked for anew.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in {"GET", "HEAD"} and request.path.startswith(AGENDA):
            answer = self._at_the_door(request)
            if answer is not None:
                return answer
        return self.get_response(request)

    @staticmethod
    def _at_the_door(request: HttpRequest) -> HttpResponse | None:
        arrival = read_arrival(request.path, request.GET)
        if arrival.origins:
            if not set(arrival.origins) <= set(settings.SAS_ORIGINS):
                return unknown_origin(request)
            return redirect(f"{reverse('sas-sign-in')}?{urlencode({'next': arrival.address})}")
        if not arrival.is_clean:
            return redirect(arrival.address)
        actor: Actor = request.actor  # type: ignore[attr-defined]
        if actor.is_anonymous:
            return redirect_to_login(arrival.address)
        if not (actor.is_regulator or actor.is_practice):
            return through_sas(request)
        return None
