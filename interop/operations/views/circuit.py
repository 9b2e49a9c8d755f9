"""How the link with the SAS is doing, and trying it without waiting."""

from django.contrib import messages
from django.db.models import Count, Min, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from interop.enums import DeliveryState, Outcome
from interop.models import Delivery, DeliveryAttempt
from interop.operations.access import frame, operator_page
from interop.services.circuit import FAILURES_TO_OPEN, LONGEST_PAUSE, probe_soon
from outbox.ledger import database_clock

_CLEAR = [Outcome.ACCEPTED, Outcome.KNOWN, Outcome.REFUSED]
SHOWN_ATTEMPTS = 10


@require_safe
@operator_page
def circuit(request: HttpRequest) -> HttpResponse:
    attempts = DeliveryAttempt.objects.order_by("-id")
    context = frame("circuit") | {
        "waiting": Delivery.objects.to_send().aggregate(
            number=Count("pk"),
            oldest=Min("created_at"),
            claimed=Count("pk", filter=Q(state=DeliveryState.CLAIMED)),
        ),
        "attempts": attempts[:SHOWN_ATTEMPTS],
        "last_clear": attempts.filter(outcome__in=_CLEAR).first(),
        "failures_to_open": FAILURES_TO_OPEN,
        "longest_pause": int(LONGEST_PAUSE.total_seconds() // 60),
        "now": timezone.now(),
    }
    return render(request, "operations/circuit.html", context)


@require_POST
@operator_page
def circuit_probe(request: HttpRequest) -> HttpResponse:
    if probe_soon(now=database_clock()):
        messages.success(request, "Un essai part vers le SAS\u00a0: sa réponse s’affichera ici dans quelques secondes.")
    else:
        messages.warning(request, "Les appels ne sont pas suspendus\u00a0: il n’y a rien à essayer.")
    return redirect("operations-circuit")
