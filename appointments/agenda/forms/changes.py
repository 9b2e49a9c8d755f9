"""What the practice types to change an appointment. Each form carries the version its page was opened on."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms

from accounts.french import comes_twice
from appointments.agenda.forms.despite import DespiteForm, TellForm
from appointments.agenda.forms.moments import TypedMoment
from appointments.booking.limits import FARTHEST, LENGTHS
from appointments.booking.services.corrections import Version
from appointments.enums import CancelledFor, Status
from appointments.models import Appointment, Schedule
from appointments.models.openings import LONGEST, SHORTEST
from appointments.slots.slot_key import SlotKey
from appointments.text_fields import Line, no_markup
from appointments.version_field import VersionField


class ChangeForm(forms.Form):
    """What each has."""

    version = VersionField()


class CancelForm(ChangeForm, TellForm):
    cancelled_for = forms.ChoiceField(
        label="Qui le demande",
        required=False,
        choices=[(CancelledFor.PATIENT, "Le patient"), (CancelledFor.PRACTICE, "Le cabinet")],
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Dites qui le demande\u00a0: le patient ou le cabinet."},
    )
    because = Line(label="Pourquoi", required=False, max_length=200, checks=(no_markup,))

    def cause(self) -> CancelledFor | None:
        said = self.cleaned_data["cancelled_for"]
        return CancelledFor(said) if said else None


class ClockNameField(forms.CharField):
    """The clock of the grid in which somebody dropped it."""

    def clean(self, value: Any) -> ZoneInfo | None:
        name = super().clean(value)
        if not name:
            return None
        try:
            return ZoneInfo(name) if re.fullmatch(r"[A-Za-z_+-]+(/[A-Za-z_+-]+){0,2}", name) else ZoneInfo("")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise forms.ValidationError("Ce fuseau horaire n’existe pas.") from None


class StatusForm(ChangeForm):
    status = forms.TypedChoiceField(
        choices=[(status.value, status.label) for status in (Status.FULFILLED, Status.NOSHOW, Status.BOOKED)],
        coerce=Status,
        error_messages={"invalid_choice": "Ce statut ne se choisit pas ici."},
    )


class ArrivalForm(ChangeForm):
    arrived = forms.TypedChoiceField(
        choices=[("1", "Noter l’arrivée"), ("0", "Effacer l’arrivée")],
        coerce=lambda value: value == "1",
        empty_value=None,
        error_messages={
            "required": "Dites si le patient est arrivé.", "invalid_choice": "Dites si le patient est arrivé.",
        },
    )  # fmt: skip


class JoinForm(ChangeForm):
    """Without a file: back to the one the visit was booked for."""

    patient_version = VersionField()
    file = forms.UUIDField(
        required=False, error_messages={"invalid": "Ce dossier n’existe pas\u00a0: choisissez-en un autre."}
    )

    def versions(self) -> Version:
        return Version(self.cleaned_data["version"], self.cleaned_data["patient_version"])


class UndoForm(ChangeForm, DespiteForm):
    """What is taken back is known by the version."""

    @property
    def asked(self) -> str:
        return str(self.cleaned_data["version"])


class MoveForm(ChangeForm, TypedMoment, DespiteForm, TellForm):
    """A free slot, or a day and an hour of one's own: `cleaned_data["start"]` is the instant, in UTC.

    What is dragged in the grid says another length too, or alone, and whose column it was dropped in; its hours are those of the
    grid's `clock`.
    """

    slot = forms.CharField(label="Créneaux libres", max_length=100, required=False)
    minutes = forms.IntegerField(
        required=False,
        min_value=SHORTEST,
        max_value=LONGEST,
        error_messages={"invalid": LENGTHS, "min_value": LENGTHS, "max_value": LENGTHS},
    )
    practitioner = forms.UUIDField(required=False, error_messages={"invalid": "Ce praticien n’existe pas."})
    clock = ClockNameField(required=False, max_length=60)

    def __init__(self, *args: Any, appointment: Appointment, today: date, **options: Any) -> None:
        super().__init__(*args, **options)
        self.appointment = appointment
        self.today = today

    def clean_day(self) -> date | None:
        day: date | None = self.cleaned_data["day"]
        return self.check_day(day, self.today) if day is not None else None

    def clean_slot(self) -> SlotKey | None:
        text = self.cleaned_data["slot"]
        if not text:
            return None
        try:
            key = SlotKey.parse(text)
        except ValueError:
            key = None
        # Nothing of a forged key is reckoned with before its bounds are known: the calendar has ends.
        if key is None or key.schedule_id != self.appointment.schedule_id or not self._is_within_reach(key):
            raise forms.ValidationError("Ce créneau n’existe pas\u00a0: choisissez-en un autre.")
        return key

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = self.cleaned_data
        key, day, hour = data.get("slot"), data.get("day"), data.get("hour")
        if self.errors:
            return data
        if key is not None and hour is not None:
            self.add_error("hour", "Choisissez «\u00a0Un autre moment\u00a0» pour cette heure, ou effacez-la.")
        elif key is not None:
            data["start"] = key.start
        elif hour is None and day is None and data["minutes"] is not None:
            data["start"] = None
        elif hour is None:
            self.add_error("hour", "Choisissez un créneau libre ou indiquez une heure.")
        elif day is None:
            self.add_error("day", "Indiquez aussi le jour.")
        else:
            data["start"] = self.moment(day, hour, data["clock"] or self.appointment.schedule.location.zone)
        return data

    @property
    def asked(self) -> str:
        start, minutes, whose = (self.cleaned_data[name] for name in ("start", "minutes", "practitioner"))
        said = [start.isoformat() if start is not None else "", minutes, whose]
        return " ".join(str(one) for one in said if one)

    def as_typed(self) -> "MoveForm":
        """The moment asked for as one of one's own, to be changed: the slot it was may be offered no more, and what was dropped
        in a grid stands nowhere in it.
        """
        if not self.cleaned_data["slot"] and not self.cleaned_data["clock"]:
            return self
        local = (self.cleaned_data["start"] or self.appointment.start).astimezone(
            self.appointment.schedule.location.zone
        )
        form = MoveForm(
            appointment=self.appointment, today=self.today, initial={"day": local.date(), "hour": local.time()}
        )
        if comes_twice(local):
            form.offer_seasons(local, str(local.fold))
        return form

    def _is_within_reach(self, key: SlotKey) -> bool:
        return abs(key.start.date() - self.today) <= FARTHEST


class ReassignForm(ChangeForm, DespiteForm, TellForm):
    """`schedules`: the agendas it may be given to. None is chosen beforehand."""

    schedule = forms.TypedChoiceField(
        label="Praticien",
        error_messages={
            "required": "Choisissez un praticien.",
            "invalid_choice": "Cet agenda n’est pas proposé\u00a0: choisissez-en un autre.",
        },
    )

    def __init__(self, *args: Any, schedules: Sequence[tuple[Schedule, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        choices = [(str(schedule.id), label) for schedule, label in schedules]
        self.fields["schedule"].choices = [("", "Choisissez un praticien"), *choices]  # type: ignore[attr-defined]

    @property
    def asked(self) -> str:
        return str(self.cleaned_data["schedule"])
