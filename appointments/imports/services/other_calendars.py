"""A practitioner's calendars elsewhere: added, taken away, and read again and again by workers.

Of what stands in them only when it stands there is kept. What was read last holds until it can be read again: a site that does
not answer opens no slot.
"""

import logging
import uuid
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction

from accounts.enums import Level
from accounts.rights import Actor, acted_by
from appointments.exceptions import NotAllowed, Refused
from appointments.imports import far
from appointments.imports.busy import TooMany, busy_periods
from appointments.imports.waking import other_calendar_due
from appointments.models import BusyTime, OtherCalendar
from appointments.openings.recurrence import Interval
from appointments.places.locks import lock_calendars
from appointments.places.rights import Agendas
from appointments.places.selectors import calendar_of, grid_zone, schedules_of

logger = logging.getLogger(__name__)

MOST = 5
EVERY = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
_SINCE, _AHEAD = timedelta(days=1), timedelta(days=400)
_NO_CALENDAR = "Il n’y a pas d’agenda iCalendar à cette adresse, ou il est coupé."
_INTERRUPTED = "La lecture est en cours, ou a été interrompue."
_TOO_MANY = "Cet agenda a trop d’événements pour être celui d’une personne."


def may_add(practitioner_id: uuid.UUID, by: Actor) -> bool:
    """It is time of all their places: the practitioner's own, or of who manages all that are open."""
    return practitioner_id in by.own or Agendas(schedules_of(practitioner_id), by).everywhere(Level.MANAGE)


def add_calendar(*, practitioner_id: uuid.UUID, name: str, address: str, by: Actor, now: datetime) -> OtherCalendar:
    """Read as soon as a worker is there. Raises `NotAllowed`, `Refused`."""
    if not may_add(practitioner_id, by):
        raise NotAllowed
    try:
        address = far.checked_address(address)
    except far.Unreachable as refusal:
        raise Refused(str(refusal), "address") from None
    try:
        with transaction.atomic():
            calendar = calendar_of(practitioner_id)
            lock_calendars([calendar.pk], by=by)
            if OtherCalendar.objects.filter(calendar=calendar).count() >= MOST:
                raise Refused(f"Cet agenda en suit déjà {MOST} autres\u00a0: retirez-en un d’abord.", "address")
            made = OtherCalendar.objects.create(
                calendar=calendar,
                name=name,
                address=address,
                created_at=now,
                next_at=now,
                by_name=by.name,
                **acted_by(by),
            )
            _wake(made.pk)
            return made
    except IntegrityError:
        raise Refused("Cette adresse est déjà dans la liste.", "address") from None


def remove_calendar(*, other_id: uuid.UUID, practitioner_id: uuid.UUID, by: Actor) -> None:
    """Its time is free again at once. Raises `NotAllowed`."""
    with transaction.atomic():
        found = _own(other_id, practitioner_id, by)
        lock_calendars([found.calendar_id], by=by)
        found.delete()


def read_again(*, other_id: uuid.UUID, practitioner_id: uuid.UUID, by: Actor, now: datetime) -> None:
    """At once, whatever failed before. Raises `NotAllowed`."""
    with transaction.atomic():
        found = _own(other_id, practitioner_id, by)
        OtherCalendar.objects.filter(pk=found.pk, next_at__gt=now).exclude(
            tried_at__gt=now - timedelta(minutes=1)
        ).update(next_at=now)
        _wake(found.pk)


def due_calendars(*, now: datetime, limit: int = 200) -> list[uuid.UUID]:
    rows = OtherCalendar.objects.filter(next_at__lte=now).order_by("next_at", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def read_calendar(other_id: uuid.UUID, *, now: datetime) -> None:
    """If it is due and nobody else reads it. What keeps it from being read is noted for its page."""
    with transaction.atomic():
        due = OtherCalendar.objects.filter(pk=other_id, next_at__lte=now).select_for_update(
            skip_locked=True, of=("self",)
        )
        other = due.select_related("calendar").first()
        if other is None:
            return
        # Until it is known better: what kills its worker is tried less and less often, and does not count as read.
        _note_failure(other, _INTERRUPTED, now)
    zone = grid_zone(schedules_of(other.calendar.practitioner_id)) if other.calendar.practitioner_id else None
    if zone is None:
        return
    try:
        periods = _read(other.address, zone, now)
    except far.Unreachable as failure:
        _note_failure(other, str(failure), now)
    else:
        _keep(other, periods, now)


def _read(address: str, zone: ZoneInfo, now: datetime) -> list[Interval]:
    content = far.fetch(address)
    if not content.rstrip().upper().endswith(b"END:VCALENDAR"):
        raise far.Unreachable(_NO_CALENDAR)
    try:
        return busy_periods(content, zone=zone, since=now - _SINCE, until=now + _AHEAD)
    except TooMany:
        raise far.Unreachable(_TOO_MANY) from None
    except Exception as error:  # noqa: BLE001 - of what strangers write, the libraries foresee not everything
        # Without its words, which would quote the calendar.
        logger.warning("other calendar: not readable (%s)", type(error).__name__)
        raise far.Unreachable(_NO_CALENDAR) from None


def _keep(other: OtherCalendar, periods: list[Interval], now: datetime) -> None:
    """Rows that stay as they are are not written again: agendas that look for news see none."""
    with transaction.atomic():
        lock_calendars([other.calendar_id])
        if not OtherCalendar.objects.select_for_update(no_key=True).filter(pk=other.pk).exists():
            return
        rows = {(one.start, one.end): one.pk for one in BusyTime.objects.filter(other=other)}
        wanted = {(one.start, one.end) for one in periods}
        gone = [pk for bounds, pk in rows.items() if bounds not in wanted]
        if gone:
            BusyTime.objects.filter(pk__in=gone).delete()
        fresh = sorted(wanted - rows.keys())
        BusyTime.objects.bulk_create(
            BusyTime(other=other, calendar_id=other.calendar_id, start=start, end=end) for start, end in fresh
        )
        OtherCalendar.objects.filter(pk=other.pk).update(
            tried_at=now, read_at=now, failure="", failures=0, next_at=now + EVERY
        )


def _note_failure(other: OtherCalendar, words: str, now: datetime) -> None:
    wait = min(EVERY * 2 ** min(other.failures, 10), LONGEST)
    OtherCalendar.objects.filter(pk=other.pk).update(
        tried_at=now, failure=words[:300], failures=other.failures + 1, next_at=now + wait
    )


def _own(other_id: uuid.UUID, practitioner_id: uuid.UUID, by: Actor) -> OtherCalendar:
    found = OtherCalendar.objects.of_practitioner(practitioner_id).filter(pk=other_id).first()
    if found is None or not may_add(practitioner_id, by):
        raise NotAllowed
    return found


def _wake(other_id: uuid.UUID) -> None:
    transaction.on_commit(partial(other_calendar_due.send, sender=OtherCalendar, other_id=other_id), robust=True)
