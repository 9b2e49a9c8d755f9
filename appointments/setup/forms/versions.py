"""A form opened on a row that may change meanwhile: the version it was opened on, and what the row is now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms

from accounts.french import NBSP, plain_date
from appointments.setup.services.changes import TouchesVisits
from appointments.version_field import VersionField

# Of a field that differs, with its name after it: which of both is meant.
_MEANT, _PRESENT = "garder-", "present"


@dataclass(frozen=True, slots=True)
class Differs:
    """A field that changed under what was typed: what it is now, what was typed. `choice`: the name of which is meant."""

    label: str
    now: str
    typed: str
    choice: str


class VersionedForm(forms.Form):
    """`warned`: what the change touches, to be read before it is saved. `present`: once the row has changed under what was
    typed, each field that differs. Sent again with a choice, what is recorded takes the place of what was typed.
    """

    version = VersionField()
    # The value of the button with which whoever has read what a change touches goes on.
    touched = forms.CharField(required=False, max_length=40)
    warned: TouchesVisits | None = None
    has_aged = False
    # Fields that this form does not ask for, and whose value is no part of what is compared.
    fixed: frozenset[str] = frozenset()
    present: list[Differs] = []

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        kept = [name for name in self.fields if self.data.get(f"{_MEANT}{name}") == _PRESENT]
        if kept:
            self.data = self.data.copy()  # type: ignore[attr-defined]  # of a POST
            for name in kept:
                self.data.setlist(name, _sent(self.fields[name], self.initial.get(name)))  # type: ignore[attr-defined]

    def values_of(self, row: Any) -> Mapping[str, Any]:
        """What the fields hold when the form is opened on this row."""
        raise NotImplementedError

    def field_of(self, element: str) -> str | None:
        """The field to which a refusal is written; None when it has none of its own here."""
        return element if element in self.fields else None

    @property
    def first_error(self) -> str:
        """With its field's name; blank when nothing is to be corrected."""
        for name, errors in self.errors.items():
            label = f"{self.fields[name].label}{NBSP}: " if name in self.fields else ""
            return f"{label}{errors[0]}"
        return ""

    @property
    def read(self) -> str:
        return str(self.cleaned_data["touched"])

    def _typed(self, name: str) -> str:
        """In words, as far as it can be read."""
        field, value = self.fields[name], self[name].data
        if not isinstance(field, forms.ChoiceField):
            try:
                value = field.to_python(value)
            except forms.ValidationError:
                return str(value)
        return said(field, value)

    def compare_with(self, row: Any) -> None:
        """With the row as it is now. Sent again, the form is meant to write over it."""
        self.has_aged = True
        initial = self.values_of(row)
        self.present = [
            Differs(str(field.label), said(field, initial[name]), self._typed(name), f"{_MEANT}{name}")
            for name, field in self.fields.items()
            if name in initial.keys() - {"version"} - self.fixed
            and not field.disabled
            and field.has_changed(initial[name], self[name].data)
        ]
        self.data = self.data.copy()  # type: ignore[attr-defined]  # of a POST
        self.data["version"] = str(initial["version"])  # type: ignore[index]


def _sent(field: forms.Field, value: Any) -> list[str]:
    """As a browser would send it."""
    if isinstance(field, forms.BooleanField):
        return ["on"] if value else []
    if isinstance(value, (list, tuple)):
        return [str(one) for one in value]
    shown = field.prepare_value(value)
    return ["" if shown is None else str(shown)]


def said(field: forms.Field, value: Any) -> str:
    """A field's value in words."""
    if isinstance(field, forms.BooleanField):
        return "oui" if value else "non"
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        wanted = {str(one) for one in (value if isinstance(value, list) else [value])}
        return ", ".join(str(label) for code, label in choices if str(code) in wanted) or "aucun"
    if isinstance(value, date):
        return plain_date(value)
    return "vide" if value in (None, "") else str(field.prepare_value(value))
