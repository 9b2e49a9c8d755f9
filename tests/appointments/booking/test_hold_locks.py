"""Holds and the lines of time that are locked for them; what was not is left alone."""

import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.rights import Actor
from appointments.booking.services import holds
from appointments.booking.services.holds import give_back_hold, renew_hold
from appointments.models import Calendar, Hold, Schedule
from tests import factories
from tests.appointments.booking.test_holds import NINE, book, regulator, schedule, take

__all__ = ["regulator", "schedule"]
pytestmark = pytest.mark.django_db


def test_renewing_and_giving_back_lock_the_line_of_time_before_they_write(schedule: Schedule, regulator: Actor) -> None:
    """Else the trigger would lock it after the hold's row, which whoever books deletes while holding the line."""
    hold = take(schedule, regulator)
    for act in (renew_hold, give_back_hold):
        with CaptureQueriesContext(connection) as queries:
            act(token=hold.token)
        written = [one["sql"].lstrip() for one in queries if "SAVEPOINT" not in one["sql"]]
        assert "FOR NO KEY UPDATE" in written[0]
        assert written[-1].startswith(("UPDATE", "DELETE"))


def without(locked: dict[uuid.UUID, int], missed: uuid.UUID) -> dict[uuid.UUID, int]:
    return {one: changes for one, changes in locked.items() if one != missed}


def test_a_former_hold_on_a_line_of_time_that_was_not_locked_begins_anew(
    schedule: Schedule, regulator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another window of theirs took it between the reading of the set and the lock."""
    elsewhere = factories.rule().schedule
    take(elsewhere, regulator)
    locking, missed = holds.lock_calendars, [elsewhere.calendar_id]

    def late(calendars: object, **by: object) -> dict[uuid.UUID, int]:
        locked = locking(calendars, **by)  # type: ignore[arg-type]
        return without(locked, missed.pop()) if missed else locked

    monkeypatch.setattr(holds, "lock_calendars", late)
    assert take(schedule, regulator) == Hold.objects.get()


def test_a_booking_leaves_a_hold_on_a_line_of_time_that_was_not_locked(
    schedule: Schedule, regulator: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another window of theirs took it meanwhile: it ends by itself."""
    elsewhere = factories.rule().schedule
    kept = take(elsewhere, regulator)
    locking = holds.lock_calendars
    monkeypatch.setattr(holds, "lock_calendars", lambda ids, **by: without(locking(ids, **by), elsewhere.calendar_id))
    assert book(schedule, regulator).start == NINE
    assert Hold.objects.get() == kept


def test_taking_one_raises_both_lines_of_time(schedule: Schedule, regulator: Actor) -> None:
    elsewhere = factories.rule().schedule
    take(elsewhere, regulator)
    before = dict(Calendar.objects.values_list("pk", "changes"))
    take(schedule, regulator)
    now = dict(Calendar.objects.values_list("pk", "changes"))
    assert {pk for pk, count in now.items() if count > before[pk]} == {schedule.calendar_id, elsewhere.calendar_id}
