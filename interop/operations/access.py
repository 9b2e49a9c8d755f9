"""Who gets in, and what every operators' page shows."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.views.decorators.cache import never_cache

from appointments.views.access import actor_of
from interop.enums import DeliveryState
from interop.models import Delivery
from interop.sas.environments import environment_label
from interop.services.circuit import current_circuit

View = Callable[..., HttpResponseBase]


def operator_page(view: View) -> View:
    """Nobody signs in first; for anybody else than an operator the page does not exist."""

    @never_cache
    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        actor = actor_of(request)
        if actor.is_anonymous:
            # An address that only takes POST leads back to the list instead.
            back = request.get_full_path() if request.method == "GET" else reverse("operations")
            return redirect_to_login(back, "sign-in")
        if not actor.is_operator:
            raise Http404
        return view(request, *args, **kwargs)

    return opened


def frame(nav: str) -> dict[str, Any]:
    """Two queries: how many are blocked, and whether calls are suspended."""
    return {
        "nav": nav,
        "environment": environment_label(),
        "blocked": Delivery.objects.filter(state=DeliveryState.BLOCKED).count(),
        "circuit": current_circuit(),
    }
