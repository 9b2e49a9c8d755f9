"""What a request's address is called in logs and metrics."""

from django.conf import settings
from django.http import HttpRequest


def route_of(request: HttpRequest) -> str:
    """The route's name: addresses hold identifiers, and one of them a secret (the link that sets a password)."""
    match = request.resolver_match
    if match is not None:
        return match.view_name or "unnamed"
    return "static" if request.path_info.startswith(settings.STATIC_URL) else "unknown"
