"""A visit that the practice takes whenever it likes: where, when, how long, and the patient."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms

from accounts.french import comes_twice, duration, listed, sentence
from accounts.zones import are_several, beside, there
from appointments.agenda.forms.despite import DespiteForm, TellForm
from appointments.agenda.forms.moments import TypedMoment
from appointments.booking.forms import BookingForm
from appointments.booking.limits import LENGTHS
from appointments.booking.services.booking import Visit
from appointments.days import FIRST_DAY, LAST_DAY
from appointments.enums import ConsultationType
from appointments.models import Appointment, Patient, Schedule
from appointments.models.openings import LONGEST, SHORTEST
from appointments.openings.recurrence import instant
from appointments.patients.forms import IDENTITY, as_typed
from appointments.patients.values import PatientDetails
from appointments.places.selectors import grid_zone
from appointments.setup.clock import parse_clock
from appointments.slots.values import ReasonDone

_STEP = 5


@dataclass(frozen=True, slots=True)
class Shown:
    """The moment that a form says, as far as it is understood, at its place's clock. `end`: where it says a length."""

    schedule: Schedule
    start: datetime
    end: datetime | None


class _ReasonSelect(forms.Select):
    """Each option tells the script that follows it how long the reason takes, and its tone."""

    done: Mapping[str, ReasonDone] = {}

    def create_option(self, name: str, value: Any, *args: Any, **options: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **options)
        if one := self.done.get(str(value)):
            option["attrs"] |= {"data-minutes": one.minutes, "data-tone": one.colour}
        return option


class FreeBookingForm(TypedMoment, DespiteForm, TellForm, BookingForm):
    """`schedules`: the practitioner's open agendas; `reasons`: what is done at each. `cleaned_data["start"]` is in UTC.

    `file`: of somebody the practice knows: who it is is not asked again, how they are reached for this visit may be changed.
    Without minutes the visit lasts as long as its reason does there.
    """

    schedule = forms.TypedChoiceField(
        label="Lieu",
        error_messages={
            "required": "Choisissez le lieu.",
            "invalid_choice": "Cet agenda n’est plus proposé\u00a0: choisissez-en un autre.",
        },
    )
    minutes = forms.IntegerField(
        label="Durée en minutes",
        required=False,
        min_value=SHORTEST,
        max_value=LONGEST,
        help_text="Laissée vide, celle du motif.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "invalid": "Écrivez la durée en minutes, comme 15.",
            "min_value": LENGTHS,
            "max_value": LENGTHS,
        },
    )

    # The place first: how a phone is read depends on it.
    field_order = (
        "schedule",
        "day",
        "hour",
        "fold",
        "reason",
        "minutes",
        "consultation_type",
        *BookingForm.field_order,
    )

    def __init__(
        self,
        *args: Any,
        schedules: Sequence[Schedule],
        reasons: Mapping[uuid.UUID, Sequence[ReasonDone]],
        now: datetime,
        file: Patient | None = None,
        **options: Any,
    ) -> None:
        self.file = file
        self.schedules = {str(one.id): one for one in schedules}
        self.done, self.now = reasons, now
        every = {one.id: one for rows in reasons.values() for one in rows}
        # The first place's, until it is known which is chosen.
        zone = grid_zone(schedules)
        super().__init__(*args, modes=list(ConsultationType), reasons=every.values(), zone=zone, **options)
        self.fields["day"].required = self.fields["hour"].required = True
        self.fields["family_name"].widget.attrs.pop("autofocus", None)
        if file is not None:
            for name, value in as_typed(file, zone).items():
                self.initial.setdefault(name, value)
            for name in IDENTITY:
                del self.fields[name]
        place, reason = self._choices("schedule"), self._choices("reason")
        several = are_several(one.location.zone for one in schedules)
        place.choices = [
            (key, one.location.name + (there(one.location.zone, always=True) if several else ""))
            for key, one in self.schedules.items()
        ]
        if not several:
            self.fields["hour"].help_text = sentence(beside(zone))
        place.coerce = self.schedules.__getitem__  # type: ignore[attr-defined]
        # Whom it is for is known: what they come for is next.
        reason.widget = _ReasonSelect(attrs={} if file is None or self.is_bound else {"data-focus": ""})
        reason.choices = [("", "Non précisé"), *_by_place(schedules, reasons)]
        reason.error_messages["invalid_choice"] = "Ce motif n’est pas proposé\u00a0: choisissez-en un autre."
        if not self.is_bound:
            self._begin()
        chosen = self.schedules.get(str(self["schedule"].value()), schedules[0]) if schedules else None
        reason.widget.done = {str(one.id): one for one in reasons.get(chosen.id, ())} if chosen else {}

    def _begin(self) -> None:
        """Somebody who walks in is noted with one click: today, now; unless an hour is given, or is to be typed."""
        schedule = self.schedules[self.initial.setdefault("schedule", next(iter(self.schedules)))]
        self.initial.setdefault("consultation_type", ConsultationType.AMB)
        local = self.now.astimezone(schedule.location.zone)
        day = self.initial.get("day")
        if day is not None and "hour" in self.initial:
            return
        if day is None or day <= local.date():
            # Not by subtraction, which forgets which of two hours of one name it is.
            local = local.replace(minute=local.minute - local.minute % _STEP, second=0, microsecond=0)
            self.initial["day"], self.initial["hour"] = local.date(), local.time()
            if comes_twice(local):
                self.offer_seasons(local, str(local.fold))

    def first_blank(self) -> str:
        """What is still to be said of somebody new, once it is understood what was typed to find them: typing goes on there."""
        asked = ("family_name", "given_name", "birth_date", "phone", "sex")
        name = next((one for one in asked if one in self.fields and not self[one].value()), "")
        if name and name != "sex":
            self.fields[name].widget.attrs["data-focus"] = ""
        return name

    def keep_to(self, schedule: Schedule) -> None:
        """The place is settled: only what is done there is proposed."""
        self._choices("reason").choices = [
            ("", "Non précisé"),
            *_by_place([schedule], {schedule.id: self.done.get(schedule.id, ())}),
        ]

    def clean_schedule(self) -> Schedule:
        schedule: Schedule = self.cleaned_data["schedule"]
        self.zone = schedule.location.zone
        return schedule

    def clean(self) -> None:
        super().clean()
        schedule: Schedule | None = self.cleaned_data.get("schedule")
        if schedule is None:
            return
        self._clean_length(schedule)
        day, at = self.cleaned_data.get("day"), self.cleaned_data.get("hour")
        if day is None:
            return
        try:
            self.check_day(day, self.now.astimezone(schedule.location.zone).date())
        except forms.ValidationError as error:
            self.add_error("day", error)
            return
        if at is not None:
            self.cleaned_data["start"] = self.moment(day, at, schedule.location.zone)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @property
    def shown(self) -> Shown | None:
        schedule = self.schedules.get(str(self["schedule"].value()))
        day, at, minutes = (self[name].value() for name in ("day", "hour", "minutes"))
        try:
            day = day if isinstance(day, date) else date.fromisoformat(day or "")
            at = at if isinstance(at, time) else parse_clock(at or "")
            length = timedelta(minutes=int(minutes)) if minutes else None
        except ValueError:
            return None
        if schedule is None or not FIRST_DAY <= day <= LAST_DAY:
            return None
        zone = schedule.location.zone
        start = instant(day, at, zone).astimezone(zone)
        if comes_twice(start) and self["fold"].value() == "1":
            start = start.replace(fold=1)
        end = (start.astimezone(UTC) + length).astimezone(zone) if length is not None else None
        return Shown(schedule, start, end)

    def patient(self) -> PatientDetails:
        if self.file is None:
            return super().patient()
        known = {name: getattr(self.file, name) for name in PatientDetails.__slots__}
        return PatientDetails(**known | {name: self.cleaned_data[name] for name in known if name in self.cleaned_data})

    def visit(self) -> Visit:
        file = self.file.pk if self.file is not None else None
        return replace(super().visit(), file=file, tell=self.tell)

    def is_patient_of(self, appointment: Appointment) -> bool:
        if self.file is None:
            return super().is_patient_of(appointment)
        return appointment.patient_id == self.file.pk and appointment.note == self.cleaned_data["note"]

    @property
    def asked(self) -> str:
        data = self.cleaned_data
        return f"{data['schedule'].id} {data['start'].isoformat()} {data['minutes']}"

    @property
    def reaches_more(self) -> bool:
        """Something of the panel's folded part is typed, needed, or to correct: show it open."""
        at_home = self["consultation_type"].value() == ConsultationType.HH and not self["address"].value()
        folded = ("note", "email", "address", "caller", "no_phone", "no_given_name")
        wrong = any(self[name].errors for name in folded if name in self.fields)
        return bool(at_home or wrong or self["note"].value())

    def _clean_length(self, schedule: Schedule) -> None:
        wanted = self.cleaned_data.get("reason")
        reason = next((one for one in self.done.get(schedule.id, ()) if str(one.id) == wanted), None)
        if wanted and reason is None:
            self.add_error("reason", "Ce motif ne se fait pas dans ce lieu\u00a0: choisissez-en un autre.")
        elif self.cleaned_data.get("minutes") is None and "minutes" not in self.errors and "reason" not in self.errors:
            if reason is None:
                self.add_error("minutes", "Indiquez la durée, ou un motif qui la donne.")
            else:
                self.cleaned_data["minutes"] = reason.minutes


def _by_place(
    schedules: Sequence[Schedule], reasons: Mapping[uuid.UUID, Sequence[ReasonDone]]
) -> list[tuple[str, str | list[tuple[str, str]]]]:
    """Those that are done at every place, then the others under the places where they are."""
    lengths, places = _lengths(reasons), dict[uuid.UUID, list[str]]()
    for schedule in schedules:
        for one in reasons.get(schedule.id, ()):
            places.setdefault(one.id, []).append(schedule.location.name)
    everywhere: list[tuple[str, str]] = []
    groups: dict[str, list[tuple[str, str]]] = {}
    for key, names in places.items():
        group = everywhere if len(names) == len(schedules) else groups.setdefault(listed(names), [])
        group.append((str(key), lengths[key]))
    return [*everywhere, *groups.items()]


def _lengths(reasons: Mapping[uuid.UUID, Sequence[ReasonDone]]) -> dict[uuid.UUID, str]:
    """Each reason with how long it takes, where that is the same everywhere."""
    found: dict[uuid.UUID, set[int]] = {}
    labels: dict[uuid.UUID, str] = {}
    for rows in reasons.values():
        for one in rows:
            labels[one.id] = one.label
            found.setdefault(one.id, set()).add(one.minutes)
    return {
        key: f"{label} ({duration(next(iter(found[key])))})" if len(found[key]) == 1 else label
        for key, label in labels.items()
    }
