"""Hours as people type them."""

import re
from datetime import time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.french import clock, clock_of

_WITH_SIGN = re.compile(r"(\d{1,2})[hH:.](\d{2})?", re.ASCII)
_DIGITS = re.compile(r"(\d{1,2})(\d{2})?", re.ASCII)
_UNREADABLE = f"Cette heure n’est pas lisible\u00a0: écrivez-la comme {clock_of(14 * 60 + 20)}."
_UNKNOWN = f"Cette heure n’existe pas\u00a0: il faut de {clock_of(0)} à {clock_of(24 * 60 - 1)}."


def parse_clock(text: str, *, ends_day: bool = False) -> time:
    """Reads `1420`, `14:20`, `14h20`, `14 h 20`, `9h`, `9`. `ends_day` also takes 24 h 00, as midnight (00:00).

    Raises ValueError with the French sentence to show.
    """
    compact = "".join(text.split())
    match = _WITH_SIGN.fullmatch(compact) or _DIGITS.fullmatch(compact)
    if match is None:
        raise ValueError(_UNREADABLE)
    hour, minute = int(match[1]), int(match[2] or 0)
    if ends_day and (hour, minute) == (24, 0):
        return time(0)
    if hour > 23 or minute > 59:
        raise ValueError(_UNKNOWN)
    return time(hour, minute)


class ClockField(forms.Field):
    """A wall-clock time, shown back as « 14 h 20 »."""

    widget = forms.TextInput

    def __init__(self, *, ends_day: bool = False, **options: Any) -> None:
        self.ends_day = ends_day
        super().__init__(**options)
        self.widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}

    def to_python(self, value: Any) -> Any:
        if value is None or not str(value).strip():
            return None
        try:
            return parse_clock(str(value), ends_day=self.ends_day)
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, time):
            return value
        if self.ends_day and value == time(0):
            return clock_of(24 * 60)
        return clock(value)
