"""Deliveries by state, one with its attempts, and sending again."""

import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

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
    counts_of,
    filtered,
    oldest_blocked_at,
    one_delivery,
    page_rows,
)
from interop.services.circuit import current_circuit
from interop.services.deliveries import send_again, send_all_again


@require_safe
@operator_page
def operations(request: HttpRequest) -> HttpResponse:
    return redirect("operations-deliveries")


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
        "older_attempts": max(0, selected.attempts_count - SHOWN_ATTEMPTS),
        "explanation": explain(selected, status=attempts[0].status_code if attempts else None),
    }
    return render(request, "operations/deliveries.html", context)


@require_POST
@operator_page
def delivery_send_again(request: HttpRequest, delivery_id: uuid.UUID) -> HttpResponse:
    if not Delivery.objects.filter(pk=delivery_id).exists():
        raise Http404
    if send_again(delivery_ids=[delivery_id], now=timezone.now()):
        messages.success(request, f"La livraison repart vers le SAS{_when()}.")
    else:
        messages.warning(request, "Cette livraison n’est plus bloquée\u00a0: elle n’a pas été renvoyée.")
    query = Filters.read(request.GET).query()
    return redirect(reverse("operations-delivery", args=[delivery_id]) + (f"?{query}" if query else ""))


@require_POST
@operator_page
def deliveries_send_again(request: HttpRequest) -> HttpResponse:
    sent = send_all_again(now=timezone.now())
    if sent:
        several = "1 livraison repart" if sent == 1 else f"{sent} livraisons repartent"
        messages.success(request, f"{several} vers le SAS{_when()}.")
    else:
        messages.warning(request, "Aucune livraison n’est bloquée\u00a0: rien n’a été renvoyé.")
    return redirect("operations-deliveries")


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
        "oldest_blocked_at": oldest_blocked_at() if shared["blocked"] else None,
    }
