"""What the practice types to note an absence, or that a place is closed."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms

from accounts.french import comes_twice, sentence
from accounts.models import Practitioner
from accounts.zones import are_several, beside, there
from appointments.models import Absence, Closure, Location, Schedule
from appointments.models.openings import MOST_WEEKS, WEEKDAYS
from appointments.openings.recurrence import instant
from appointments.openings.services.absences import Away
from appointments.openings.values import Days, Hours, Repeat, When
from appointments.setup.clock import ClockField
from appointments.setup.forms.fields import DayField, count_field
from appointments.setup.forms.moments import Seasons, fold_field, seasons_of, typed_moment
from appointments.setup.forms.versions import VersionedForm
from appointments.setup.selectors import zone_of
from appointments.text_fields import Line, no_markup

_NO_PLACE = "Ce lieu n’est pas proposé\u00a0: choisissez-en un autre."
_WHEN = {"first_day", "first_hour", "last_day", "last_hour"}
_AGAIN = ("until", "every_n_weeks", "weekdays")


class PeriodForm(VersionedForm):
    """Whole days when no hour is given. `period()` gives the value for the services; a new one may come back every week.

    `zone` is the clock of what is everywhere, `row_zone` that at which the row is told.
    """

    kind: ClassVar[type[Absence | Closure]]

    label = Line(label="Intitulé", max_length=100, required=False, checks=(no_markup,))
    first_day = DayField(label="Du", error_messages={"required": "Indiquez le premier jour."})
    first_hour = ClockField(label="À partir de", required=False)
    first_fold = fold_field("Laquelle des deux, au début")
    last_day = DayField(label="Au", required=False)
    last_hour = ClockField(label="Jusqu’à", ends_day=True, required=False)
    last_fold = fold_field("Laquelle des deux, à la fin")
    until = DayField(
        label="Revient jusqu’au", required=False, help_text="Vide\u00a0: une seule fois. Deux ans au plus."
    )
    every_n_weeks = count_field(
        "Toutes les … semaines",
        least=1,
        most=MOST_WEEKS,
        said=f"Cela revient toutes les 1 à {MOST_WEEKS} semaines.",
        required=False,
    )
    weekdays = forms.TypedMultipleChoiceField(
        label="Jours où elle revient",
        choices=WEEKDAYS,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    # Of the hour it begins, and of the one it ends.
    first_seasons: Seasons = ()
    last_seasons: Seasons = ()

    def __init__(self, *args: Any, zone: ZoneInfo, row: Absence | Closure | None = None, **options: Any) -> None:
        self.zone = zone
        super().__init__(*args, **{"initial": self.values_of(row) if row is not None else {}} | options)
        if row is None:
            return
        for name in _AGAIN:
            del self.fields[name]
        self.row_zone = zone_of(row, zone)
        if row.start is not None and row.end is not None:
            self.first_seasons, self.last_seasons = (
                _seasons(at.astimezone(self.row_zone)) for at in (row.start, row.end)
            )

    def values_of(self, row: Any) -> dict[str, Any]:
        values: dict[str, Any] = {"version": row.version, "label": row.label}
        if row.is_whole_days:
            days = {"first_day": row.first_day, "last_day": row.last_day}
            return values | days | {"first_hour": None, "last_hour": None}
        start, end = (at.astimezone(zone_of(row, self.zone)) for at in (row.start, row.end))
        for name, local in (("first", start), ("last", end)):
            values[f"{name}_hour"] = time(local.hour, local.minute)
            if comes_twice(local):
                values[f"{name}_fold"] = str(local.fold)
        # Midnight ends the day before.
        return values | {"first_day": start.date(), "last_day": (end - timedelta.resolution).date()}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = self.cleaned_data
        if (data.get("weekdays") or (data.get("every_n_weeks") or 1) > 1) and not (
            data.get("until") or "until" in self.errors
        ):
            self.add_error("until", "Indiquez jusqu’à quand elle revient, ou effacez ses jours et ses semaines.")
        if not _WHEN.isdisjoint(self.errors):
            return data
        self.first_seasons = self.last_seasons = ()
        first: date = data["first_day"]
        last: date = data["last_day"] or first
        if last < first:
            self.add_error("last_day", "Le dernier jour ne peut pas précéder le premier.")
        elif data["first_hour"] is None and data["last_hour"] in (None, time.min):
            data["period"] = Days(first, last)
        else:
            self._clean_hours(first, last)
        return data

    def _clean_hours(self, first: date, last: date) -> None:
        data, zone = self.cleaned_data, self.clock()
        opening: time | None = data["first_hour"]
        closing: time | None = data["last_hour"]
        start: datetime | None = instant(first, time.min, zone)
        end: datetime | None = instant(last + timedelta(days=1), time.min, zone)
        if opening is not None:
            start, self.first_seasons = typed_moment(self, first, opening, zone, hour="first_hour", fold="first_fold")
        if closing not in (None, time.min):
            end, self.last_seasons = typed_moment(self, last, closing, zone, hour="last_hour", fold="last_fold")
        if start is None or end is None:
            return
        # As long as it is not said which of two hours is meant, the order is not known.
        if end <= start and {"first_fold", "last_fold"}.isdisjoint(self.errors):
            self.add_error("last_hour", f"La fin de {self.kind.THE} vient après son début.")
        data["period"] = Hours(start, end)

    def tell_clock(self, zones: Collection[ZoneInfo]) -> bool:
        """At whose clock hours are read is told beside them; where those to choose from have several (True), beside each."""
        several = are_several(zones)
        if not several:
            told = sentence(beside(next(iter(zones), self.zone)))
            self.fields["first_hour"].help_text = self.fields["last_hour"].help_text = told
        return several

    def clock(self) -> ZoneInfo:
        """At whose clock the hours are read."""
        return self.zone

    def period(self) -> When:
        period: When = self.cleaned_data["period"]
        return period

    def repeat(self) -> Repeat | None:
        data = self.cleaned_data
        if data.get("until") is None:
            return None
        return Repeat(data["until"], data["every_n_weeks"] or 1, tuple(data["weekdays"]))


class AbsenceForm(PeriodForm):
    """`schedules` are those of the practitioner's where one may be noted; `everywhere`: one that holds at all their places
    may be too. `replacements` are the agendas of who may replace them.
    """

    kind = Absence

    schedule = forms.TypedChoiceField(
        label="Où",
        coerce=uuid.UUID,
        empty_value=None,
        required=False,
        error_messages={"required": "Choisissez le lieu.", "invalid_choice": _NO_PLACE},
    )
    replacement = forms.TypedChoiceField(
        label="Remplacé par",
        coerce=uuid.UUID,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": "Cet agenda n’est plus ouvert\u00a0: choisissez un autre remplaçant."},
    )

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
        several = self.tell_clock([one.location.zone for one in schedules])
        places = [(str(one.id), one.location.name, one.location.zone) for one in schedules]
        offered = [("", "Partout", self.zone), *places] if everywhere else places
        self.fields["schedule"].choices = _named(offered, several)  # type: ignore[attr-defined]
        self.fields["schedule"].required = not everywhere
        others = list(replacements)
        if row is not None and row.replacement is not None and row.replacement not in others:
            others.append(row.replacement)
        self.fields["replacement"].choices = _replacements(others, of=schedules)  # type: ignore[attr-defined]

    def values_of(self, row: Absence) -> dict[str, Any]:
        own = {"schedule": str(row.schedule_id or ""), "replacement": str(row.replacement_id or "")}
        return super().values_of(row) | own

    def clock(self) -> ZoneInfo:
        place = self.places.get(self.cleaned_data.get("schedule"))
        return place.location.zone if place is not None else self.zone

    def away(self) -> Away:
        data = self.cleaned_data
        return Away(self.period(), data["label"], data["schedule"], data["replacement"])


class ClosureForm(PeriodForm):
    """`locations` are those that the person may close; a closure keeps its own."""

    kind = Closure

    location = forms.TypedChoiceField(
        label="Lieu",
        coerce=uuid.UUID,
        error_messages={"required": "Choisissez un lieu.", "invalid_choice": _NO_PLACE},
    )

    def __init__(self, *args: Any, locations: Sequence[Location], row: Closure | None = None, **options: Any) -> None:
        super().__init__(*args, row=row, **options)
        self.places: dict[uuid.UUID | None, Location] = {one.id: one for one in locations}
        several = self.tell_clock([one.zone for one in locations] if row is None else [row.location.zone])
        self.fields["location"].choices = _named([(str(one.id), one.name, one.zone) for one in locations], several)  # type: ignore[attr-defined]
        if row is not None:
            del self.fields["location"]
        elif len(locations) == 1:
            self.initial["location"] = str(locations[0].id)

    def clock(self) -> ZoneInfo:
        place = self.places.get(self.cleaned_data.get("location"))
        return place.zone if place is not None else self.zone


def _replacements(offered: Sequence[Schedule], *, of: Sequence[Schedule]) -> list[tuple[str, Any]]:
    """Who does the same first; the others after them, each with what they do."""
    own = set().union(*(_does(one.calendar.practitioner) for one in of))
    same, others = [], []
    for one in offered:
        practitioner = one.calendar.practitioner
        if not own.isdisjoint(_does(practitioner)):
            same.append((str(one.id), str(one)))
        elif practitioner is not None:
            others.append((str(one.id), f"{one} ({practitioner.discipline})"))
    named = [("Même spécialité", same), ("Autre spécialité", others)]
    return [("", "Personne"), *((label, found) for label, found in named if found)]


def _does(practitioner: Practitioner | None) -> set[str]:
    if practitioner is None:
        return set()
    return set(practitioner.specialty_codes) or {practitioner.profession}


def _named(places: Iterable[tuple[str, str, ZoneInfo]], several: bool) -> list[tuple[str, str]]:
    """With their clocks, where these are several."""
    return [(key, name + there(zone, always=True) if several else name) for key, name, zone in places]


def _seasons(local: datetime) -> Seasons:
    return seasons_of(local, str(local.fold)) if comes_twice(local) else ()
