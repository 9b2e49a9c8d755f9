"""What the pages of absences and closures share: one sent twice is one, and what it touches is told."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.french import NBSP, between_hours, comes_twice, listed, long_date
from accounts.zones import there
from appointments.exceptions import AlreadyNoted
from appointments.models import Absence, Closure
from appointments.openings.selectors import period_interval
from appointments.setup.forms.periods import PeriodForm
from appointments.setup.selectors import zone_of
from appointments.setup.views.desk import Desk
from appointments.setup.views.sent import saved


def saved_once(
    request: HttpRequest, desk: Desk, form: PeriodForm, save: Callable[[], HttpResponse]
) -> HttpResponse | None:
    """As `saved`; what is there already is told: it was sent twice."""

    def once() -> HttpResponse:
        try:
            return save()
        except AlreadyNoted as told:
            messages.info(request, str(told))
            return redirect(desk.back)

    return saved(form, once)


def tell_clock_changes(request: HttpRequest, desk: Desk, rows: Sequence[Absence | Closure], until: date | None) -> None:
    """Of a series by the hour until this day: the weeks in which a clock change makes its hours other ones, or leaves none."""
    if until is None or rows[0].is_whole_days:
        return
    zone = zone_of(rows[0], desk.zone)
    weeks: dict[date, list[datetime]] = {}
    for when in (period_interval(row, zone) for row in rows):
        weeks[when.start.astimezone(zone).date()] = [at.astimezone(zone) for at in (when.start, when.end)]
    day = min(weeks)
    usual = [at.time() for at in weeks[day]]
    said: list[str] = []
    while (day := day + timedelta(weeks=1)) <= until:
        hours = weeks.get(day)
        if hours is None:
            said.append(f"rien le {long_date(day)}, où ces heures n’existent pas")
        elif [at.time() for at in hours] != usual or any(map(comes_twice, hours)):
            said.append(between_hours(*hours))
    if said:
        messages.info(request, f"Changement d’heure{NBSP}: {listed(said)}{there(zone)}.")
