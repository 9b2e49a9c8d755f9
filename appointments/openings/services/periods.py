"""What absences and closures share: their two forms, and coming back every week."""

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError

from appointments.exceptions import Refused
from appointments.models import Absence, Closure
from appointments.openings.recurrence import instant
from appointments.openings.values import LONGEST_ABSENCE, Days, Hours, Span

_WEEK = timedelta(weeks=1)


def weekly(period: Span, until: date | None, zone: ZoneInfo) -> list[Span]:
    """The period, and the same one each week until this day: the same hours by the clock of this zone. Raises `Refused`."""
    check_length(period)
    if until is None:
        return [period]
    first = period.first if isinstance(period, Days) else period.start.astimezone(zone).date()
    length = period.last - period.first if isinstance(period, Days) else period.end - period.start
    if until <= first:
        raise Refused("La répétition finit après le premier jour.", "until")
    if until - first > LONGEST_ABSENCE:
        raise Refused("Une répétition dure deux ans au plus\u00a0: vérifiez la date.", "until")
    if length >= (timedelta(days=7) if isinstance(period, Days) else _WEEK):
        raise Refused("Ce qui revient chaque semaine dure moins d’une semaine.", "until")
    return list(_each_week(period, first, until, zone))


def check_length(period: Span) -> None:
    length = period.last - period.first if isinstance(period, Days) else period.end - period.start
    if length > LONGEST_ABSENCE:
        raise Refused("Une absence dure deux ans au plus\u00a0: vérifiez les dates.", "last_day")


def write_period(row: Absence | Closure, period: Span, label: str, series: uuid.UUID | None) -> None:
    """Raises `Refused`. The caller has locked."""
    if isinstance(period, Days):
        row.first_day, row.last_day, row.start, row.end = period.first, period.last, None, None
    else:
        row.first_day, row.last_day, row.start, row.end = None, None, period.start, period.end
    row.label, row.series = label, series
    row.version += 1
    try:
        row.full_clean()
    except ValidationError as error:
        raise Refused(error.messages[0]) from None
    row.save()


def _each_week(period: Span, first: date, until: date, zone: ZoneInfo) -> Iterator[Span]:
    for count in range((until - first).days // 7 + 1):
        later = count * _WEEK
        if isinstance(period, Days):
            yield Days(period.first + later, period.last + later)
        elif count == 0:
            yield period
        else:
            start, end = period.start.astimezone(zone), period.end.astimezone(zone)
            begins = instant(start.date() + later, start.time(), zone)
            ends = instant(end.date() + later, end.time(), zone)
            if begins < ends:  # not the hour that spring leaves out
                yield Hours(begins, ends)
