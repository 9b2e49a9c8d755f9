"""The administration writes what slots depend on: it locks the calendars concerned first, as every service does."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import models, transaction
from django.http import HttpRequest

from appointments.places.locks import lock_calendars_of


class LocksCalendars:
    """For a `ModelAdmin` of such rows. Its pages save and delete in one transaction, begun by Django; the list's action is
    given one here.
    """

    def calendars_of(self, obj: Any) -> Iterable[uuid.UUID]:
        """All lines of time whose slots depend on the row, what is written beside it included."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        self._lock([obj])
        super().save_model(request, obj, form, change)  # type: ignore[misc]

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        self._lock([obj])
        super().delete_model(request, obj)  # type: ignore[misc]

    def delete_queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> None:
        with transaction.atomic():
            self._lock(list(queryset))
            super().delete_queryset(request, queryset)  # type: ignore[misc]

    def _lock(self, rows: list[Any]) -> None:
        # A row keeps the lines of time it has: none of these pages moves it to others.
        lock_calendars_of(lambda: {calendar_id for one in rows for calendar_id in self.calendars_of(one)})
