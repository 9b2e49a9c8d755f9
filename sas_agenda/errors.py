"""Pages for what went wrong: cause, what is kept, way out, and a reference to quote. FHIR routes answer for themselves.

Drawn without the request: no context processor runs, no session and no database is asked, whatever has just failed.
"""

import logging
import secrets
import sys
from math import ceil

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve

from accounts.throttle import Counter, closing_of
from appointments.pages.interrupted import keeping_of
from interop.outcomes import answers_fhir
from outbox.transient import RETRY_AFTER, is_transient

logger = logging.getLogger(__name__)

# Whose pages have no home and no platform to go back to.
_OF_PATIENTS = ("/rendez-vous-en-ligne/", "/r/", "/a/")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    # A session that could not be written is « interrupted », which Django takes for the browser's mistake.
    return unavailable(request) if is_transient(exception) else _unreadable(request)


@answers_fhir(400)
def _unreadable(request: HttpRequest) -> HttpResponse:
    return _page(request, "400", 400)


@answers_fhir(403)
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, "403", 403)


@answers_fhir(404)
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, "404", 404, path=request.path)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django calls it while it handles what was raised, in a view or in a middleware, and does not hand that over."""
    return unavailable(request) if is_transient(sys.exception()) else _broken(request)


@answers_fhir(503)
def unavailable(request: HttpRequest) -> HttpResponse:
    """The database is not to be had for a moment. What was typed is in the page, to be sent again as it was."""
    page = _page(request, "503", 503, address=request.get_full_path(), fields=_kept(request))
    page["Retry-After"] = str(RETRY_AFTER)
    page["Cache-Control"] = "no-store"
    return page


def _kept(request: HttpRequest) -> list[tuple[str, str]] | None:
    """Of an address that keeps what is sent to it, its token included: nobody else could have sent that one. Else None."""
    try:
        # In a middleware's failure no address was looked up yet.
        request.resolver_match = request.resolver_match or resolve(request.path_info)
        if request.method != "POST" or keeping_of(request) is None:
            return None
        return [(name, str(value)) for name, values in request.POST.lists() for value in values]
    except (Resolver404, SuspiciousOperation, UnreadablePostError):
        return None


@answers_fhir(500)
def _broken(request: HttpRequest) -> HttpResponse:
    reference = f"500-{secrets.token_hex(3).upper()}"
    # The traceback is in Django's own line, the route in the request's; this one ties them to what the person will quote.
    logger.error("server error, reference %s", reference)
    return _page(request, "500", 500, reference=reference)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    # Only of a page of ours, as the browser says: another site must not get a filled-in form with a good token.
    is_ours = request.method == "POST" and request.headers.get("Origin") == settings.BASE_URL
    keeping = keeping_of(request) if is_ours else None
    return keeping.answer(request) if keeping is not None else _page(request, "stale_form", 403)


def locked_out(request: HttpRequest, response: object = None, credentials: object = None) -> HttpResponse:
    """Too many wrong passwords (django-axes, accounts.throttle)."""
    closing = closing_of(request)
    page = _page(
        request, "429", 429, minutes=ceil(closing.seconds / 60), of_the_client=closing.counter == Counter.CLIENT
    )
    page["Retry-After"] = str(closing.seconds)
    return page


def too_many_passwords(request: HttpRequest) -> HttpResponse:
    page = _page(request, "busy", 503)
    page["Retry-After"] = str(RETRY_AFTER)
    return page


def _page(request: HttpRequest, name: str, status: int, **context: object) -> HttpResponse:
    context |= {"platform_url": settings.SAS_PLATFORM_URL, "patient": request.path_info.startswith(_OF_PATIENTS)}
    return HttpResponse(render_to_string(f"errors/{name}.html", context), status=status)
