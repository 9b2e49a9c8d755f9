"""The version of the row that a form was opened on, as its hidden field says."""

import re
from typing import Any

from django import forms


class VersionField(forms.Field):
    """What is no version is none: the service then says that the row has changed."""

    widget = forms.HiddenInput

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, **options)

    def to_python(self, value: Any) -> int | None:
        text = str(value or "")
        return int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else None
