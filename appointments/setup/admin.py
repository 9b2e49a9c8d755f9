"""Places and agendas in the administration: what a change touches is read there too, before it is saved."""

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.administration import FrenchAdmin
from accounts.french import day_month, hour, sentence
from accounts.rights import Actor
from accounts.zones import there
from appointments.exceptions import Refused
from appointments.models import Calendar, Location, Schedule
from appointments.places.locking import LocksCalendars
from appointments.places.selectors import calendars_at
from appointments.setup.services.changes import Extent, TouchesVisits, change_setup, of_agenda, of_place
from appointments.setup.views.touched import LISTED, said_of


class _Foreseen(Exception):
    """Nothing of it is kept: it was only to be known."""


class ChangeForm(forms.ModelForm):
    """What saving would touch is an error of the form, until it comes back with the seal of what was read."""

    touched = forms.BooleanField(required=False, label="enregistrer quand même", widget=forms.HiddenInput)
    by: Actor
    extent_of: Callable[[Any], Extent]

    @property
    def read(self) -> str:
        return str(self.data.get("touched", ""))

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors or self.instance._state.adding:
            return
        try:
            with transaction.atomic():
                extent = self.extent_of(self.instance)
                change_setup(self.instance.save, extent, by=self.by, now=timezone.now(), read=self.read)
                raise _Foreseen
        except _Foreseen:
            return
        except TouchesVisits as told:
            self._ask(told)
        except Refused as refusal:
            self.add_error(refusal.element if refusal.element in self.fields else None, str(refusal))

    def _ask(self, told: TouchesVisits) -> None:
        self.fields["touched"].widget = forms.CheckboxInput(attrs={"value": told.seal}, check_test=lambda _: False)
        self.add_error(None, _listed(told))
        self.add_error("touched", "Cochez cette case, puis enregistrez.")


class TellsWhatIsTouched(LocksCalendars, FrenchAdmin):
    """Of rows that visits depend on: a change goes through the one door."""

    form = ChangeForm

    def extent_of(self, obj: Any) -> Extent:
        raise NotImplementedError

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form = super().get_form(request, obj, change, **options)
        return type("Form", (form,), {"by": request.actor, "extent_of": staticmethod(self.extent_of)})  # type: ignore[attr-defined]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = list(super().get_fields(request, obj))
        # The box to tick stands first, under what one has to read.
        return (["touched"] if obj is not None else []) + [one for one in fields if one != "touched"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.version += 1

        def save() -> None:
            super(TellsWhatIsTouched, self).save_model(request, obj, form, change)

        change_setup(save, self.extent_of(obj), by=form.by, now=timezone.now(), read=form.read)

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except TouchesVisits as told:
            # Booked between the form's own look and the lock.
            messages.error(request, str(told))
            return redirect(request.get_full_path())


@admin.register(Location)
class LocationAdmin(TellsWhatIsTouched):
    list_display = ("name", "organization", "postal_code", "city", "time_zone")
    list_select_related = ("organization",)
    list_filter = ("organization",)
    search_fields = ("name", "city", "postal_code", "organization__name")

    def get_readonly_fields(self, request: HttpRequest, obj: Location | None = None) -> tuple[str, ...]:
        # What stands at a place belongs to its organization.
        return ("organization",) if obj is not None else ()

    def calendars_of(self, obj: Location) -> set[uuid.UUID]:
        return calendars_at(obj.pk)

    def extent_of(self, obj: Location) -> Extent:
        return of_place(obj.pk)


@admin.register(Schedule)
class ScheduleAdmin(TellsWhatIsTouched):
    """To close an agenda, untick « ouvert ». Once made it keeps its line of time and place: the SAS knows it by them."""

    list_display = ("__str__", "location", "active")
    list_select_related = ("calendar__practitioner", "location", "organization")
    list_filter = ("active", "organization")
    search_fields = (
        "calendar__practitioner__family_name",
        "calendar__practitioner__given_name",
        "calendar__practitioner__rpps",
        "location__name",
    )
    fields = ("calendar", "location", "active", "finess", "siret", "rpps_rank", "adeli_rank")

    def get_readonly_fields(self, request: HttpRequest, obj: Schedule | None = None) -> tuple[str, ...]:
        return ("calendar", "location") if obj is not None else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        calendars = Calendar.objects.select_related("practitioner").order_by("practitioner")
        rows = {"calendar": calendars, "location": Location.objects.all()}
        return super().formfield_for_foreignkey(db_field, request, **options | {"queryset": rows[db_field.name]})

    def calendars_of(self, obj: Schedule) -> set[uuid.UUID]:
        return {obj.calendar_id}

    def extent_of(self, obj: Schedule) -> Extent:
        return of_agenda(obj.calendar_id)


def _listed(told: TouchesVisits) -> SafeString:
    """Without patients: whoever administers does not read them."""
    lines = []
    for one in told.touched:
        place = one.appointment.schedule.location
        start = one.appointment.start.astimezone(place.zone)
        lines.append(
            (
                f"{sentence(day_month(start))} à {hour(start)}{there(place.zone)}, {one.appointment.practitioner}",
                said_of(one),
            )
        )
    first, rest = (format_html_join("", "<li>{}\u00a0: {}</li>", some) for some in (lines[:LISTED], lines[LISTED:]))
    more = "<details><summary>et {} de plus</summary><ul>{}</ul></details>"
    folded = format_html(more, len(lines) - LISTED, rest) if rest else ""
    return format_html("{}<ul>{}</ul>{}", str(told), first, folded)
