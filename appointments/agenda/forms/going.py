"""Days typed as they are said."""

from datetime import date
from typing import Any

from django import forms

from accounts.when import parse_day
from appointments.days import FIRST_DAY, LAST_DAY


class DayField(forms.CharField):
    """« 3/12 », « jeudi »: a date of the agenda's years; None for nothing typed."""

    def __init__(self, *, today: date, **options: Any) -> None:
        super().__init__(max_length=60, strip=True, **options)
        self._today = today

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            day = parse_day(text, today=self._today)
        except ValueError as problem:
            raise forms.ValidationError(str(problem)) from None
        if not FIRST_DAY <= day <= LAST_DAY:
            raise forms.ValidationError(f"L’agenda va de {FIRST_DAY.year} à {LAST_DAY.year}.")
        return day


class GoForm(forms.Form):
    """To which day one wants to go; a blank one asks for nothing."""

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data if data.get("aller", "").strip() else None, auto_id="%s")
        self.fields["aller"] = DayField(label="Aller à une date", today=today)
