"""What a manager types of a typical week."""

import dataclasses
import uuid
from collections.abc import Iterable, Sequence
from datetime import date, time
from typing import Any

from django import forms

from appointments.enums import AppointmentType, ConsultationType
from appointments.models import ReasonAt, Schedule
from appointments.models.openings import LONGEST, SHORTEST, WEEKDAYS
from appointments.openings.values import Opening
from appointments.setup.clock import ClockField
from appointments.setup.forms.fields import count_field
from appointments.setup.forms.versions import VersionedForm


class WeekForm(VersionedForm):
    """Step 5: the hours of a typical week. `schedules`: the practitioner's agendas here."""

    schedule = forms.TypedChoiceField(
        label="Lieu",
        coerce=uuid.UUID,
        error_messages={"invalid_choice": "Ce lieu n’est plus un des siens\u00a0: choisissez-en un autre."},
    )
    weekdays = forms.TypedMultipleChoiceField(
        label="Jours",
        choices=WEEKDAYS,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choisissez au moins un jour."},
    )
    morning_start = ClockField(label="Matin, de", required=False)
    morning_end = ClockField(label="à", required=False)
    afternoon_start = ClockField(label="Après-midi, de", required=False)
    afternoon_end = ClockField(label="à", required=False, ends_day=True)
    step_minutes = count_field(
        "Un rendez-vous toutes les (minutes)",
        least=SHORTEST,
        most=LONGEST,
        said="Un créneau dure de 5 minutes à 4 heures.",
    )

    def __init__(self, *args: Any, schedules: Sequence[Schedule], **options: Any) -> None:
        initial = {
            "schedule": str(schedules[0].pk),
            "weekdays": [1, 2, 3, 4, 5],
            "morning_start": time(9),
            "morning_end": time(12),
            "afternoon_start": time(14),
            "afternoon_end": time(18),
            "step_minutes": 15,
        }
        super().__init__(*args, **{"initial": initial} | options)
        self.schedules = {one.pk: one for one in schedules}
        self.asks_place = len(schedules) > 1
        self.fields["schedule"].choices = [(str(one.pk), one.location.name) for one in schedules]  # type: ignore[attr-defined]

    def field_of(self, element: str) -> str | None:
        """A rule's own names of its hours are not this form's."""
        return {"start_time": "morning_start", "end_time": "morning_end"}.get(element) or super().field_of(element)

    def clean(self) -> None:
        data = self.cleaned_data
        halves = [("morning_start", "morning_end"), ("afternoon_start", "afternoon_end")]
        for start, end in halves:
            if not self.errors.keys() & {start, end} and (data.get(start) is None) != (data.get(end) is None):
                self.add_error(
                    end if data.get(end) is None else start, "Indiquez le début et la fin, ou aucun des deux."
                )
        if self.errors:
            return
        hours = [(end, data[start], data[end]) for start, end in halves if data.get(start)]
        if not hours:
            self.add_error("morning_start", "Indiquez les heures du matin, de l’après-midi, ou des deux.")
        for end, since, until in hours:
            # Midnight ends its day.
            if until <= since and until != time(0):
                self.add_error(end, "La fin vient après le début\u00a0; une nuit s’ouvre sur la page Horaires.")
        if not self.errors and len(hours) == 2 and data["afternoon_start"] < data["morning_end"]:
            self.add_error("afternoon_start", "L’après-midi commence avant que le matin finisse.")

    @property
    def chosen(self) -> Schedule:
        return self.schedules[self.cleaned_data["schedule"]]

    def openings(self, done: Iterable[ReasonAt], *, first_day: date) -> list[Opening]:
        """`done`: the reasons of the agenda; those too long for a half-day are left out."""
        data, reasons = self.cleaned_data, list(done)
        hours = [
            (data["morning_start"], data["morning_end"]),
            (data["afternoon_start"], data["afternoon_end"]),
        ]
        found = []
        for start, end in hours:
            if start is None or end is None:
                continue
            opening = Opening(
                schedule_id=self.chosen.pk,
                weekdays=tuple(data["weekdays"]),
                start_time=start,
                end_time=end,
                step_minutes=data["step_minutes"],
                audiences=(),
                consultation_types=(ConsultationType.AMB,),
                appointment_type=AppointmentType.ROUTINE,
                first_day=first_day,
            )
            fitting = tuple(one.reason_id for one in reasons if one.lasts <= opening.minutes)
            found.append(dataclasses.replace(opening, reason_ids=fitting))
        return found
