"""Pages for what went wrong: cause, what is kept, way out, and a reference to quote. FHIR routes answer for themselves."""

import secrets

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    return _page(request, 500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, 403, template="errors/stale_form.html")


def locked_out(request: HttpRequest, response: object = None, credentials: object = None) -> HttpResponse:
    return _page(request, 429)


def _page(request: HttpRequest, status: int, *, template: str | None = None) -> HttpResponse:
    context = {"reference": f"{status}-{secrets.token_hex(3).upper()}"}
    return render(request, template or f"errors/{status}.html", context, status=status)
