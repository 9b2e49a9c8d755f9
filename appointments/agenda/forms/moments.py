"""A day and an hour as people type them, at the clock of a place."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django import forms

from appointments.booking.limits import day_problem
from appointments.setup.clock import ClockField
from appointments.setup.forms.moments import Seasons, fold_field, seasons_of, typed_moment


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
    fold = fold_field()

    seasons: Seasons = ()

    @staticmethod
    def check_day(day: date, today: date) -> date:
        if problem := day_problem(day, today):
            raise forms.ValidationError(problem)
        return day

    def moment(self, day: date, at: time, zone: ZoneInfo) -> datetime | None:
        """The instant typed, in UTC; None, and the form says why, when there is none."""
        found, self.seasons = typed_moment(self, day, at, zone, hour="hour", fold="fold")
        return found

    def offer_seasons(self, local: datetime, chosen: str) -> None:
        self.seasons = seasons_of(local, chosen)
