"""Days and delays as people type them."""

import re
from typing import Any

from django import forms

from accounts.french import NARROW, NBSP
from appointments.days import FIRST_DAY, LAST_DAY
from appointments.openings.recurrence import DAY_MINUTES

_HOUR = 60
_LONGEST = 5 * 366 * DAY_MINUTES
_PARTS = re.compile(
    r"(?:(?P<days>\d{1,4})j(?:ours?)?)?(?:(?P<hours>\d{1,5})h(?:eures?)?(?P<rest>[0-5]\d)?)?(?:(?P<minutes>\d{1,6})min(?:utes?)?)?",
    re.ASCII,
)


class DayField(forms.DateField):
    """A day within the agenda's years, typed or picked."""

    def __init__(self, **options: Any) -> None:
        unreadable = {"invalid": "Cette date n’est pas lisible\u00a0: écrivez-la comme 25/11/2026."}
        super().__init__(
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            error_messages=unreadable | options.pop("error_messages", {}),
            **options,
        )

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None and not FIRST_DAY <= value <= LAST_DAY:
            raise forms.ValidationError(
                f"Cette date est trop loin\u00a0: il faut une année de {FIRST_DAY.year} à {LAST_DAY.year}."
            )


class DelayField(forms.Field):
    """How long before, in minutes: « 14 j », « 48 h », « 1 h 30 », « 30 min »; a bare number is of `unit` minutes."""

    widget = forms.TextInput

    def __init__(self, *, unit: int, **options: Any) -> None:
        self.unit = unit
        super().__init__(required=False, **options)
        self.widget.attrs |= {"autocomplete": "off"}

    def to_python(self, value: Any) -> int | None:
        text = "".join(str(value or "").split()).lower()
        if not text:
            return None
        if re.fullmatch(r"\d{1,6}", text, re.ASCII):
            found = int(text) * self.unit
        elif match := _PARTS.fullmatch(text):
            days, hours, rest, minutes = (int(match[name] or 0) for name in ("days", "hours", "rest", "minutes"))
            found = days * DAY_MINUTES + hours * _HOUR + rest + minutes
        else:
            raise forms.ValidationError("Ce délai n’est pas lisible\u00a0: écrivez-le comme 14 j, 48 h ou 30 min.")
        if found > _LONGEST:
            raise forms.ValidationError("Ce délai est trop long\u00a0: cinq ans au plus.")
        return found

    def prepare_value(self, value: Any) -> Any:
        return delay(value) if isinstance(value, int) else value


def delay(minutes: int) -> str:
    """14 j; 48 h; 1 h 30; 30 min."""
    if minutes and minutes % DAY_MINUTES == 0 and minutes > 2 * DAY_MINUTES:
        return f"{minutes // DAY_MINUTES}{NBSP}j"
    hours, rest = divmod(minutes, _HOUR)
    if not hours:
        return f"{rest}{NBSP}min"
    return f"{hours}{NARROW}h{NARROW}{rest:02d}" if rest else f"{hours}{NBSP}h"


def count_field(label: str, *, least: int, most: int, said: str, **options: Any) -> forms.IntegerField:
    """A small whole number, refused with one sentence."""
    messages = dict.fromkeys(("invalid", "min_value", "max_value", "required"), said)
    return forms.IntegerField(label=label, min_value=least, max_value=most, error_messages=messages, **options)
