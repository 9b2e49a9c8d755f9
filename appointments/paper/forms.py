"""What is asked of a print, of a file and of a calendar address."""

from typing import Any

from django import forms

from appointments.days import FIRST_DAY, LAST_DAY
from appointments.paper.selectors.table import LONGEST
from appointments.version_field import VersionField

_ASKED = {
    "required": "Indiquez une date.",
    "invalid": "Cette date n’est pas lisible\u00a0: écrivez-la comme 25/11/2026.",
}
_YEARS = f"Un agenda va de {FIRST_DAY.year} à {LAST_DAY.year}\u00a0: choisissez une date de ces années."


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), error_messages=_ASKED
    )


class PeriodForm(forms.Form):
    """Both days included."""

    du, au = _day("Du"), _day("Au")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("du", "au"):
            if cleaned.get(name) and not FIRST_DAY <= cleaned[name] <= LAST_DAY:
                self.add_error(name, _YEARS)
        first, last = cleaned.get("du"), cleaned.get("au")
        if first and last and first > last:
            self.add_error("au", "Cette date est avant la première\u00a0: échangez-les.")
        elif first and last and (last - first).days >= LONGEST:
            self.add_error("au", f"La période est trop longue\u00a0: choisissez {LONGEST} jours au plus.")
        return cleaned


class SheetForm(forms.Form):
    """What is on the paper: all that is ticked; where nothing was asked yet, what is of use on most days (`initial`)."""

    def __init__(self, asked: Any) -> None:
        chosen = "options" in asked
        super().__init__(asked if chosen else None)
        self.is_valid()

    def has(self, name: str) -> bool:
        return bool(self.cleaned_data[name] if self.is_bound else self.fields[name].initial)


class DaySheetForm(SheetForm):
    notes = forms.BooleanField(label="Notes", required=False, initial=True)
    telephones = forms.BooleanField(label="Téléphones", required=False, initial=True)
    libres = forms.BooleanField(label="Créneaux libres", required=False)


class WeekSheetForm(SheetForm):
    noms = forms.BooleanField(label="Noms en entier", required=False, initial=True)
    motifs = forms.BooleanField(label="Motifs", required=False, initial=True)


class FeedForm(forms.Form):
    """`has_aged`: it was opened on an older version of the address."""

    version = VersionField()
    with_names = forms.BooleanField(label="Avec le nom des patients", required=False)
    has_aged = False

    def go_on_from(self, version: int) -> None:
        self.data = self.data.copy()  # type: ignore[attr-defined]  # of a POST
        self.data["version"] = str(version)  # type: ignore[index]
