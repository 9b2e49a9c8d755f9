"""A day and an hour as people type them, at the clock of a place."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from django import forms

from accounts import french
from appointments.booking.limits import day_problem
from appointments.openings.recurrence import instant
from appointments.setup.clock import ClockField

FIRST, SECOND = "0", "1"


class TypedMoment(forms.Form):
    """An hour that comes twice that day is given back once: the first is chosen, the other is offered (`seasons`)."""

    day = forms.DateField(
        label="Jour",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": "Indiquez le jour.",
            "invalid": "Cette date n’est pas lisible\u00a0: écrivez-la comme 25/11/2026.",
        },
    )
    hour = ClockField(label="Heure", required=False, error_messages={"required": "Indiquez l’heure."})
    fold = forms.ChoiceField(
        label="Laquelle des deux",
        required=False,
        choices=[(FIRST, "heure d’été"), (SECOND, "heure d’hiver")],
        error_messages={"invalid_choice": "Choisissez l’une des deux heures."},
    )

    # (value, words, whether it is chosen) of the two hours of one name; empty where there is one.
    seasons: tuple[tuple[str, str, bool], ...] = ()

    @staticmethod
    def check_day(day: date, today: date) -> date:
        if problem := day_problem(day, today):
            raise forms.ValidationError(problem)
        return day

    def moment(self, day: date, at: time, zone: ZoneInfo) -> datetime | None:
        """The instant typed, in UTC; None, and the form says why, when there is none or when there are two."""
        local = instant(day, at, zone).astimezone(zone)
        if local.replace(tzinfo=None) != datetime.combine(day, at):
            self.add_error("hour", "Cette heure n’existe pas ce jour-là\u00a0: on passe à l’heure d’été.")
            return None
        fold = self.cleaned_data.get("fold", "")
        if french.comes_twice(local):
            self.offer_seasons(local, fold or FIRST)
            if not fold and "fold" not in self.errors:
                chosen = french.hour(local)
                self.add_error(
                    "fold", f"Cette heure existe deux fois ce jour-là\u00a0: {chosen} est choisie. Confirmez."
                )
            local = local.replace(fold=int(fold or FIRST))
        return local.astimezone(UTC)

    def offer_seasons(self, local: datetime, chosen: str) -> None:
        self.seasons = tuple((one, french.hour(local.replace(fold=int(one))), one == chosen) for one in (FIRST, SECOND))
