"""What a list of visits is narrowed to; all of it is in the address, and none of it is personal."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms

from appointments.agenda.forms.going import DayField
from appointments.days import LAST_DAY
from appointments.enums import Origin, Status
from appointments.models import Reason

# What a list is good for; an export has more.
LONGEST = 366
NO_REASON = "aucun"


class VisitsForm(forms.Form):
    """Bound to an address. Without days: the seven from today on."""

    statut = forms.ChoiceField(label="Statut", required=False, choices=[("", "Tous"), *Status.choices[1:]])
    motif = forms.ChoiceField(label="Motif", required=False)
    origine = forms.ChoiceField(label="Pris par", required=False, choices=[("", "Tous"), *Origin.choices])
    field_order = ("du", "au", "statut", "motif", "origine")

    def __init__(self, data: Any, *, today: date, reasons: Sequence[Reason]) -> None:
        super().__init__(data, auto_id="liste-%s")
        self._today = today
        self.fields["du"] = DayField(label="Du", today=today, required=False)
        self.fields["au"] = DayField(label="Au", today=today, required=False)
        self.order_fields(self.field_order)
        chosen = [("", "Tous"), (NO_REASON, "Sans motif"), *((str(one.pk), one.label) for one in reasons)]
        self.fields["motif"].choices = chosen  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        first = data["du"] or self._today
        last = data["au"] or max(first, min(LAST_DAY, first + timedelta(days=6)))
        if last < first:
            self.add_error("au", "La fin vient avant le début.")
        elif (last - first).days >= LONGEST:
            self.add_error("au", "Un an au plus\u00a0: l’export en a davantage.")
        return data | {"du": first, "au": last}
