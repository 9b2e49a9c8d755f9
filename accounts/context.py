"""What every page's frame needs."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from accounts.rights import NOBODY


def page(request: HttpRequest) -> dict[str, Any]:
    return {"actor": getattr(request, "actor", NOBODY), "platform_url": settings.SAS_PLATFORM_URL}
