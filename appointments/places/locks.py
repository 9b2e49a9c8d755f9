"""The one lock of an agenda: who books on a line of time, or changes what is open on it, holds it."""

import uuid
from collections.abc import Callable, Iterable

from django.db import transaction

from appointments.models import Calendar, Schedule


def lock_calendars(calendar_ids: Iterable[uuid.UUID]) -> None:
    """Until the end of the transaction nobody else books on these lines of time, or changes what their slots depend on.

    Every service that writes a row the triggers of `Calendar.changes` watch takes this before it writes anything, with all
    calendars it will touch at once: always in the order of their keys, so that two acts crossing each other can't deadlock.
    The triggers lock too, but only after their statement's own rows: they are the net, not the order.
    """
    rows = Calendar.objects.select_for_update(no_key=True).filter(pk__in=set(calendar_ids)).order_by("pk")
    list(rows.values_list("pk"))


def lock_calendars_of(read: Callable[[], Iterable[uuid.UUID]]) -> None:
    """Lock the lines of time of a set that depends on rows, such as a place's: read, locked, read again.

    Begun anew when it grew meanwhile; the locks taken are given back first, else their order would be lost.
    """
    while True:
        wanted = set(read())
        before = transaction.savepoint()
        lock_calendars(wanted)
        if set(read()) <= wanted:
            transaction.savepoint_commit(before)
            return
        transaction.savepoint_rollback(before)


def lock_calendar_of(schedule_id: uuid.UUID) -> None:
    """The same for the line of time of one agenda, before anything of it is read. An agenda never changes its own."""
    own = Schedule.objects.filter(pk=schedule_id).values("calendar")
    list(Calendar.objects.select_for_update(no_key=True).filter(pk__in=own).values_list("pk"))
