"""Who may open a page that regulators and practices share. What they see inside is the querysets' business."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse

from accounts.rights import Actor

View = Callable[..., HttpResponse]


def actor_of(request: HttpRequest) -> Actor:
    """Who acts, as the middleware found out."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def signed_in(view: View) -> View:
    """Nobody is sent to sign in, and brought back to the same address, which must answer GET too.

    (Who comes from the SAS was sent to its sign-in before: `accounts.sas_sign_in.middleware`.)
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if actor_of(request).is_anonymous:
            if "HX-Request" in request.headers:
                # A page that asks for news stays as it is: a sign-in page must not land in the middle of it.
                return HttpResponse(status=204)
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return guarded
