"""An hour typed for a day: in the nights of the clock changes there may be none of that name, or two."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from django import forms

from accounts import french
from appointments.openings.recurrence import instant

FIRST, SECOND = "0", "1"
# (value, words, whether it is chosen) of the two hours of one name; empty where there is one.
Seasons = tuple[tuple[str, str, bool], ...]


def fold_field(label: str = "Laquelle des deux") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=[(FIRST, french.SEASONS[0]), (SECOND, french.SEASONS[1])],
        error_messages={"invalid_choice": "Choisissez l’une des deux heures."},
    )


def seasons_of(local: datetime, chosen: str) -> Seasons:
    return tuple((one, french.hour(local.replace(fold=int(one))), one == chosen) for one in (FIRST, SECOND))


def typed_moment(
    form: forms.Form, day: date, at: time, zone: ZoneInfo, *, hour: str, fold: str
) -> tuple[datetime | None, Seasons]:
    """The instant, in UTC, and the two to choose from where there are two.

    None, and the field named `hour` says why, when there is no such hour. Where the field named `fold` does not say which of
    the two, it asks: the first is chosen, and is to be confirmed.
    """
    local = instant(day, at, zone).astimezone(zone)
    if local.replace(tzinfo=None) != datetime.combine(day, at):
        form.add_error(hour, "Cette heure n’existe pas ce jour-là\u00a0: on passe à l’heure d’été.")
        return None, ()
    if not french.comes_twice(local):
        return local.astimezone(UTC), ()
    said = form.cleaned_data.get(fold, "")
    local = local.replace(fold=int(said or FIRST))
    if not said and fold not in form.errors:
        form.add_error(
            fold, f"Cette heure existe deux fois ce jour-là\u00a0: {french.hour(local)} est choisie. Confirmez."
        )
    return local.astimezone(UTC), seasons_of(local, said or FIRST)
