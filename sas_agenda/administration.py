"""The admin site, closed to sessions that came through the SAS: those carry a regulator's rights and nothing else."""

from django.contrib.admin import AdminSite
from django.http import HttpRequest

from accounts.rights import REGULATOR_KEY


class Administration(AdminSite):
    site_header = "SAS Agenda : administration"
    site_title = "SAS Agenda"
    index_title = "Administration"
    site_url = "/"

    def has_permission(self, request: HttpRequest) -> bool:
        return REGULATOR_KEY not in request.session and super().has_permission(request)
