"""A form opened on a row that may change meanwhile: the version it was opened on, and what the row is now."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms

from accounts.french import plain_date
from appointments.setup.services.changes import TouchesVisits
from appointments.version_field import VersionField


class VersionedForm(forms.Form):
    """`warned`: what the change touches, to be read before it is saved. `present`: once the row has changed under what was
    typed, each field that differs, and what it is now.
    """

    version = VersionField()
    # The value of the button with which whoever has read what a change touches goes on.
    touched = forms.CharField(required=False, max_length=40)
    warned: TouchesVisits | None = None
    has_aged = False
    present: list[tuple[str, str]] = []

    def values_of(self, row: Any) -> Mapping[str, Any]:
        """What the fields hold when the form is opened on this row."""
        raise NotImplementedError

    def field_of(self, element: str) -> str | None:
        """The field to which a refusal is written; None when it has none of its own here."""
        return element if element in self.fields else None

    @property
    def read(self) -> str:
        return str(self.cleaned_data["touched"])

    def compare_with(self, row: Any) -> None:
        """With the row as it is now. Sent again, the form is meant to write over it."""
        self.has_aged = True
        initial = self.values_of(row)
        self.present = [
            (str(field.label), _said(field, initial[name]))
            for name, field in self.fields.items()
            if name in initial.keys() - {"version"}
            and not field.disabled
            and field.has_changed(initial[name], self[name].data)
        ]
        self.data = self.data.copy()  # type: ignore[attr-defined]  # of a POST
        self.data["version"] = str(initial["version"])  # type: ignore[index]


def _said(field: forms.Field, value: Any) -> str:
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
