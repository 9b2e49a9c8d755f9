"""Around every request: its identifier, its line in the log, its time. And the probes, before anything else of the site."""

import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import resolve

from sas_agenda.operations import metrics, request_id
from sas_agenda.operations.access import may_ask
from sas_agenda.operations.routes import route_of

GetResponse = Callable[[HttpRequest], HttpResponse]
logger = logging.getLogger("sas_agenda.requests")

_PREFIXES = ("/health/", "/metrics")
_URLS = "sas_agenda.operations.urls"


class RequestMiddleware:
    """The outermost one: what it measures is what the caller waited for, and every line below carries the identifier."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        identifier = request_id.accepted_or_new(request.headers.get(request_id.HEADER, ""))
        token = request_id.current.set(identifier)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            seconds = time.perf_counter() - started
            route = route_of(request)
            metrics.observe_request(route, request, response, seconds)
            _log(route, request, response, seconds)
        finally:
            request_id.current.reset(token)
        response[request_id.HEADER] = identifier
        return response


class ProbesMiddleware:
    """Answers /health/… and /metrics itself: those who ask name no host of ours and speak plain HTTP. To anybody else these
    addresses do not exist."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(_PREFIXES):
            return self.get_response(request)
        if not may_ask(request):
            return HttpResponse("Not Found\n", status=404, content_type="text/plain; charset=utf-8")
        try:
            match = resolve(request.path_info, _URLS)
        except Http404:
            return HttpResponse("Not Found\n", status=404, content_type="text/plain; charset=utf-8")
        request.resolver_match = match
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        response["Cache-Control"] = "no-store"
        return response


def _log(route: str, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    fields: dict[str, Any] = {
        "method": request.method,
        "route": route,
        "status": response.status_code,
        "ms": round(seconds * 1000, 1),
    }
    named = request.resolver_match.kwargs.items() if request.resolver_match else ()
    fields |= {name: str(value) for name, value in named if isinstance(value, uuid.UUID)}
    # Probes and files every few seconds would bury the rest.
    quiet = route in {"static", "health", "health-live", "health-ready", "metrics"} and response.status_code < 500
    logger.log(logging.DEBUG if quiet else logging.INFO, "request", extra={"fields": fields})
