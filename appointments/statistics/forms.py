"""Of which days, and of whose agendas; all of it is in the address."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from accounts.french import month_year, sentence
from appointments.agenda.forms.going import DayField
from appointments.models import Schedule
from appointments.statistics.figures import months_of

# Days: two years, one of them a leap year.
LONGEST = 731
# Months that have a report: those of two years.
MONTHS = 24


class PeriodForm(forms.Form):
    """Bound to an address. Without days: the twelve months that end with this one, until today."""

    agenda = forms.ChoiceField(label="Agendas", required=False)
    field_order = ("du", "au", "agenda")

    def __init__(self, data: Any, *, today: date, agendas: Sequence[tuple[Schedule, str]]) -> None:
        super().__init__(data, auto_id="activite-%s")
        self._today = today
        self._agendas = agendas
        self.fields["du"] = DayField(label="Du", today=today, required=False)
        self.fields["au"] = DayField(label="Au", today=today, required=False)
        self.order_fields(self.field_order)
        self.fields["agenda"].choices = [  # type: ignore[attr-defined]
            ("", "Tous ceux que vous gérez"), *((str(one.pk), name) for one, name in agendas),
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        last = data["au"] or max(self._today, data["du"] or self._today)
        first = data["du"] or back(last, 11)
        if last < first:
            self.add_error("au", "La fin vient avant le début.")
        elif (last - first).days >= LONGEST:
            self.add_error("au", "Deux ans au plus\u00a0: choisissez une période plus courte.")
        return data | {"du": first, "au": last}

    @property
    def chosen(self) -> list[Schedule]:
        asked = self.cleaned_data["agenda"]
        return [one for one, _ in self._agendas if not asked or str(one.pk) == asked]


class MonthForm(forms.Form):
    """A month of the last two years."""

    mois = forms.ChoiceField(label="Mois")

    def __init__(self, asked: str, *, today: date) -> None:
        super().__init__({"mois": asked or f"{back(today, 1):%Y-%m}"}, auto_id="%s")
        months = reversed(months_of(back(today, MONTHS - 1), today))
        self._months = {f"{one:%Y-%m}": one for one in months}
        self.fields["mois"].choices = [  # type: ignore[attr-defined]
            (key, sentence(month_year(one))) for key, one in self._months.items()
        ]

    @property
    def month(self) -> date | None:
        """The one before this where none is asked for; None for what is none of them."""
        return self._months[self.cleaned_data["mois"]] if self.is_valid() else None


def back(day: date, months: int) -> date:
    """The first of the month that was so many months before."""
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(years, month + 1, 1)
