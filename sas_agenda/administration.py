"""The admin site, closed to sessions that came through the SAS: those carry a regulator's rights and nothing else."""

from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse

from accounts.rights import REGULATOR_KEY
from appointments.pages.interrupted import Keeping


class Administration(AdminSite):
    site_header = "SAS Agenda : administration"
    site_title = "SAS Agenda"
    index_title = "Administration"
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        return REGULATOR_KEY not in request.session and super().has_permission(request)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """What is sent when the session is over is kept, as on the other pages (with the token of before: `keeping_of`)."""
        opened = super().admin_view(view, cacheable)
        if view == self.logout:
            return opened

        @wraps(opened)
        def kept(request: HttpRequest, *arguments: Any, **parameters: Any) -> HttpResponse:
            if request.method == "POST" and not request.user.is_authenticated:
                return Keeping().answer(request)
            answer: HttpResponse = opened(request, *arguments, **parameters)
            return answer

        return kept
