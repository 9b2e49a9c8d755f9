"""Lines of time are locked in the order of their keys, by services and by the triggers under them: no two can cross."""

import threading
import time
from collections.abc import Callable
from contextlib import closing

import pytest
from django.db import OperationalError, connection, transaction

from accounts.models import Organization
from appointments.models import Calendar, Schedule
from appointments.places.locks import lock_calendars
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def lock(pair: list[Schedule]) -> None:
    with transaction.atomic():
        lock_calendars([one.calendar_id for one in reversed(pair)])


def write_unlocked(pair: list[Schedule]) -> None:
    """The triggers lock both."""
    Organization.objects.filter(pk=pair[0].organization_id).update(phone="+33199001299")


@pytest.mark.parametrize("act", [lock, write_unlocked])
def test_who_waits_for_the_second_holds_the_first(act: Callable[[list[Schedule]], None]) -> None:
    first = factories.schedule()
    pair = sorted([first, factories.colleague(first)], key=lambda one: one.calendar_id)

    def run() -> None:
        with closing(connection):
            act(pair)

    thread = threading.Thread(target=run)
    with transaction.atomic():
        lock_calendars([pair[1].calendar_id])
        thread.start()
        until = time.monotonic() + 20
        while not _waiting() and time.monotonic() < until:
            time.sleep(0.01)
        with pytest.raises(OperationalError, match="could not obtain lock"), transaction.atomic():
            Calendar.objects.select_for_update(nowait=True, no_key=True).get(pk=pair[0].calendar_id)
    thread.join(20)
    assert not thread.is_alive()


def _waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        [count] = cursor.fetchone()
    return int(count)
