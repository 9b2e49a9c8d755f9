"""The one lock of an agenda: who books on a line of time, or changes what is open on it, holds it."""

import uuid
from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import Organization
from accounts.rights import Actor
from appointments.exceptions import NotAllowed
from appointments.models import Calendar, Schedule

# The same as of a queryset, of those that a statement of ours reads.
_LOCK = "SELECT id, changes FROM appointments_calendar WHERE id IN ({}) ORDER BY id FOR NO KEY UPDATE"


def lock_calendars(
    calendar_ids: Iterable[uuid.UUID] | QuerySet[Any, Any] | RawSQL, *, by: Actor | None = None
) -> dict[uuid.UUID, int]:
    """Until the end of the transaction nobody else books on these lines of time, or changes what their slots depend on.

    Every service that writes a row the triggers of `Calendar.changes` watch takes this before it writes anything, with all
    calendars it will touch at once: always in the order of their keys, so that two acts crossing each other can't deadlock.
    The triggers lock too, but only after their statement's own rows: they are the net, not the order.

    Gives those that are locked now, each with its count of changes. A queryset of calendars' ids is read in the same statement;
    what it would give by the time they are locked may be more, so whoever's set depends on rows reads these again (and begins
    anew when it grew).

    `by`: who acts. Their request read what they may before it waited here: where they may less by now, on these lines of time or
    by a role, `NotAllowed` is raised. What a right taken back lets through is what was done before it was taken.
    """
    if isinstance(calendar_ids, RawSQL):
        # Built by hand: on each landing of a regulator.
        with connection.cursor() as cursor:
            cursor.execute(_LOCK.format(calendar_ids.sql), calendar_ids.params)
            locked = dict(cursor.fetchall())
    else:
        wanted = calendar_ids if isinstance(calendar_ids, QuerySet) else set(calendar_ids)
        rows = Calendar.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
        locked = dict(rows.values_list("pk", "changes"))
    if by is not None:
        _require_still(by, locked)
    return locked


def _require_still(by: Actor, calendars: Iterable[uuid.UUID]) -> None:
    """One query, as long as they may all that they might."""
    now = by.now()
    if now.includes(by):
        return
    agendas = Schedule.objects.filter(calendar__in=calendars).order_by()
    here = set(agendas.values_list("calendar__practitioner", "organization"))
    is_less = now.regulator != by.regulator or not (now.own >= by.own and now.managed >= by.managed)
    if is_less or any(now.level_in(*one) < by.level_in(*one) for one in here):
        raise NotAllowed


def lock_calendars_of(
    read: Callable[[], Iterable[uuid.UUID]], *, reasons_of: uuid.UUID | None = None, by: Actor | None = None
) -> None:
    """Lock the lines of time of a set that depends on rows, such as a place's: read, locked, read again.

    Begun anew when it grew meanwhile; the locks taken are given back first, else their order would be lost.

    `reasons_of`: the organization whose list of reasons is written too. Two of its practitioners have no line of time in common:
    its row, locked after the calendars and before the set is read again, keeps one from adding what the other just did. `by`: as
    of `lock_calendars`.
    """
    while True:
        wanted = set(read())
        before = transaction.savepoint()
        lock_calendars(wanted, by=by)
        if reasons_of is not None:
            Organization.objects.select_for_update(no_key=True).filter(pk=reasons_of).first()
        if set(read()) <= wanted:
            transaction.savepoint_commit(before)
            return
        transaction.savepoint_rollback(before)
