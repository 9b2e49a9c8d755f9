"""Pages for what went wrong: cause, what is kept, way out, and a reference to quote. FHIR routes answer for themselves.

Drawn without the request: no context processor runs, no session and no database is asked, whatever has just failed.
"""

import logging
import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from appointments.pages.interrupted import keeping_of
from interop.outcomes import answers_fhir

logger = logging.getLogger(__name__)


@answers_fhir(400)
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page("400", 400)


@answers_fhir(403)
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page("403", 403)


@answers_fhir(404)
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page("404", 404, path=request.path)


@answers_fhir(500)
def server_error(request: HttpRequest) -> HttpResponse:
    reference = f"500-{secrets.token_hex(3).upper()}"
    # The traceback is in Django's own line, the route in the request's; this one ties them to what the person will quote.
    logger.error("server error, reference %s", reference)
    return _page("500", 500, reference=reference)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    # Only of a page of ours, as the browser says: another site must not get a filled-in form with a good token.
    is_ours = request.method == "POST" and request.headers.get("Origin") == settings.BASE_URL
    keeping = keeping_of(request) if is_ours else None
    return keeping.answer(request) if keeping is not None else _page("stale_form", 403)


def locked_out(request: HttpRequest, response: object = None, credentials: object = None) -> HttpResponse:
    """Too many wrong passwords (django-axes)."""
    pause = settings.AXES_COOLOFF_TIME
    page = _page("429", 429, minutes=int(pause.total_seconds() // 60))
    page["Retry-After"] = str(int(pause.total_seconds()))
    return page


def _page(name: str, status: int, **context: object) -> HttpResponse:
    context["platform_url"] = settings.SAS_PLATFORM_URL
    return HttpResponse(render_to_string(f"errors/{name}.html", context), status=status)
