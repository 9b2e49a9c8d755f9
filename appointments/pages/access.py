"""Who may open a page that regulators and practices share. What they see inside is the querysets' business."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse

from accounts.rights import Actor
from appointments.pages.interrupted import NOTHING_SAVED, Keeping, Typed

View = Callable[..., HttpResponse]


def actor_of(request: HttpRequest) -> Actor:
    """Who acts, as the middleware found out."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def signed_in(
    view: View, *, undone: str = NOTHING_SAVED, typed_in: Callable[[HttpRequest], Typed] | None = None
) -> View:
    """Nobody is sent to sign in, and brought back to the same address; a form they sent is kept (`Keeping`).

    (Who comes from the SAS was sent to its sign-in before: `accounts.sas_sign_in.middleware`.)
    """
    return opening(view, lambda actor: True, Keeping(undone, through_sas=True, typed_in=typed_in))


def opening(view: View, may_open: Callable[[Actor], bool], keeping: Keeping) -> View:
    """The view for whoever has signed in and may; for others there is nothing there (404)."""

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        actor = actor_of(request)
        if actor.is_anonymous:
            return _sign_in_first(request, keeping)
        if not may_open(actor):
            raise Http404
        return view(request, *args, **kwargs)

    # The decorators above copy it: the outermost view has it too (`keeping_of`).
    opened.keeping = keeping  # type: ignore[attr-defined]
    return opened


def _sign_in_first(request: HttpRequest, keeping: Keeping) -> HttpResponse:
    if request.method == "POST":
        return keeping.answer(request)
    if "HX-Boosted" in request.headers:
        # A link that the page follows without leaving: the whole page goes to sign in.
        return HttpResponse(headers={"HX-Redirect": redirect_to_login(request.get_full_path()).url})
    if "HX-Request" in request.headers:
        # A page that asks for news stays as it is: a sign-in page must not land in the middle of it.
        return HttpResponse(status=204)
    return redirect_to_login(request.get_full_path())
