"""What opens a visit's link."""

from datetime import date
from typing import cast
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from appointments.patients.identity import parse_birth_day
from appointments.text_fields import Line


class DoorForm(forms.Form):
    """« Today » is that of the visit's place."""

    birth = Line(
        label="Date de naissance du patient",
        max_length=40,
        missing="Indiquez la date de naissance.",
        help_text="Exemple\u00a0: 03/07/1984",
        widget=forms.TextInput(attrs={"autocomplete": "bday", "inputmode": "numeric", "autofocus": True}),
    )

    def __init__(self, *args: object, zone: ZoneInfo) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.zone = zone

    def clean_birth(self) -> date:
        try:
            birth = parse_birth_day(self.cleaned_data["birth"], today=timezone.localdate(timezone=self.zone))
        except ValueError as error:
            raise ValidationError(str(error)) from None
        return cast("date", birth.born)
