"""What the practice types to open hours."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from django import forms

from accounts.french import NBSP, quoted
from appointments.enums import AppointmentType, Audience, ConsultationType
from appointments.models import Reason, ReasonAt, Rule, Schedule
from appointments.models.openings import LONGEST, MOST_AT_ONCE, MOST_WEEKS, SHORTEST, WEEKDAYS, first_week
from appointments.openings.problems import problems_of
from appointments.openings.recurrence import DAY_MINUTES, Recurrence
from appointments.openings.selectors import days_off_of, offered_reasons, shown_to
from appointments.openings.values import Opening, Shown
from appointments.setup.clock import ClockField
from appointments.setup.forms.fields import DayField, DelayField, count_field
from appointments.setup.forms.versions import VersionedForm, said
from appointments.text_fields import Line, no_markup

# To whom the page of a rule can show it. A community is chosen by name, which it can't yet.
OFFERED = (Audience.PUBLIC, Audience.PRO, Audience.SNP)
_HOUR = 60


class Scope(StrEnum):
    """What of a rule is changed, or opened."""

    DAY = "jour"
    ON = "suite"
    WHOLE = "regle"


# What one day of a rule has not of its own; a rule that goes on begins on the day it goes on from.
_FIXED = {
    Scope.DAY: ("weekdays", "every_n_weeks", "first_day", "last_day"),
    Scope.ON: ("first_day",),
    Scope.WHOLE: (),
}


_OUT_OF_REACH = {
    Scope.DAY: f"Cela ne change pas pour un seul jour{NBSP}: choisissez «{NBSP}À partir du…{NBSP}», ou laissez-le.",
    Scope.ON: f"La suite commence ce jour-là{NBSP}: choisissez «{NBSP}Toute la règle{NBSP}» pour changer son début.",
}
_REMEMBERED = {
    "label", "start_time", "end_time", "step_minutes", "capacity", "every_n_weeks", "first_day", "last_day", "schedule",
}  # fmt: skip


class RuleForm(VersionedForm):
    """`schedules` are those on offer, `done` the reasons of the practitioner's agendas. `opening()` gives the value for the
    services, `recurrence()` its days as they would be.

    Opened for a `day`, it is asked how far the change goes (`scope`); `drawn` are hours that were drawn, from, to.
    """

    label = Line(label="Nom", max_length=60, required=False, checks=(no_markup,))

    weekdays = forms.TypedMultipleChoiceField(
        label="Jours",
        choices=WEEKDAYS,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choisissez au moins un jour."},
    )
    start_time = ClockField(label="De", error_messages={"required": "Indiquez l’heure de début."})
    end_time = ClockField(
        label="À",
        ends_day=True,
        help_text="Pas plus tard que le début\u00a0: le lendemain.",
        error_messages={"required": "Indiquez l’heure de fin."},
    )
    whole_day = forms.BooleanField(label=f"Ouvert 24{NBSP}heures d’affilée", required=False)
    step_minutes = forms.IntegerField(
        label="Créneau (minutes)",
        min_value=SHORTEST,
        max_value=LONGEST,
        error_messages={
            "required": "Indiquez la durée d’un créneau.",
            "invalid": "Indiquez la durée en minutes, par exemple 15.",
            "min_value": "Un créneau dure de 5 minutes à 4 heures.",
            "max_value": "Un créneau dure de 5 minutes à 4 heures.",
        },
    )
    capacity = count_field(
        "Patients à la fois",
        least=1,
        most=MOST_AT_ONCE,
        said="De 1 à 20 patients sont reçus à la fois.",
        required=False,
    )
    every_n_weeks = count_field(
        "Toutes les … semaines",
        least=1,
        most=MOST_WEEKS,
        said="Une règle revient toutes les 1 à 8 semaines.",
        required=False,
    )
    first_day = DayField(label="Valable du", required=False)
    last_day = DayField(label="Au", required=False)
    on_holidays = forms.BooleanField(label="Ouvert aussi les jours fériés", required=False)
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
        label="Motifs",
        coerce=uuid.UUID,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": f"Un des motifs cochés n’est plus proposé{NBSP}: vérifiez les autres."},
    )
    new_reason = Line(label="Ajouter un motif", max_length=100, required=False, checks=(no_markup,))
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
        done: Sequence[ReasonAt],
        now: datetime,
        rule: Rule | None = None,
        day: date | None = None,
        scope: Scope = Scope.WHOLE,
        drawn: tuple[time, time] | None = None,
        **options: Any,
    ) -> None:
        initial = _new(schedules, day) if rule is None else self.values_of(rule)
        if drawn is not None:
            initial |= {"start_time": drawn[0], "end_time": drawn[1]}
        super().__init__(*args, **{"initial": initial} | options)
        self.places = {one.id: one for one in schedules}
        self.now, self.rule, self.day, self.scope = now, rule, day, scope
        self.fixed = frozenset(_FIXED[scope])
        if scope == Scope.DAY and not self.is_one_off:
            self.fields["weekdays"].required = False
        self.fields["schedule"].choices = [(str(one.id), one.location.name) for one in schedules]  # type: ignore[attr-defined]
        self.fields["reasons"].choices = _reason_choices(done, schedules)  # type: ignore[attr-defined]
        if rule is not None:
            self._remember(self.values_of(rule))
        for audience in OFFERED:
            self.fields[f"from_{audience}"] = DelayField(
                label=f"{audience.label}, à partir de (avant)",
                unit=DAY_MINUTES,
                help_text=f"14{NBSP}j, 48{NBSP}h… Un nombre seul{NBSP}: des jours. Vide{NBSP}: sans limite.",
            )
            self.fields[f"until_{audience}"] = DelayField(
                label=f"{audience.label}, jusqu’à (avant)",
                unit=_HOUR,
                help_text=f"2{NBSP}h, 30{NBSP}min… Un nombre seul{NBSP}: des heures. Vide{NBSP}: au dernier moment.",
            )

    def values_of(self, row: Rule) -> dict[str, Any]:
        delays: dict[str, int | None] = {}
        for one in shown_to(row):
            delays |= {f"from_{one.audience}": one.shown_from, f"until_{one.audience}": one.shown_until or None}
        return {
            "version": row.version,
            "label": row.label,
            "schedule": str(row.schedule_id),
            "weekdays": row.weekdays,
            "start_time": row.start_time,
            "end_time": row.end_time,
            "whole_day": row.start_time == row.end_time,
            "step_minutes": row.step_minutes,
            "capacity": row.capacity,
            "every_n_weeks": row.every_n_weeks,
            "on_holidays": row.on_holidays,
            "audiences": row.audiences,
            "consultation_types": row.consultation_types,
            "appointment_type": row.appointment_type,
            "reasons": [str(reason_id) for reason_id in offered_reasons(row)],
            "first_day": row.first_day,
            "last_day": row.last_day,
            **delays,
        }

    @property
    def windows(self) -> list[forms.BoundField]:
        """The two delays of each audience, in order."""
        return [self[f"{bound}_{audience}"] for audience in OFFERED for bound in ("from", "until")]

    @property
    def offers_errors(self) -> bool:
        """Whether anything of who sees it is to be corrected."""
        names = {one.name for one in self.windows} | {"audiences"}
        return not names.isdisjoint(self.errors)

    @property
    def is_one_off(self) -> bool:
        return "weekdays" not in self.fields

    def field_of(self, element: str) -> str | None:
        if self.is_one_off and element in ("last_day", "weekdays"):
            return "first_day"
        return super().field_of(element)

    def _remember(self, values: Mapping[str, Any]) -> None:
        """What it was is beside what is typed over it (by script)."""
        for name in _REMEMBERED & self.fields.keys():
            field, value = self.fields[name], values[name]
            shown = field.prepare_value(value)
            attributes = {"data-was": "" if shown is None else str(shown), "data-said": said(field, value)}
            field.widget.attrs |= attributes

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = self.cleaned_data
        self._keep_fixed(data)
        first, last = data.get("first_day"), data.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", "Le dernier jour ne peut pas précéder le premier.")
        self._check_whole_day(data.get("start_time"), data.get("end_time"))
        self._check_delays()
        needed = {"start_time", "end_time", "step_minutes", "schedule", "weekdays"} & self.fields.keys()
        if needed <= data.keys() and not {"first_day", "last_day", "every_n_weeks"} & self.errors.keys():
            opening = self.opening()
            place = self.places[opening.schedule_id].location
            today = self.now.astimezone(place.zone).date()
            found = problems_of(opening, self.recurrence(), holidays=place.holidays, zone=place.zone, today=today)
            for element, sentence in found:
                self.add_error(self.field_of(element), sentence)
        return data

    def _keep_fixed(self, data: dict[str, Any]) -> None:
        """What this change can't reach, if it was typed otherwise, is refused; else it is the day's."""
        if self.day is None or self.scope == Scope.WHOLE:
            return
        for name in self.fixed & self.fields.keys():
            field = self.fields[name]
            if name in self.data and field.has_changed(self.get_initial_for_field(field, name), self[name].data):
                self.add_error(name, _OUT_OF_REACH[self.scope])
        data["first_day"] = self.day
        if self.scope == Scope.DAY:
            data |= {"weekdays": [self.day.isoweekday()], "last_day": self.day, "every_n_weeks": 1}

    def _check_whole_day(self, start: time | None, end: time | None) -> None:
        """The same hour twice is 24 hours, or a mistake: it has to be said."""
        if start is None or end is None:
            return
        until_midnight = start == time.min and "".join(str(self["end_time"].data).split()).startswith("24")
        if start == end and not until_midnight and not self.cleaned_data.get("whole_day"):
            box = quoted(str(self["whole_day"].label))
            self.add_error("end_time", f"C’est aussi l’heure du début{NBSP}: corrigez-en une, ou cochez {box}.")
        elif start != end and self.cleaned_data.get("whole_day"):
            said = f"Pour 24{NBSP}heures d’affilée, la fin est à l’heure du début{NBSP}: corrigez-la, ou décochez."
            self.add_error("whole_day", said)

    def _check_delays(self) -> None:
        """A delay goes with its audience."""
        if "audiences" in self.errors:
            return
        for audience in OFFERED:
            if audience not in self.cleaned_data.get("audiences", ()):
                for name in (f"from_{audience}", f"until_{audience}"):
                    if self.cleaned_data.get(name) is not None:
                        box = quoted(str(audience.label))
                        self.add_error(name, f"{box} n’est pas coché{NBSP}: cochez-le, ou effacez ce délai.")

    def opening(self) -> Opening:
        data = self.cleaned_data
        return Opening(
            schedule_id=data["schedule"],
            weekdays=tuple(data["weekdays"]),
            start_time=data["start_time"],
            end_time=data["end_time"],
            step_minutes=data["step_minutes"],
            audiences=tuple(
                Shown(audience, data.get(f"from_{audience}"), data.get(f"until_{audience}") or 0)
                for audience in data.get("audiences", ())
            ),
            consultation_types=tuple(data.get("consultation_types", ())),
            appointment_type=data.get("appointment_type", AppointmentType.ROUTINE),
            reason_ids=tuple(data.get("reasons", ())),
            new_reason=data.get("new_reason", ""),
            first_day=data.get("first_day"),
            last_day=data.get("last_day"),
            every_n_weeks=data.get("every_n_weeks") or 1,
            capacity=data.get("capacity") or 1,
            on_holidays=data.get("on_holidays", False),
            label=data.get("label", ""),
        )

    def recurrence(self) -> Recurrence:
        """Its days, as they would be."""
        opening = self.opening()
        place = self.places[opening.schedule_id].location
        known = self.rule if self.scope != Scope.DAY else None
        first = opening.first_day or (known.first_day if known is not None else self.now.astimezone(place.zone).date())
        off = days_off_of(known) if known is not None else []
        return Recurrence(
            weekdays=frozenset(opening.weekdays),
            start_time=opening.start_time,
            end_time=opening.end_time,
            first_day=first,
            last_day=opening.last_day,
            every_n_weeks=opening.every_n_weeks,
            anchor_week=known.anchor_week if known is not None else first_week(first, opening.weekdays),
            days_off=frozenset(off),
            on_holidays=opening.on_holidays,
        )


class OneOffForm(RuleForm):
    """An opening of one day."""

    weekdays = None  # type: ignore[assignment]  # Django's way to leave out a field
    every_n_weeks = None  # type: ignore[assignment]
    last_day = None  # type: ignore[assignment]
    first_day = DayField(label="Jour", error_messages={"required": "Indiquez le jour."})

    def opening(self) -> Opening:
        day = self.cleaned_data["first_day"]
        self.cleaned_data |= {"weekdays": [day.isoweekday()], "last_day": day}
        return super().opening()


def _reason_choices(done: Sequence[ReasonAt], schedules: Sequence[Schedule]) -> list[tuple[str, str]]:
    """Those still proposed, in the order of `done`. What is not alike everywhere is said: the organization of a reason where
    the practitioner works for several, its places where it is not done at all of them.
    """
    agendas = {one.id: one for one in schedules}
    places: dict[Reason, list[Schedule]] = {}
    for at in done:
        if at.active and at.reason.active:
            found = places.setdefault(at.reason, [])
            if at.schedule_id in agendas:
                found.append(agendas[at.schedule_id])
    several = len({reason.organization_id for reason in places}) > 1
    choices = []
    for reason, found in places.items():
        all_of_it = [one for one in schedules if one.organization_id == reason.organization_id]
        said = [reason.label]
        if several and all_of_it:
            said.append(reason.organization.name)
        if 0 < len(found) < len(all_of_it):
            said.append(", ".join(one.location.name for one in found))
        choices.append((str(reason.id), " – ".join(said)))
    return choices


def _new(schedules: Sequence[Schedule], day: date | None) -> dict[str, Any]:
    """A new rule shows nothing to anyone until a type is ticked."""
    days = {"weekdays": [day.isoweekday()], "first_day": day} if day is not None else {}
    place = {"schedule": str(schedules[0].id)} if len(schedules) == 1 else {}
    ordinary = {"consultation_types": [ConsultationType.AMB], "appointment_type": AppointmentType.ROUTINE}
    return {"step_minutes": 15, "capacity": 1, "every_n_weeks": 1, **ordinary, **place, **days}
