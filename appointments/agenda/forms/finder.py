"""What one looks for: a reason, who receives, from when, at which times of the day and of the week."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from django import forms

from accounts.french import WEEKDAYS, sentence
from accounts.when import EXAMPLES, parse_day
from appointments.agenda.selectors.finder import Half
from appointments.setup.clock import parse_clock
from appointments.slots.values import ReasonDone

_HOUR = re.compile(r"(?:^|[ ,à])(\d{1,2}\s?[hH:]\s?(?:\d{2})?)$")


class FinderForm(forms.Form):
    """Sent by GET: nothing of it is about a patient but a file's identifier, which the view reads.

    `cleaned_data["since"]` is a day, `hour` the hour that was typed behind it.
    """

    des = forms.CharField(label="À partir de", required=False, max_length=40)
    motif = forms.ChoiceField(label="Motif", required=False)
    qui = forms.MultipleChoiceField(label="Avec", required=False, widget=forms.CheckboxSelectMultiple)
    moments = forms.MultipleChoiceField(
        label="Moment de la journée",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(one.value, one.label) for one in Half],
    )
    jours = forms.MultipleChoiceField(
        label="Jours",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(str(number), sentence(name)) for number, name in enumerate(WEEKDAYS, start=1)],
    )

    def __init__(
        self,
        data: Any,
        *,
        practitioners: Sequence[tuple[str, str]],
        reasons: Mapping[str, ReasonDone],
        now: datetime,
    ) -> None:
        super().__init__(data)
        self.now = now
        self.fields["des"].widget.attrs |= {"autocomplete": "off", "placeholder": "aujourd’hui"}
        self.fields["des"].help_text = f"{EXAMPLES}, jeudi 14h30"
        self._offer("motif", [("", "Tous"), *((key, one.label) for key, one in reasons.items())])
        self._offer("qui", practitioners)

    def clean_des(self) -> date:
        """The hour goes into `hour`."""
        text = self.cleaned_data["des"].strip()
        self.cleaned_data["hour"] = None
        if found := _HOUR.search(text):
            try:
                self.cleaned_data["hour"] = parse_clock(found[1])
            except ValueError as error:
                raise forms.ValidationError(str(error)) from None
            text = text[: found.start()].strip(" ,à")
        today = self.now.date()
        if not text:
            return today
        try:
            return max(parse_day(text, today=today, ahead=True), today)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None

    @property
    def hour(self) -> time | None:
        found: time | None = self.cleaned_data.get("hour")
        return found

    def _offer(self, name: str, choices: Sequence[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101  # for the type checker
        field.choices = choices
