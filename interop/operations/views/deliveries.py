"""Deliveries by state, one with its attempts, and sending again."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from interop.enums import DeliveryState
from interop.models import Delivery
from interop.operations import periods
from interop.operations.access import frame, operator_page
from interop.operations.causes import explain
from interop.operations.delivery_list import (
    PAGE_SIZE,
    SHOWN_ATTEMPTS,
    TABS,
    Filters,
    attempts_of,
    blocked_by_cause,
    counts_of,
    filtered,
    oldest_blocked_at,
    one_delivery,
    page_rows,
    siblings_of,
)
from interop.services.circuit import current_circuit
from interop.services.deliveries import send_again, send_all_again


@require_safe
@operator_page
def deliveries(request: HttpRequest) -> HttpResponse:
    return render(request, "operations/deliveries.html", _list(request) | {"selected": None})


@require_safe
@operator_page
def delivery(request: HttpRequest, delivery_id: uuid.UUID) -> HttpResponse:
    """The list with this one's panel beside it; the panel alone on a phone."""
    selected = one_delivery(delivery_id)
    if selected is None:
        raise Http404
    attempts = attempts_of(selected)
    context = _list(request) | {
        "selected": selected,
        "attempts": attempts,
        "older_attempts": max(0, selected.attempts - SHOWN_ATTEMPTS),
        "siblings": siblings_of(selected),
        "explanation": explain(
            selected,
            status=attempts[0].status_code if attempts else None,
            outcome=attempts[0].outcome if attempts else "",
        ),
    }
    return render(request, "operations/deliveries.html", context)


@require_POST
@operator_page
def delivery_send_again(request: HttpRequest, delivery_id: uuid.UUID) -> HttpResponse:
    state = Delivery.objects.filter(pk=delivery_id).values_list("state", flat=True).first()
    if state is None:
        raise Http404
    if send_again(delivery_ids=[delivery_id], now=timezone.now()):
        messages.success(request, f"La livraison repart vers le SAS{_when()}.")
    else:
        messages.warning(request, _NOT_BLOCKED.get(DeliveryState(state), _ON_ITS_WAY))
    query = Filters.read(request.GET).query()
    return redirect(reverse("operations-delivery", args=[delivery_id]) + (f"?{query}" if query else ""))


@require_http_methods(["GET", "HEAD", "POST"])
@operator_page
def deliveries_send_again(request: HttpRequest) -> HttpResponse:
    """Asks first: hundreds may leave at once, and the same cause would stop them again."""
    if request.method != "POST":
        return render(request, "operations/send_again.html", frame("deliveries") | {"causes": blocked_by_cause()})
    sent = send_all_again(now=timezone.now())
    if sent:
        several = "1 livraison repart" if sent == 1 else f"{sent} livraisons repartent"
        messages.success(request, f"{several} vers le SAS{_when()}.")
    else:
        messages.warning(request, "Plus aucune livraison n’est bloquée\u00a0: il n’y avait rien à renvoyer.")
    return redirect("operations-deliveries")


# Another operator, or a second click, was quicker.
_ON_ITS_WAY = "Cette livraison n’est plus bloquée\u00a0: elle est déjà repartie vers le SAS."
_NOT_BLOCKED = {
    DeliveryState.SENT: "Cette livraison n’est plus bloquée\u00a0: le SAS l’a acceptée.",
    DeliveryState.OBSOLETE: "Cette livraison n’est plus bloquée\u00a0: une plus récente l’a remplacée.",
}


def _when() -> str:
    return ", dès qu’il répondra de nouveau" if current_circuit().is_open else ""


def _list(request: HttpRequest) -> dict[str, Any]:
    filters = Filters.read(request.GET)
    found = filtered(filters, now=timezone.now())
    counts = counts_of(found)
    paginator = Paginator(page_rows(found, filters), PAGE_SIZE)
    # Counted above already.
    paginator.count = counts[TABS[filters.tab][0]] if filters.tab else sum(counts.values())
    page = paginator.get_page(request.GET.get("page"))
    shared = frame("deliveries")
    return shared | {
        "filters": filters,
        "periods": periods.CHOICES,
        "query": filters.query(),
        "unfiltered": filters.query(**{"rendez-vous": "", "praticien": "", "periode": "tout"}),
        "tabs": [
            ("", "Toutes", sum(counts.values()), filters.query(etat="")),
            *((key, label, counts[state], filters.query(etat=key)) for key, (state, label) in TABS.items()),
        ],
        "page": page,
        # While some are on their way the list asks for news by itself; behind a suspended link nothing moves.
        "is_moving": not shared["circuit"].is_open
        and counts[DeliveryState.PLANNED] + counts[DeliveryState.CLAIMED] > 0,
        "oldest_blocked_at": oldest_blocked_at() if shared["blocked"] else None,
    }
