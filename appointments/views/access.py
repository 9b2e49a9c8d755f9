"""Who is let in at the door of a page. What they may see inside is the querysets' business."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts.rights import Actor

View = Callable[..., HttpResponse]


def actor_of(request: HttpRequest) -> Actor:
    """Who acts, as the middleware found out."""
    return request.actor  # type: ignore[attr-defined, no-any-return]


def signed_in(view: View) -> View:
    """Nobody gets in: they are sent to sign in, at the SAS when they come from there, and brought back afterwards."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not actor_of(request).is_anonymous:
            return view(request, *args, **kwargs)
        comes_from_sas = request.GET.get("origin") in settings.SAS_ORIGINS
        door = "sas-sign-in" if comes_from_sas else "sign-in"
        return redirect(f"{reverse(door)}?{urlencode({'next': request.get_full_path()})}")

    return guarded
