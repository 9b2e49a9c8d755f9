"""What absences and closures share: their two forms, coming back, what refuses one."""

import uuid
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError

from accounts.french import comes_twice
from appointments.exceptions import AlreadyNoted, Refused
from appointments.models import Absence, Closure
from appointments.models.openings import MOST_WEEKS
from appointments.openings.recurrence import instant, moment_of, whole_days
from appointments.openings.services.versions import check_version
from appointments.openings.values import LONGEST_ABSENCE, Days, Hours, Repeat, When

Row = TypeVar("Row", Absence, Closure)
_WEEK = timedelta(weeks=1)
_DAY = timedelta(days=1)


def repeated(kind: type[Absence | Closure], period: When, repeat: Repeat | None, zone: ZoneInfo) -> list[When]:
    """The period, or the same one on each day of the repetition: the same hours by the clock of this zone. Raises `Refused`.

    In the nights of the clock changes a later one is all that reads as within these hours: to the second of two hours of one
    name; without what spring leaves out, and not at all where that is all of it.
    """
    check_length(kind, period)
    if repeat is None:
        return [period]
    first = first_day_of(period, zone)
    if repeat.until <= first:
        raise Refused("La répétition finit après le premier jour.", "until")
    if repeat.until - first > LONGEST_ABSENCE:
        raise Refused("Une répétition dure deux ans au plus\u00a0: vérifiez la date.", "until")
    if not 1 <= repeat.every_n_weeks <= MOST_WEEKS:
        raise Refused(f"Cela revient toutes les 1 à {MOST_WEEKS} semaines.", "every_n_weeks")
    length = _length(period)
    if length >= _WEEK * repeat.every_n_weeks:
        raise Refused("Ce qui revient chaque semaine dure moins d’une semaine.", "until")
    if len(repeat.weekdays) > 1 and length > (timedelta() if isinstance(period, Days) else _DAY):
        raise Refused("Ce qui revient plusieurs jours de la semaine dure un jour au plus à chaque fois.", "weekdays")
    found = [one for day in repeat.days(first) if (one := _moved(period, first, day, zone)) is not None]
    if not found:
        raise Refused("Aucun de ces jours ne vient avant la fin de la répétition.", "weekdays")
    return found


def first_day_of(period: When, zone: ZoneInfo) -> date:
    return period.first if isinstance(period, Days) else period.start.astimezone(zone).date()


def check_length(kind: type[Absence | Closure], period: When) -> None:
    if _length(period) > LONGEST_ABSENCE:
        raise Refused(f"Une {kind._meta.verbose_name} dure deux ans au plus\u00a0: vérifiez les dates.", "last_day")


def check_coming(period: When, zones: Collection[ZoneInfo], now: datetime) -> None:
    """Refuses what is over at all its places (`zones`, at least one)."""
    if isinstance(period, Days):
        if max(moment_of(whole_days(period.first, period.last, zone)[1]) for zone in zones) <= now:
            element = "first_day" if period.first == period.last else "last_day"
            raise Refused("Ce jour est passé\u00a0: choisissez-en un à venir.", element)
    elif period.end <= now:
        (zone, *_) = zones
        if (period.end - timedelta.resolution).astimezone(zone).date() < now.astimezone(zone).date():
            raise Refused("Ce jour est passé\u00a0: choisissez-en un à venir.", "first_day")
        raise Refused("Cette heure est passée\u00a0: choisissez-en une à venir.", "last_hour")


def begins_as(row: Absence | Closure, period: When) -> bool:
    return row.first_day == period.first if isinstance(period, Days) else row.start == period.start


def fill(row: Row, period: When, label: str) -> Row:
    if isinstance(period, Days):
        row.first_day, row.last_day, row.start, row.end = period.first, period.last, None, None
    else:
        row.first_day, row.last_day, row.start, row.end = None, None, period.start, period.end
    row.label = label
    return row


def create_rows(rows: Sequence[Row]) -> list[Row]:
    """Of one series where they are several. The caller has locked. Raises `Refused`, `AlreadyNoted`.

    The same few queries for one as for two years of weeks: the first is judged for all, they differ by their weeks alone.
    """
    first, kind = rows[0], type(rows[0])
    _judge(first)
    series = uuid.uuid4() if len(rows) > 1 else None
    same = kind._default_manager.filter(**{name: getattr(first, name) for name in _WHERE[kind]})
    noted = set(same.values_list(*_WHEN))
    if all(tuple(getattr(row, name) for name in _WHEN) in noted for row in rows):
        what = f"Cette {kind._meta.verbose_name} est déjà notée" if series is None else "Cette série est déjà notée"
        raise AlreadyNoted(f"{what}\u00a0: rien n’a été ajouté.")
    for row in rows:
        row.series, row.version = series, 1
    return kind._default_manager.bulk_create(rows)


def state_of(row: Absence | Closure) -> tuple[object, ...]:
    """When, where, in which words."""
    return tuple(getattr(row, name) for name in (*_WHEN, *_WHERE[type(row)]))


def save_row(row: Absence | Closure, *, version: int | None, was: tuple[object, ...]) -> None:
    """`version`: that of the page; `was`: its state before it was filled. What it says already is not written again: the
    form was sent twice. The caller has locked. Raises `Refused`, `ChangedMeanwhile`.
    """
    if state_of(row) == was:
        return
    check_version(row, version)
    row.version += 1
    _judge(row)
    row.save()


_WHEN = ("first_day", "last_day", "start", "end")
_WHERE: dict[type[Absence | Closure], tuple[str, ...]] = {
    Absence: ("calendar_id", "schedule_id", "replacement_id", "label"),
    Closure: ("location_id", "label"),
}


def _judge(row: Absence | Closure) -> None:
    try:
        row.full_clean()
    except ValidationError as error:
        raise Refused(error.messages[0]) from None


def _length(period: When) -> timedelta:
    """Of one whole day: none."""
    return period.last - period.first if isinstance(period, Days) else period.end - period.start


def _moved(period: When, first: date, day: date, zone: ZoneInfo) -> When | None:
    """From the one day to the other."""
    later = day - first
    if isinstance(period, Days):
        return Days(period.first + later, period.last + later)
    if not later:
        return period
    start, end = period.start.astimezone(zone), period.end.astimezone(zone)
    begins = instant(start.date() + later, start.time(), zone)
    ends = instant(end.date() + later, end.time(), zone).astimezone(zone)
    ends = ends.replace(fold=int(comes_twice(ends - timedelta(minutes=1)))).astimezone(UTC)
    return Hours(begins, ends) if begins < ends else None
