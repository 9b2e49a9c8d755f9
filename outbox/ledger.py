"""Who sends which row, and until when: one row is sent by one worker at a time, and none is forgotten.

Sending is claim, commit, send, record: no lock and no transaction is held while the other side thinks. A claim is one
UPDATE that finds the row due, so that of many workers one changes it. It lasts until its lease ends, and the lease is also
what its holder is known by: whoever lost it changes nothing any more.

Moments are the database's: leases are judged by one clock, or a worker whose own is an hour ahead would take over what
another is sending. A worker that was held up between its claim and its sending can look at that clock again, and give the
row back.
"""

import random
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F

from outbox.models import OutboxQuerySet, OutboxRow


def database_clock() -> datetime:
    """The moment it is, by the clock that all workers share."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        row: tuple[datetime] = cursor.fetchone()
    return row[0]


def claim(model: type[OutboxRow], pk: object, *, now: datetime, lease: timedelta, **changes: Any) -> bool:
    """Take the row until the lease ends; `changes` are written with it. False when it is not due, or somebody holds it.

    Read the row afterwards: who holds it is known by the `lease_until` that was written.
    """
    due = model.objects.filter(pk=pk).due(now)
    return due.update(lease_until=now + lease, attempts=F("attempts") + 1, **changes) == 1


def settle(row: OutboxRow, **changes: Any) -> bool:
    """End the claim with what came of it. False, and nothing is written, when the lease was lost meanwhile."""
    return _held(row).update(lease_until=None, **changes) == 1


def try_again(row: OutboxRow, *, at: datetime, cause: str, **changes: Any) -> bool:
    """End the claim of a row that did not leave. False as for `settle`, and when it is not to be sent any more."""
    return _held(row).to_send().update(lease_until=None, next_attempt_at=at, cause=cause, **changes) == 1


def give_back(row: OutboxRow, *, now: datetime, cause: str, **changes: Any) -> bool:
    """End a claim without having tried: somebody else's turn, at once. False as for `try_again`."""
    return try_again(row, at=now, cause=cause, attempts=F("attempts") - 1, **changes)


def retry_delay(attempts: int, *, first: timedelta, longest: timedelta) -> timedelta:
    """The wait after this many attempts: doubled each time up to the longest, minus up to a quarter at random.

    The randomness keeps what failed together from coming back together.
    """
    full = min(first * 2 ** min(attempts - 1, 20), longest)
    return full * random.uniform(0.75, 1)  # noqa: S311 - spreads load, protects nothing


def _held(row: OutboxRow) -> OutboxQuerySet[OutboxRow]:
    """Its row, as long as it is held by this very claim."""
    return type(row).objects.filter(pk=row.pk, lease_until=row.lease_until, lease_until__isnull=False)
