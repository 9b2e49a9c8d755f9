"""What counts as one client when failed sign-ins are counted (settings AXES_*)."""

from ipaddress import ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.models import User


def client_username(request: HttpRequest, credentials: dict[str, Any] | None) -> str | None:
    """The address typed, in the one form we compare it in: capitals give no further tries."""
    typed = (credentials or {}).get("username") or request.POST.get("username")
    return User.objects.normalize(str(typed)) if typed else None


def client_address(request: HttpRequest) -> str | None:
    """Behind the proxy, whose unix socket has no address, the one it saw: the last of X-Forwarded-For (earlier ones are
    the client's own word). Without a proxy, the peer's."""
    forwarded = "" if settings.LOCAL else request.headers.get("X-Forwarded-For", "")
    candidate = forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(candidate))
    except ValueError:
        return None
