"""What the practice types to open hours and to note absences."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from appointments.days import FIRST_DAY, LAST_DAY
from appointments.enums import AppointmentType, Audience, ConsultationType
from appointments.grid import DAY_MINUTES
from appointments.models import Absence, Reason, Rule, Schedule
from appointments.models.openings import WEEKDAYS
from appointments.openings.recurrence import instant
from appointments.openings.services import LONGEST_ABSENCE, Days, Hours, Opening
from appointments.setup.clock import ClockField
from appointments.setup.selectors import offered_reasons

# To whom the page of a rule can show it. A community is chosen by name, which it can't yet.
OFFERED = (Audience.PUBLIC, Audience.PRO, Audience.SNP)


class DayField(forms.DateField):
    """A day within the agenda's years, typed or picked."""

    def __init__(self, **options: Any) -> None:
        unreadable = {"invalid": "Cette date n’est pas lisible\u00a0: écrivez-la comme 25/11/2026."}
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), error_messages=unreadable, **options
        )

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None and not FIRST_DAY <= value <= LAST_DAY:
            raise forms.ValidationError(
                f"Cette date est trop loin\u00a0: il faut une année de {FIRST_DAY.year} à {LAST_DAY.year}."
            )


class RuleForm(forms.Form):
    """`schedules` and `reasons` are those on offer. `opening()` gives the value for the services."""

    weekdays = forms.TypedMultipleChoiceField(
        label="Jours",
        choices=WEEKDAYS,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choisissez au moins un jour."},
    )
    start_time = ClockField(label="De", error_messages={"required": "Indiquez l’heure de début."})
    end_time = ClockField(label="À", ends_day=True, error_messages={"required": "Indiquez l’heure de fin."})
    step_minutes = forms.IntegerField(
        label="Créneau (minutes)",
        min_value=5,
        max_value=240,
        error_messages={
            "required": "Indiquez la durée d’un créneau.",
            "invalid": "Indiquez la durée en minutes, par exemple 15.",
            "min_value": "Un créneau dure de 5 minutes à 4 heures.",
            "max_value": "Un créneau dure de 5 minutes à 4 heures.",
        },
    )
    first_day = DayField(label="Valable du", required=False)
    last_day = DayField(label="Au", required=False)
    audiences = forms.TypedMultipleChoiceField(
        label="Types",
        choices=[(audience.value, audience.label) for audience in OFFERED],
        coerce=Audience,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    consultation_types = forms.TypedMultipleChoiceField(
        label="Modes",
        choices=ConsultationType.choices,
        coerce=ConsultationType,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choisissez au moins un mode de consultation."},
    )
    appointment_type = forms.TypedChoiceField(
        label="Venue",
        choices=AppointmentType.choices,
        coerce=AppointmentType,
        widget=forms.RadioSelect,
        error_messages={"required": "Choisissez sur rendez-vous ou sans."},
    )
    reasons = forms.TypedMultipleChoiceField(
        label="Motifs", coerce=uuid.UUID, required=False, widget=forms.CheckboxSelectMultiple
    )
    new_reason = forms.CharField(label="Ajouter un motif", max_length=100, required=False)
    schedule = forms.TypedChoiceField(
        label="Lieu",
        coerce=uuid.UUID,
        error_messages={
            "required": "Choisissez un lieu.",
            "invalid_choice": "Ce lieu n’est pas proposé\u00a0: choisissez-en un autre.",
        },
    )

    def __init__(
        self,
        *args: Any,
        schedules: Sequence[Schedule],
        reasons: Sequence[Reason],
        rule: Rule | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **{"initial": _initial(rule, schedules)} | options)
        self.fields["schedule"].choices = [(str(one.id), one.location.name) for one in schedules]  # type: ignore[attr-defined]
        self.fields["reasons"].choices = [(str(one.id), one.label) for one in reasons]  # type: ignore[attr-defined]

    def clean_new_reason(self) -> str:
        return " ".join(str(self.cleaned_data["new_reason"]).split())

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = self.cleaned_data
        start, end, minutes = data.get("start_time"), data.get("end_time"), data.get("step_minutes")
        if start is not None and end is not None:
            length = (_minutes(end) or DAY_MINUTES) - _minutes(start)
            if length <= 0:
                self.add_error("end_time", "L’heure de fin vient après l’heure de début.")
            elif minutes is not None and minutes > length:
                self.add_error("step_minutes", "Un créneau de cette durée ne tient pas dans ces heures.")
        first, last = data.get("first_day"), data.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", "Le dernier jour ne peut pas précéder le premier.")
        return data

    def opening(self) -> Opening:
        data = self.cleaned_data
        return Opening(
            schedule_id=data["schedule"],
            weekdays=tuple(data["weekdays"]),
            start_time=data["start_time"],
            end_time=data["end_time"],
            step_minutes=data["step_minutes"],
            audiences=tuple(data["audiences"]),
            consultation_types=tuple(data["consultation_types"]),
            appointment_type=data["appointment_type"],
            reason_ids=tuple(data["reasons"]),
            new_reason=data["new_reason"],
            first_day=data["first_day"],
            last_day=data["last_day"],
        )


class AbsenceForm(forms.Form):
    """Whole days when no hour is given. `period()` gives the value for the services."""

    label = forms.CharField(label="Intitulé", max_length=100, required=False)
    first_day = DayField(label="Du")
    first_hour = ClockField(label="À partir de", required=False)
    last_day = DayField(label="Au", required=False)
    last_hour = ClockField(label="Jusqu’à", ends_day=True, required=False)

    def __init__(self, *args: Any, zone: ZoneInfo, absence: Absence | None = None, **options: Any) -> None:
        super().__init__(*args, **{"initial": _absence_initial(absence, zone)} | options)
        self.zone = zone
        self.fields["first_day"].error_messages["required"] = "Indiquez le premier jour."

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = self.cleaned_data
        if self.errors:
            return data
        first: date = data["first_day"]
        last: date = data["last_day"] or first
        start = instant(first, data["first_hour"] or time.min, self.zone)
        until: time | None = data["last_hour"]
        ends_with_day = until is None or until == time.min
        closing = instant(last + timedelta(days=1), time.min, self.zone)
        end = closing if ends_with_day else instant(last, until or time.min, self.zone)
        if last < first:
            self.add_error("last_day", "Le dernier jour ne peut pas précéder le premier.")
        elif end <= start:
            self.add_error("last_hour", "La fin de l’absence vient après son début.")
        elif end - start > LONGEST_ABSENCE:
            self.add_error("last_day", "Une absence dure deux ans au plus\u00a0: vérifiez les dates.")
        whole = data["first_hour"] is None and ends_with_day
        data["period"] = Days(first, last) if whole else Hours(start, end)
        return data

    def period(self) -> Days | Hours:
        period: Days | Hours = self.cleaned_data["period"]
        return period


def _initial(rule: Rule | None, schedules: Sequence[Schedule]) -> dict[str, Any]:
    """A new rule shows nothing to anyone until a type is ticked."""
    if rule is None:
        place = {"schedule": str(schedules[0].id)} if len(schedules) == 1 else {}
        ordinary = {"consultation_types": [ConsultationType.AMB], "appointment_type": AppointmentType.ROUTINE}
        return {"step_minutes": 15, **ordinary, **place}
    return {
        "schedule": str(rule.schedule_id),
        "weekdays": rule.weekdays,
        "start_time": rule.start_time,
        "end_time": rule.end_time,
        "step_minutes": rule.step_minutes,
        "audiences": rule.audiences,
        "consultation_types": rule.consultation_types,
        "appointment_type": rule.appointment_type,
        "reasons": [str(reason_id) for reason_id in offered_reasons(rule)],
        "first_day": rule.first_day,
        "last_day": rule.last_day,
    }


def _absence_initial(absence: Absence | None, zone: ZoneInfo) -> dict[str, Any]:
    if absence is None:
        return {}
    if absence.start is None or absence.end is None:
        return {"label": absence.label, "first_day": absence.first_day, "last_day": absence.last_day}
    start, end = absence.start.astimezone(zone), absence.end.astimezone(zone)
    return {
        "label": absence.label,
        "first_day": start.date(),
        "first_hour": _wall(start),
        # Midnight ends the day before.
        "last_day": (end - timedelta(microseconds=1)).date(),
        "last_hour": _wall(end),
    }


def _wall(moment: datetime) -> time:
    return time(moment.hour, moment.minute)


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute
