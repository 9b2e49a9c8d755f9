"""What pages of the administration share: words compare as French, and what only services change is shown, not changed."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.http import HttpRequest

from accounts.french import hour, plain_date
from accounts.zones import there


class FrenchAdmin(admin.ModelAdmin):
    """Words are searched, and sorted by a click on their column, as they are read: accents, capitals and ligatures aside."""

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return [_as_read(self.model, path) for path in super().get_search_fields(request)]

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return _FrenchList


class _FrenchList(ChangeList):
    def get_ordering_field(self, field_name: Any) -> Any:
        found = super().get_ordering_field(field_name)
        return _as_read(self.model, found) if isinstance(found, str) else found


def at_place(moment: datetime | None, zone: ZoneInfo) -> str:
    """« 26 novembre 2026, 9 h 00, heure de Paris »: at the clock of its place, named, since lists hold those of many."""
    if moment is None:
        return "–"
    local = moment.astimezone(zone)
    return f"{plain_date(local.date())}, {hour(local)}{there(zone, always=True)}"


def _as_read(model: type[models.Model], path: str) -> str:
    """The path of the folded form, where that of a field holds words."""
    words = isinstance(get_fields_from_path(model, path.lstrip("-"))[-1], models.CharField | models.TextField)
    return f"{path}__folded" if words else path


class ReadOnly:
    """For a page or an inline: nothing is added, changed or removed by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyAdmin(ReadOnly, FrenchAdmin):
    actions = None
