"""The ledger of the SAS's calls about regulators' accounts."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from interop.enums import CallResult
from interop.models import InboundCall
from interop.operations import periods
from interop.operations.access import frame, operator_page

PAGE_SIZE = 25
# Of the same account, in the panel.
SHOWN_BESIDE = 10
# What is known of an identifier.
_ENDING = 4
# In the address → (result, tab).
TABS = {
    "crees": (CallResult.CREATED, "Créés"),
    "mis-a-jour": (CallResult.UPDATED, "Mis à jour"),
    "retires": (CallResult.WITHDRAWN, "Retirés"),
    "sans-effet": (CallResult.UNCHANGED, "Sans effet"),
    "refuses": (CallResult.REFUSED, "Refusés"),
}


@require_safe
@operator_page
def inbound_calls(request: HttpRequest) -> HttpResponse:
    if len(request.GET.get("identifiant", "")) > _ENDING:
        # Pasted whole: a person's identifier does not stay in the address, nor in the browser's history.
        asked = request.GET.copy()
        asked["identifiant"] = _ending(request)
        return redirect(f"{request.path}?{asked.urlencode()}")
    return render(request, "operations/inbound.html", _list(request) | {"selected": None})


@require_safe
@operator_page
def inbound_call(request: HttpRequest, call_id: uuid.UUID) -> HttpResponse:
    """The list with this call's panel beside it; the panel alone on a phone."""
    selected = InboundCall.objects.select_related("regulator").filter(pk=call_id).first()
    if selected is None:
        raise Http404
    beside = InboundCall.objects.none()
    if selected.regulator is not None:
        beside = InboundCall.objects.filter(regulator=selected.regulator)[:SHOWN_BESIDE]
    return render(request, "operations/inbound.html", _list(request) | {"selected": selected, "beside": beside})


def _ending(request: HttpRequest) -> str:
    return request.GET.get("identifiant", "").replace("\x00", "").strip()[-_ENDING:]


def _list(request: HttpRequest) -> dict[str, Any]:
    tab = request.GET.get("resultat", "")
    tab = tab if tab in TABS else ""
    period = periods.read_period(request.GET.get("periode", ""))
    ending = _ending(request)
    found = InboundCall.objects.all()
    since = periods.start_of(period, now=timezone.now())
    if since is not None:
        found = found.filter(at__gte=since)
    if ending:
        found = found.filter(identifier__iendswith=ending)
    counts = dict.fromkeys(CallResult.values, 0) | dict(
        found.order_by().values_list("result").annotate(number=Count("pk"))
    )
    rows = found.filter(result=TABS[tab][0]) if tab else found
    paginator = Paginator(rows, PAGE_SIZE)
    # Counted above already.
    paginator.count = counts[TABS[tab][0]] if tab else sum(counts.values())

    def query(key: str) -> str:
        chosen = {"resultat": key, "periode": "" if period == periods.DEFAULT else period, "identifiant": ending}
        return urlencode({name: value for name, value in chosen.items() if value})

    return frame("inbound") | {
        "tab": tab,
        "period": period,
        "ending": ending,
        "periods": periods.CHOICES,
        "query": query(tab),
        "tabs": [
            ("", "Tous", sum(counts.values()), query("")),
            *((key, label, counts[result], query(key)) for key, (result, label) in TABS.items()),
        ],
        "page": paginator.get_page(request.GET.get("page")),
    }
