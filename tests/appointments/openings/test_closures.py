"""A place is closed for everybody who receives there."""

from datetime import date

import pytest

from accounts.rights import NOBODY, Actor
from appointments.exceptions import NotAllowed, Refused
from appointments.models import Closure, Schedule
from appointments.openings.services.closures import change_closure, create_closure, delete_closure
from appointments.openings.values import Days, Hours, Repeat
from tests import factories
from tests.appointments.openings.asked import NOW
from tests.factories import at

pytestmark = pytest.mark.django_db
DAY = date(2026, 12, 1)


def test_whole_days_then_hours_every_week_one_or_all(schedule: Schedule, keeper: Actor) -> None:
    place = schedule.location_id
    rows = create_closure(
        location_id=place,
        period=Days(DAY, DAY),
        label="Travaux",
        by=keeper,
        now=NOW,
        repeat=Repeat(date(2026, 12, 15)),
    )
    assert [row.first_day for row in rows] == [DAY, date(2026, 12, 8), date(2026, 12, 15)]
    hours = Hours(at("2026-12-01", "08:00"), at("2026-12-01", "12:00"))
    changed = change_closure(closure_id=rows[0].id, version=1, period=hours, label="", by=keeper, now=NOW)
    assert (changed.start, changed.first_day, changed.label) == (hours.start, None, "")
    assert delete_closure(closure_id=rows[0].id, version=2, by=keeper) == 1
    assert Closure.objects.count() == 2
    assert delete_closure(closure_id=rows[1].id, version=1, by=keeper, whole_series=True) == 2
    assert not Closure.objects.exists()


def test_only_who_keeps_an_agenda_there_closes_a_place(schedule: Schedule, keeper: Actor) -> None:
    (row,) = create_closure(location_id=schedule.location_id, period=Days(DAY, DAY), label="", by=keeper, now=NOW)
    elsewhere = factories.colleague(schedule)  # the same organization, another place
    for by in (NOBODY, factories.practice_actor(elsewhere.practitioner), factories.regulator_actor()):
        with pytest.raises(NotAllowed):
            create_closure(location_id=schedule.location_id, period=Days(DAY, DAY), label="", by=by, now=NOW)
        with pytest.raises(NotAllowed):
            change_closure(closure_id=row.id, version=1, period=Days(DAY, DAY), label="", by=by, now=NOW)
        with pytest.raises(NotAllowed):
            delete_closure(closure_id=row.id, version=1, by=by)
    assert Closure.objects.get() == row


def test_a_closure_that_can_t_be_is_refused(schedule: Schedule, keeper: Actor) -> None:
    for period in (Days(DAY, date(2026, 11, 30)), Days(DAY, date(2029, 12, 31))):
        with pytest.raises(Refused):
            create_closure(location_id=schedule.location_id, period=period, label="", by=keeper, now=NOW)
    assert not Closure.objects.exists()
