"""Every refusal of a FHIR route as an OperationOutcome with the right status, whoever refuses."""

import logging
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response

from interop.fhir import systems
from interop.fhir.encoding import to_bytes
from interop.fhir.outcome import operation_outcome
from interop.fhir.values import FhirRefusal, Issue
from outbox.transient import RETRY_AFTER, is_transient

logger = logging.getLogger(__name__)

ErrorPage = Callable[..., HttpResponse]

NOT_SERVED = Issue("not-found", "Cette adresse n’est pas servie : « metadata » liste ce qui l’est.")
# Of what Django itself refuses, before any view: status → (issue code, French sentence).
_REFUSALS = {
    400: ("invalid", "La requête n’est pas valide."),
    403: ("forbidden", "L’accès est refusé."),
    404: (NOT_SERVED.code, NOT_SERVED.diagnostics),
    413: ("too-long", "Le corps de la requête est trop long."),
    503: ("transient", "Le service est momentanément indisponible ; rien n’a été enregistré. Renouvelez la demande."),
}
_BREAKDOWN = Issue(
    "exception", "Une erreur interne est survenue ; rien n’a été enregistré. Elle a été signalée.", severity="fatal"
)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """What DRF calls for anything raised by a FHIR view. The unexpected is logged, and answered without details."""
    match error:
        case FhirRefusal():
            return _response(error.status, list(error.issues))
        case exceptions.MethodNotAllowed():
            method = context["request"].method
            told = f"La méthode {method} n’est pas acceptée à cette adresse."
            return _response(405, [Issue("not-supported", told)])
        case exceptions.AuthenticationFailed() | exceptions.PermissionDenied() | exceptions.NotAuthenticated():
            return _response(403, [Issue("forbidden", str(error.detail))])
        case exceptions.APIException():
            return _response(error.status_code, [Issue("processing", str(error.detail))])
        case RequestDataTooBig():
            return _response(413, [Issue(*_REFUSALS[413])])
        case SuspiciousOperation() | UnreadablePostError():
            return _response(400, [Issue(*_REFUSALS[400])])
        case _ if is_transient(error):
            logger.error("FHIR route: the database is not available", exc_info=error)
            return _response(503, [Issue(*_REFUSALS[503])], {"Retry-After": str(RETRY_AFTER)})
    logger.error("FHIR route failed", exc_info=error)
    return _response(500, [_BREAKDOWN])


def outcome_page(status: int) -> HttpResponse:
    """What Django itself refused under the FHIR root, before a view was reached."""
    code, told = _REFUSALS.get(status, (_BREAKDOWN.code, _BREAKDOWN.diagnostics))
    body = to_bytes(operation_outcome([Issue(code, told)]))
    response = HttpResponse(body, status=status, content_type=f"{systems.FHIR_JSON}; charset=utf-8")
    response["Cache-Control"] = "no-store"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = str(RETRY_AFTER)
    return response


def answers_fhir(status: int) -> Callable[[ErrorPage], ErrorPage]:
    """For the site's error handlers: under the FHIR root, an OperationOutcome instead of the page."""

    def decorate(page: ErrorPage) -> ErrorPage:
        @wraps(page)
        def handler(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if f"{request.path_info}/".startswith("/fhir/"):
                return outcome_page(status)
            return page(request, *args, **kwargs)

        return handler

    return decorate


def _response(status: int, issues: list[Issue], headers: dict[str, str] | None = None) -> Response:
    return Response(operation_outcome(issues), status=HTTPStatus(status), headers=headers)
