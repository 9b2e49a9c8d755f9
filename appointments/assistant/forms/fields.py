"""What the forms of the steps share."""

from typing import Any

from accounts.phones import read_phone
from accounts.zones import region_of
from appointments.setup.forms.versions import VersionedForm
from appointments.text_fields import Line, no_markup


def text_line(label: str, length: int, **options: Any) -> Line:
    return Line(label=label, max_length=length, checks=(no_markup,), **options)


class PhoneForm(VersionedForm):
    """Phones are read as at the clock of the place."""

    def read_phone(self, name: str, time_zone: str) -> str:
        text = self.cleaned_data.get(name, "")
        if not text:
            return ""
        try:
            return read_phone(text, region_of(time_zone))
        except ValueError as error:
            self.add_error(name, str(error))
            return ""
