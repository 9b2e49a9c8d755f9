"""A form sent when its session was over: nothing is lost, and nothing is done before somebody has signed in.

The fields come back hidden in the page itself: neither an address nor the server keeps them.
"""

from collections.abc import Iterable
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from appointments.pages.access import actor_of


def interrupted(
    request: HttpRequest,
    *,
    address: str,
    names: Iterable[str],
    after: str,
    through_sas: bool,
    undone: str = "Le rendez-vous n’est pas encore pris.",
) -> HttpResponse:
    """401, or 403 for whoever has signed in since the form was drawn: the way back in, and a button that sends it again.

    `address` takes the form, `names` are its fields, and who signs in goes on to `after`. `undone`: what has not happened.
    """
    onwards = urlencode({"next": after})
    context = {
        "address": address,
        "undone": undone,
        "fields": [(name, request.POST[name]) for name in names if name in request.POST],
        "sas_sign_in": f"{reverse('sas-sign-in')}?{onwards}" if through_sas else "",
        "sign_in": f"{reverse('sign-in')}?{onwards}",
    }
    status = 401 if actor_of(request).is_anonymous else 403
    response = render(request, "booking/interrupted.html", context, status=status)
    add_never_cache_headers(response)
    return response
