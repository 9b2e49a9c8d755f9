"""What holds for the answers of all pages, the administration's and libraries' too."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from accounts.hashing import HashingBusy
from sas_agenda.errors import too_many_passwords


class SeeOtherMiddleware:
    """Who has sent something is redirected by 303: what comes next is got, and neither Back nor reload sends it again.

    A browser may take a 302 as leave to send it once more (RFC 9110, 15.4.3 and 15.4.4).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 302 and request.method not in {"GET", "HEAD"}:
            response.status_code = 303
        return response


class BusyMiddleware:
    """More passwords than can be looked at: told as such, without a traceback for each, whichever page has the form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return too_many_passwords(request) if isinstance(exception, HashingBusy) else None
