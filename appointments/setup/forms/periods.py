"""What the practice types to note an absence, or that a place is closed."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from appointments.models import Absence, Closure, Location, Schedule
from appointments.openings.recurrence import instant
from appointments.openings.services.absences import Away
from appointments.openings.values import LONGEST_ABSENCE, Days, Hours, Span
from appointments.setup.clock import ClockField
from appointments.setup.forms.fields import DayField


class PeriodForm(forms.Form):
    """Whole days when no hour is given. `period()` gives the value for the services; a new one may come back every week."""

    label = forms.CharField(label="Intitulé", max_length=100, required=False)
    first_day = DayField(label="Du", error_messages={"required": "Indiquez le premier jour."})
    first_hour = ClockField(label="À partir de", required=False)
    last_day = DayField(label="Au", required=False)
    last_hour = ClockField(label="Jusqu’à", ends_day=True, required=False)
    until = DayField(
        label="Chaque semaine jusqu’au", required=False, help_text="Vide : une seule fois. Deux ans au plus."
    )

    def __init__(self, *args: Any, zone: ZoneInfo, row: Absence | Closure | None = None, **options: Any) -> None:
        super().__init__(*args, **{"initial": _initial(row, zone)} | options)
        self.zone = zone
        if row is not None:
            del self.fields["until"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = self.cleaned_data
        if self.errors:
            return data
        zone = self.clock()
        first: date = data["first_day"]
        last: date = data["last_day"] or first
        start = instant(first, data["first_hour"] or time.min, zone)
        until: time | None = data["last_hour"]
        ends_with_day = until is None or until == time.min
        closing = instant(last + timedelta(days=1), time.min, zone)
        end = closing if ends_with_day else instant(last, until or time.min, zone)
        if last < first:
            self.add_error("last_day", "Le dernier jour ne peut pas précéder le premier.")
        elif end <= start:
            self.add_error("last_hour", "La fin de l’absence vient après son début.")
        elif end - start > LONGEST_ABSENCE:
            self.add_error("last_day", "Une absence dure deux ans au plus\u00a0: vérifiez les dates.")
        whole = data["first_hour"] is None and ends_with_day
        data["period"] = Days(first, last) if whole else Hours(start, end)
        return data

    def clock(self) -> ZoneInfo:
        """At whose clock the hours are read."""
        return self.zone

    def period(self) -> Span:
        period: Span = self.cleaned_data["period"]
        return period


class AbsenceForm(PeriodForm):
    """`schedules` are those of the practitioner's where one may be noted; `everywhere`: one that holds at all their places
    may be too. `replacements` are the agendas of who may replace them.
    """

    schedule = forms.TypedChoiceField(label="Où", coerce=uuid.UUID, empty_value=None, required=False)
    replacement = forms.TypedChoiceField(label="Remplacé par", coerce=uuid.UUID, empty_value=None, required=False)

    def __init__(
        self,
        *args: Any,
        schedules: Sequence[Schedule],
        replacements: Sequence[Schedule],
        everywhere: bool,
        row: Absence | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, row=row, **options)
        self.places: dict[uuid.UUID | None, Schedule] = {one.id: one for one in schedules}
        places = [(str(one.id), one.location.name) for one in schedules]
        self.fields["schedule"].choices = [("", "Partout"), *places] if everywhere else places  # type: ignore[attr-defined]
        self.fields["schedule"].required = not everywhere
        self.fields["schedule"].error_messages["required"] = "Choisissez le lieu."
        known = [(str(one.id), str(one)) for one in replacements]
        if (
            row is not None
            and row.replacement is not None
            and row.replacement_id not in {one.id for one in replacements}
        ):
            known.append((str(row.replacement_id), str(row.replacement)))
        self.fields["replacement"].choices = [("", "Personne"), *known]  # type: ignore[attr-defined]
        if row is not None:
            own = {"schedule": row.schedule_id or "", "replacement": row.replacement_id or ""}
            self.initial = {**self.initial, **own}

    def clock(self) -> ZoneInfo:
        place = self.places.get(self.cleaned_data.get("schedule"))
        return place.location.zone if place is not None else self.zone

    def away(self) -> Away:
        data = self.cleaned_data
        return Away(self.period(), data["label"], data["schedule"], data["replacement"])


class ClosureForm(PeriodForm):
    """`locations` are those that the person may close; a closure keeps its own."""

    location = forms.TypedChoiceField(
        label="Lieu", coerce=uuid.UUID, error_messages={"required": "Choisissez un lieu."}
    )

    def __init__(self, *args: Any, locations: Sequence[Location], row: Closure | None = None, **options: Any) -> None:
        super().__init__(*args, row=row, **options)
        self.places: dict[uuid.UUID | None, Location] = {one.id: one for one in locations}
        self.fields["location"].choices = [(str(one.id), one.name) for one in locations]  # type: ignore[attr-defined]
        if row is not None:
            del self.fields["location"]
        elif len(locations) == 1:
            self.initial["location"] = str(locations[0].id)

    def clock(self) -> ZoneInfo:
        place = self.places.get(self.cleaned_data.get("location"))
        return place.zone if place is not None else self.zone


def _initial(row: Absence | Closure | None, zone: ZoneInfo) -> dict[str, Any]:
    if row is None:
        return {}
    if row.start is None or row.end is None:
        return {"label": row.label, "first_day": row.first_day, "last_day": row.last_day}
    start, end = row.start.astimezone(zone), row.end.astimezone(zone)
    return {
        "label": row.label,
        "first_day": start.date(),
        "first_hour": _wall(start),
        # Midnight ends the day before.
        "last_day": (end - timedelta(microseconds=1)).date(),
        "last_hour": _wall(end),
    }


def _wall(moment: datetime) -> time:
    return time(moment.hour, moment.minute)
