"""`request.actor`, and the terms of use before anything else."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.functional import SimpleLazyObject

from accounts.models import Regulator, TermsAcceptance
from accounts.rights import REGULATOR_KEY, WITHDRAWN_AT, Actor, actor_of
from accounts.sas_sign_in.pages import told_withdrawn

GetResponse = Callable[[HttpRequest], HttpResponse]

# Key of the session: the version known to be accepted.
TERMS_ACCEPTED = "terms"


class ActorMiddleware:
    """Sets `request.actor` (lazy: pages that never ask cost no query) and ends the session of a withdrawn regulator,
    who is told so.

    What a signed-in person saw is kept by no browser: on a shared post, « back » after a sign-out shows nothing.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.session.get(REGULATOR_KEY):
            actor = actor_of(request.user, request.session)
            withdrawn = None
            if actor.is_anonymous:
                withdrawn = Regulator.objects.filter(pk=request.session[REGULATOR_KEY], active=False).first()
                logout(request)
            request.actor = actor  # type: ignore[attr-defined]
            if withdrawn is not None and withdrawn.withdrawn_at is not None:
                # What they send is kept and answered in its place (`keeping`); a page that asks for news stays as it is.
                request.session[WITHDRAWN_AT] = withdrawn.withdrawn_at.isoformat()
                if request.method == "GET" and "HX-Request" not in request.headers:
                    return told_withdrawn(request, at=withdrawn.withdrawn_at, address=request.get_full_path())
        else:
            request.actor = SimpleLazyObject(lambda: actor_of(request.user, request.session))  # type: ignore[attr-defined]
        response = self.get_response(request)
        if SESSION_KEY in request.session and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response


class TermsMiddleware:
    """A regulator who has not accepted the current terms sees nothing but them; what they send meanwhile is kept by the addresses
    that keep anything (`view.keeping`).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST" and self._are_due(request):
            # Each tab goes on to its own address.
            after = f"?{urlencode({'suite': request.get_full_path()})}" if request.method == "GET" else ""
            return redirect(f"{reverse('terms')}{after}")
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], *of_view: Any
    ) -> HttpResponse | None:
        """Here the token is known for ours: another site gets no filled-in form."""
        if request.method != "POST" or not self._are_due(request):
            return None
        if (keeping := getattr(view, "keeping", None)) is None:
            return redirect("terms")
        answer: HttpResponse = keeping.answer(request, terms_first=True)
        return answer

    def _are_due(self, request: HttpRequest) -> bool:
        if not request.session.get(REGULATOR_KEY) or self._is_open(request):
            return False
        actor: Actor = request.actor  # type: ignore[attr-defined]
        version = settings.TERMS_VERSION
        if actor.regulator is None or request.session.get(TERMS_ACCEPTED) == version:
            return False
        if not TermsAcceptance.objects.filter(regulator=actor.regulator, version=version).exists():
            return True
        request.session[TERMS_ACCEPTED] = version
        return False

    @staticmethod
    def _is_open(request: HttpRequest) -> bool:
        open_paths = (reverse("terms"), reverse("sign-out"), reverse("health"), "/sas/", settings.STATIC_URL, "/fhir/")
        return request.path.startswith(open_paths)
