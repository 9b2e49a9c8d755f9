"""Probes and metrics. Answered before anything else of the site (see `middleware`): no host check, no session."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from sas_agenda.operations import metrics, readiness


@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers. Asks nothing of its neighbours: a probe must not restart us because of them."""
    return JsonResponse({"status": "live"})


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when all is well, 503 otherwise, each part named. `?parts=database,migrations` looks at those only: what a balancer
    should ask, for pages and bookings work without broker and worker."""
    wanted = request.GET.get("parts")
    parts = [name.strip() for name in wanted.split(",")] if wanted else list(readiness.PARTS)
    unknown = sorted(set(parts) - readiness.PARTS.keys())
    if unknown:
        return JsonResponse({"status": "error", "unknown": unknown, "known": list(readiness.PARTS)}, status=400)
    found = readiness.look(parts)
    is_ready = all(state == "ok" for state in found.values())
    return JsonResponse({"status": "ready" if is_ready else "unready", "parts": found}, status=200 if is_ready else 503)


@require_safe
def exposition(request: HttpRequest) -> HttpResponse:
    """Prometheus's text."""
    return HttpResponse(metrics.exposition(), content_type=metrics.CONTENT_TYPE)
