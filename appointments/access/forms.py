"""What a manager or a practitioner types to say who may do what, and a manager to invite somebody."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone

from accounts.enums import Level, Role
from accounts.models import Membership
from accounts.services.access import Given, last_day
from accounts.zones import beside
from appointments.access.selectors import Cell, Column
from appointments.days import LAST_DAY
from appointments.openings.recurrence import instant
from appointments.text_fields import Line, no_markup
from appointments.version_field import VersionField

_UNKNOWN_ROLE = {"required": "Choisissez un rôle.", "invalid_choice": "Ce rôle n’existe pas."}


class AccessesForm(forms.Form):
    """A level for each agenda of `columns`, and one end for all: the moment at which the last day ends at the clock of `zone`,
    that of the organization. `has_aged`: it was opened on an older version of what it changes.
    """

    has_aged = False
    present: list[tuple[str, str]] = []

    role = forms.TypedChoiceField(label="Rôle", choices=Role.choices, coerce=Role, error_messages=_UNKNOWN_ROLE)
    every = forms.ChoiceField(
        label="Tous ensemble",
        required=False,
        choices=[("", "Choisir…"), *((str(one.value), one.label) for one in Level)],
        error_messages={"invalid_choice": "Cet accès n’existe pas\u00a0: choisissez-en un autre."},
    )
    until = forms.DateField(
        label="Accès jusqu’au",
        required=False,
        help_text="Ce jour compris. Vide\u00a0: sans fin.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Cette date n’est pas lisible\u00a0: écrivez-la comme 25/11/2026."},
    )

    def __init__(self, *args: Any, columns: Sequence[Column], zone: ZoneInfo, **options: Any) -> None:
        super().__init__(*args, **options)
        self.columns, self.zone = columns, zone
        for one in columns:
            self.fields[f"level_{one.key}"] = forms.TypedChoiceField(
                label=one.title,
                choices=[(level.value, level.label) for level in Level],
                coerce=lambda value: Level(int(value)),
                initial=Level.NONE.value,
                # What the page did not have stays as it is.
                required=False,
                empty_value=None,
                error_messages={"invalid_choice": "Cet accès n’existe pas\u00a0: choisissez-en un autre."},
            )
        if len(columns) < 2:
            del self.fields["every"]
        if told := beside(zone):
            self.fields["until"].help_text = f"Ce jour compris, {told}. Vide\u00a0: sans fin."

    @property
    def levels(self) -> list[tuple[Column, forms.BoundField]]:
        return [(one, self[f"level_{one.key}"]) for one in self.columns]

    def clean_until(self) -> datetime | None:
        day: date | None = self.cleaned_data["until"]
        if day is None:
            return None
        if day > LAST_DAY:
            raise forms.ValidationError("Cette date est trop loin\u00a0: laissez-la vide pour un accès sans fin.")
        if day < timezone.localdate(timezone=self.zone):
            raise forms.ValidationError("Cette date est passée\u00a0: choisissez-en une à venir, ou retirez l’accès.")
        return instant(day + timedelta(days=1), time.min, self.zone)

    def clean(self) -> None:
        known = {f"level_{one.key}" for one in self.columns}
        if any(name.startswith("level_") and name not in known for name in self.data):
            self.add_error(None, "Un des agendas n’est plus proposé\u00a0: relisez les autres, puis enregistrez.")

    def accesses(self) -> list[Given]:
        """What is to be from now on, of each agenda that the page had."""
        data = self.cleaned_data
        every = data.get("every")
        found = []
        for one in self.columns:
            level = Level(int(every)) if every else data[f"level_{one.key}"]
            if level is not None:
                ends = self.end_of(one) if level != Level.NONE else None
                found.append(Given(one.practitioner_id, level, ends))
        return found

    def end_of(self, column: Column) -> datetime | None:
        until: datetime | None = self.cleaned_data["until"]
        return until


class MemberForm(AccessesForm):
    """Of a member: `cells` as they are in the agendas about which the person has a say. Who is no manager leaves the role."""

    version = VersionField()
    keep_ends = forms.BooleanField(label="Garder à chaque agenda sa fin", required=False)

    def __init__(
        self, *args: Any, membership: Membership, cells: Sequence[tuple[Column, Cell]], is_manager: bool, **options: Any
    ) -> None:
        self.cells = {column.key: cell for column, cell in cells if cell.is_given}
        self.told = [(column, cell) for column, cell in cells if cell.level or cell.ended]
        columns = [column for column, cell in cells if cell.is_given]
        super().__init__(*args, columns=columns, **{"initial": self._values(membership)} | options)
        if not is_manager:
            del self.fields["role"]
        if not self.several_ends:
            del self.fields["keep_ends"]
        if not columns:
            del self.fields["until"]

    @property
    def several_ends(self) -> bool:
        """Of what was given not all ends on one day: the field can't say it."""
        return len({cell.last_day for cell in self._given()}) > 1

    def end_of(self, column: Column) -> datetime | None:
        until: datetime | None = self.cleaned_data.get("until")
        given = self.cells[column.key].given
        if given is None:
            return until
        if until is None and self.cleaned_data.get("keep_ends"):
            return given.until
        # At another clock the same day is not another end.
        same = given.until is not None and until is not None and last_day(given.until) == last_day(until)
        return given.until if same else until

    def compare_with(self, membership: Membership) -> None:
        """With what is now. Sent again, what was typed is meant to take its place."""
        self.has_aged = True
        values = self._values(membership)
        named = [
            (name, field) for name, field in self.fields.items() if name in values.keys() - {"version", "keep_ends"}
        ]
        self.present = [
            (str(field.label), _said(field, values[name]))
            for name, field in named
            if field.has_changed(values[name], self[name].data)
        ]
        self.data = self.data.copy()  # type: ignore[attr-defined]  # of a POST
        self.data["version"] = str(membership.version)  # type: ignore[index]

    def _values(self, membership: Membership) -> dict[str, Any]:
        ends = {cell.last_day for cell in self._given()}
        levels = {f"level_{key}": cell.level.value for key, cell in self.cells.items()}
        only = ends.pop() if len(ends) == 1 else None
        return levels | {"role": membership.role, "version": membership.version, "until": only, "keep_ends": True}

    def _given(self) -> list[Cell]:
        return [cell for cell in self.cells.values() if cell.given is not None]


class InvitationForm(AccessesForm):
    email = forms.EmailField(
        label="Adresse e-mail",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": "Indiquez l’adresse e-mail.",
            "invalid": "Cette adresse n’est pas lisible\u00a0: écrivez-la comme prenom.nom@exemple.fr.",
        },
    )
    first_name = Line(label="Prénom", max_length=100, required=False, checks=(no_markup,))
    last_name = Line(label="Nom", max_length=100, required=False, checks=(no_markup,))
    field_order = ("email", "first_name", "last_name", "role")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"initial": {"role": Role.MEMBER}} | options)

    def accesses(self) -> list[Given]:
        return [one for one in super().accesses() if one.level != Level.NONE]


def _said(field: forms.Field, value: Any) -> str:
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        return next((str(label) for code, label in choices if str(code) == str(value)), "aucun")
    return "vide" if value in (None, "") else str(field.prepare_value(value))
