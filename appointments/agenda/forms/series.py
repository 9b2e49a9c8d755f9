"""A visit that comes again: every so many weeks, or on days that are named."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms

from accounts.when import parse_day
from appointments.agenda.forms.booking import FreeBookingForm
from appointments.agenda.forms.moments import TypedMoment
from appointments.booking.services.series import LONGEST
from appointments.models import Appointment
from appointments.openings.recurrence import instant
from appointments.text_fields import Paragraph
from appointments.version_field import VersionField

_SOME = f"Une série a de 2 à {LONGEST}\u00a0rendez-vous."
_WEEKS = "Toutes les 1 à 12\u00a0semaines."


class SeriesForm(FreeBookingForm):
    """`cleaned_data["starts"]`: all of them, in UTC, the first one included."""

    weeks = forms.IntegerField(
        label="Toutes les … semaines",
        initial=1,
        required=False,
        min_value=1,
        max_value=12,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": _WEEKS, "min_value": _WEEKS, "max_value": _WEEKS},
    )
    times = forms.IntegerField(
        label="Nombre de rendez-vous",
        initial=4,
        required=False,
        min_value=2,
        max_value=LONGEST,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": _SOME, "min_value": _SOME, "max_value": _SOME},
    )
    dates = Paragraph(
        label="Ou à ces dates",
        required=False,
        max_length=1000,
        help_text="En plus du premier jour\u00a0: 3/12, 17/12, jeudi en huit.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Whoever comes here from the form of one has come for this.
        if not self.is_bound and self.file is not None:
            self.fields["weeks"].widget.attrs["data-focus"] = ""

    def clean(self) -> None:
        super().clean()
        start: datetime | None = self.cleaned_data.get("start")
        if start is None:
            return
        zone = self.cleaned_data["schedule"].location.zone
        local = start.astimezone(zone)
        first, today = local.date(), self.now.astimezone(zone).date()
        try:
            days = self._days(first, today)
            for day in days:
                self.check_day(day, today)
        except forms.ValidationError as error:
            self.add_error("dates" if self.cleaned_data.get("dates") else "times", error)
            return
        at = time(local.hour, local.minute)
        self.cleaned_data["starts"] = [start, *(instant(day, at, zone) for day in sorted({*days} - {first}))]

    def _days(self, first: date, today: date) -> list[date]:
        text = self.cleaned_data.get("dates", "")
        if not text:
            weeks, times = self.cleaned_data.get("weeks") or 1, self.cleaned_data.get("times")
            if not times:
                raise forms.ValidationError(_SOME)
            return [first + rank * weeks * timedelta(days=7) for rank in range(times)]
        found = [first]
        for part in filter(None, (one.strip() for one in re.split(r"[,;\n]", text))):
            try:
                found.append(parse_day(part, today=today, ahead=True))
            except ValueError as error:
                raise forms.ValidationError(str(error)) from None
        if not 2 <= len(set(found)) <= LONGEST:
            raise forms.ValidationError(_SOME)
        return found


class FollowingForm(TypedMoment):
    """« Celui-ci et les suivants »: cancelled, or moved as this one is."""

    version = VersionField()
    untold = forms.BooleanField(required=False, label="Ne pas prévenir le patient")
    despite = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def __init__(self, *args: Any, appointment: Appointment, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.zone, self.now = appointment.schedule.location.zone, now
        local = appointment.start.astimezone(self.zone)
        self.initial.update(version=appointment.version, day=local.date(), hour=local.time())

    @property
    def cancels(self) -> bool:
        return "cancel" in self.data

    def clean(self) -> None:
        super().clean()
        if self.cancels:
            self.errors.clear()
            return
        day, at = self.cleaned_data.get("day"), self.cleaned_data.get("hour")
        if day is None or at is None:
            if not self.errors:
                self.add_error("day", "Indiquez le jour et l’heure.")
            return
        try:
            self.check_day(day, self.now.astimezone(self.zone).date())
        except forms.ValidationError as error:
            self.add_error("day", error)
            return
        self.cleaned_data["start"] = self.moment(day, at, self.zone)
