"""Everything of a booked visit that the practice may change, in one form."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.choices import flatten_choices

from accounts.french import comes_twice, duration
from appointments.agenda.forms.changes import ChangeForm, TellForm
from appointments.agenda.forms.despite import DespiteForm
from appointments.agenda.forms.moments import TypedMoment
from appointments.booking.limits import LENGTHS
from appointments.booking.services.moving import Details, Wanted
from appointments.enums import ConsultationType
from appointments.models import Appointment, Schedule
from appointments.models.openings import LONGEST, SHORTEST
from appointments.slots.values import ReasonDone
from appointments.text_fields import Line, Paragraph, no_markup


class ReasonSelect(forms.Select):
    """Each reason with how long it takes where the visit stands, which script proposes."""

    minutes: Mapping[str, int] = {}

    def create_option(self, name: str, value: Any, *args: Any, **options: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **options)
        if (minutes := self.minutes.get(str(value))) is not None:
            option["attrs"]["data-minutes"] = minutes
        return option


class VisitForm(ChangeForm, TypedMoment, DespiteForm, TellForm):
    """`appointment` is loaded with its place and reason; `schedules`: the agendas it may stand in, its own first, each with its
    words; `reasons`: what is done in each. What is left as it is changes nothing.
    """

    schedule = forms.TypedChoiceField(
        label="Praticien et lieu",
        error_messages={
            "required": "Choisissez le praticien et le lieu.",
            "invalid_choice": "Cet agenda n’est pas proposé\u00a0: choisissez-en un autre.",
        },
    )
    minutes = forms.IntegerField(
        label="Durée en minutes",
        min_value=SHORTEST,
        max_value=LONGEST,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={
            "required": "Indiquez la durée.",
            "invalid": "Écrivez la durée en minutes, comme 15.",
            "min_value": LENGTHS,
            "max_value": LENGTHS,
        },
    )
    reason = forms.ChoiceField(
        label="Motif",
        required=False,
        widget=ReasonSelect,
        error_messages={"invalid_choice": "Ce motif n’est pas proposé\u00a0: choisissez-en un autre."},
    )
    consultation_type = forms.TypedChoiceField(
        label="Type de consultation",
        choices=ConsultationType.choices,
        coerce=ConsultationType,
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choisissez le type de consultation.",
            "invalid_choice": "Choisissez le type de consultation.",
        },
    )
    visit_address = Line(
        label="Adresse de la visite",
        required=False,
        max_length=300,
        checks=(no_markup,),
        help_text="À domicile seulement.",
    )
    note = Paragraph(
        label="Message pour le praticien",
        required=False,
        max_length=1000,
        help_text="Lu par le cabinet seulement. Jamais transmis au SAS.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self,
        *args: Any,
        appointment: Appointment,
        schedules: Sequence[tuple[Schedule, str]],
        reasons: Mapping[uuid.UUID, Sequence[ReasonDone]],
        today: date,
        **options: Any,
    ) -> None:
        self.booked, self.today = appointment, today
        self.schedules = {str(one.id): one for one, _ in schedules}
        self.local = appointment.start.astimezone(appointment.schedule.location.zone)
        super().__init__(*args, **options)
        self.initial = {
            "version": appointment.version,
            "schedule": str(appointment.schedule_id),
            "day": self.local.date(),
            "hour": self.local.time(),
            "minutes": appointment.minutes,
            "reason": str(appointment.reason_id or ""),
            "consultation_type": appointment.consultation_type,
            "visit_address": appointment.visit_address,
            "note": appointment.note,
        }
        self.fields["day"].required = self.fields["hour"].required = True
        place, reason = self._choices("schedule"), self._choices("reason")
        place.choices = [(str(one.id), label) for one, label in schedules]
        place.coerce = self.schedules.__getitem__
        self.lengths = _lengths(appointment, reasons)
        reason.choices = [("", "Non précisé"), *_reasons(appointment, reasons, self.lengths)]
        reason.widget.minutes = self.lengths
        if comes_twice(self.local) and not self.is_bound:
            self.offer_seasons(self.local, str(self.local.fold))

    def clean(self) -> None:
        data = self.cleaned_data
        data["start"] = None
        if data.get("consultation_type") == ConsultationType.HH and not data.get("visit_address"):
            self.add_error("visit_address", "Indiquez où va le praticien\u00a0: la consultation est à domicile.")
        day, hour, schedule = data.get("day"), data.get("hour"), data.get("schedule")
        if day is None or hour is None or schedule is None or self._is_as_it_was(day, hour):
            return
        try:
            self.check_day(day, self.today)
        except forms.ValidationError as error:
            self.add_error("day", error)
            return
        data["start"] = self.moment(day, hour, schedule.location.zone)

    def wanted(self) -> Wanted:
        data = self.cleaned_data
        details = Details(
            reason_id=uuid.UUID(data["reason"]) if data["reason"] else None,
            consultation_type=data["consultation_type"],
            visit_address=data["visit_address"],
            note=data["note"],
        )
        goes = data["schedule"].id != self.booked.schedule_id
        return Wanted(
            start=data["start"],
            minutes=data["minutes"],
            schedule_id=data["schedule"].id if goes else None,
            details=details,
        )

    @property
    def usual_length(self) -> int | None:
        """What the reason takes, when another one was chosen and the length was left: to be proposed, not taken."""
        data = self.cleaned_data
        usual = self.lengths.get(data["reason"])
        is_left = data["minutes"] == self.booked.minutes and data["reason"] != str(self.booked.reason_id or "")
        return usual if is_left and usual != data["minutes"] else None

    @property
    def asked(self) -> str:
        data = self.cleaned_data
        start: datetime = data["start"] or self.booked.start
        return f"{data['schedule'].id} {start.isoformat()} {data['minutes']}"

    def differences(self, now: "VisitForm") -> list[tuple[str, str]]:
        """The fields typed otherwise than they are now (`now`: the form as a page would open it), and what they hold now."""
        found = []
        for name in ("schedule", "day", "hour", "minutes", "reason", "consultation_type", "visit_address", "note"):
            typed, held = self[name].value(), now[name].value()
            if self.fields[name].has_changed(now.initial[name], typed):
                found.append((str(self.fields[name].label), now.shown(name, held)))
        return found

    def shown(self, name: str, value: Any) -> str:
        if name == "day":
            return f"{value:%d/%m/%Y}"
        if isinstance(self.fields[name], forms.ChoiceField):
            return str(dict(flatten_choices(self._choices(name).choices)).get(str(value), value))
        return str(value or "")

    def _is_as_it_was(self, day: date, hour: Any) -> bool:
        said = self.cleaned_data.get("fold") or ""
        return (day, hour) == (self.local.date(), self.local.time().replace(second=0, microsecond=0)) and said in {
            "",
            str(self.local.fold),
        }

    def _choices(self, name: str) -> Any:
        return self.fields[name]


def _lengths(appointment: Appointment, reasons: Mapping[uuid.UUID, Sequence[ReasonDone]]) -> dict[str, int]:
    """How long each takes where the visit stands, else where it is done."""
    rows = [one for schedule, done in reasons.items() if schedule != appointment.schedule_id for one in done]
    return {str(one.id): one.minutes for one in [*rows, *reasons.get(appointment.schedule_id, ())]}


def _reasons(
    appointment: Appointment, reasons: Mapping[uuid.UUID, Sequence[ReasonDone]], lengths: Mapping[str, int]
) -> list[tuple[str, Any]]:
    """Those done where the visit stands, with its own, then what others do."""
    here = {str(one.id): one.label for one in reasons.get(appointment.schedule_id, ())}
    if appointment.reason is not None:
        here.setdefault(str(appointment.reason_id), appointment.reason.label)
    others = {str(one.id): one.label for rows in reasons.values() for one in rows if str(one.id) not in here}

    def named(rows: dict[str, str]) -> list[tuple[str, str]]:
        return [
            (key, f"{label} ({duration(lengths[key])})" if key in lengths else label) for key, label in rows.items()
        ]

    return [*named(here), *([("Ailleurs seulement", named(others))] if others else [])]
