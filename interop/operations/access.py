"""Who gets in, and what every operators' page shows."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.cache import never_cache

from appointments.pages.access import actor_of
from interop.enums import DeliveryState
from interop.models import Delivery
from interop.sas.environments import current_environment, environment_label
from interop.services.circuit import current_circuit

View = Callable[..., HttpResponseBase]


def operator_page(view: View) -> View:
    """Nobody signs in first; for anybody else than an operator the page does not exist.

    A page that asks for its own news (htmx) is reloaded whole: the sign-in form must not land in the middle of it.
    """

    @never_cache
    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor = actor_of(request)
        if actor.is_anonymous:
            if "HX-Request" in request.headers:
                return HttpResponse(headers={"HX-Refresh": "true"})
            return redirect_to_login(_way_back(request), "sign-in")
        if not actor.is_operator:
            raise Http404
        return view(request, *args, **kwargs)

    return opened


def _way_back(request: HttpRequest) -> str:
    """Where to be after signing in. What was to be done is not done: who asked says it again."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    messages.warning(
        request, "Votre session était terminée\u00a0: rien n’a été envoyé. Connectez-vous, puis recommencez."
    )
    match = request.resolver_match
    if match is not None and "delivery_id" in match.kwargs:
        return reverse("operations-delivery", kwargs={"delivery_id": match.kwargs["delivery_id"]})
    return reverse("operations")


def frame(nav: str) -> dict[str, Any]:
    """Two queries: how many are blocked, and whether calls are suspended."""
    environment = current_environment()
    return {
        "nav": nav,
        "environment": environment_label(),
        "is_production": environment is not None and environment.key == "production",
        "blocked": Delivery.objects.filter(state=DeliveryState.BLOCKED).count(),
        "circuit": current_circuit(),
    }
