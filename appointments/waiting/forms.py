"""When somebody who waits could come."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.conf import settings

from accounts.french import WEEKDAYS, counted, sentence
from appointments.enums import DayPart

USUAL = timedelta(days=14)
_NOTICES = (4, 12, 24, 48)


def notices() -> list[tuple[str, str]]:
    """Hours; the least is the installation's."""
    least = settings.WAITING_NOTICE_HOURS
    hours = [least, *(one for one in _NOTICES if one > least)]
    return [(str(one), counted(one // 24, "jour") if one % 24 == 0 else counted(one, "heure")) for one in hours]


class WishForm(forms.Form):
    """`today`: of the place."""

    weekdays = forms.TypedMultipleChoiceField(
        label="Quels jours\u00a0?",
        coerce=int,
        choices=[(str(number), sentence(name)) for number, name in enumerate(WEEKDAYS, start=1)],
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choisissez au moins un jour.",
            "invalid_choice": "Un de ces jours n’en est pas un\u00a0: choisissez-les de nouveau.",
        },
    )
    part = forms.ChoiceField(
        label="Quand dans la journée\u00a0?",
        choices=[("", "Peu importe"), *DayPart.choices],
        widget=forms.RadioSelect,
        required=False,
        error_messages={"invalid_choice": "Choisissez le matin, l’après-midi, ou peu importe."},
    )
    notice_hours = forms.TypedChoiceField(
        label="Il me faut au moins, pour venir",
        coerce=int,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choisissez un délai de la liste."),
    )
    until = forms.DateField(
        label="Jusqu’au",
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "off"}, format="%Y-%m-%d"),
        help_text="Ensuite l’inscription s’efface.",
        error_messages={
            "required": "Indiquez jusqu’à quel jour.",
            "invalid": "Cette date n’est pas lisible\u00a0: écrivez-la comme 25/11/2026.",
        },
    )

    def __init__(self, *args: Any, today: date, **options: Any) -> None:
        usual = {
            "weekdays": ["1", "2", "3", "4", "5", "6"],
            "part": "",
            "notice_hours": notices()[0][0],
            "until": today + USUAL,
        }
        super().__init__(*args, **options | {"initial": usual | options.get("initial", {})})
        self.fields["notice_hours"].choices = notices()  # type: ignore[attr-defined]

    def wish(self) -> dict[str, Any]:
        """As columns of an entry."""
        data = self.cleaned_data
        return {name: data[name] for name in ("weekdays", "part", "notice_hours", "until")}
