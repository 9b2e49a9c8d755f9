"""Hours past midnight are one rule (A19)."""

from datetime import date, time, timedelta

import pytest

from accounts.rights import Actor
from appointments.models import Schedule
from appointments.openings.services.rules import create_rule
from appointments.slots.selectors import free_slots_of
from appointments.slots.values import PRACTICE
from tests.appointments.openings.asked import TODAY, opening
from tests.factories import at

pytestmark = pytest.mark.django_db


def starts(schedule: Schedule, day: str, hours: int = 30) -> list[str]:
    since = at(day, "12:00")
    loaded = list(Schedule.objects.with_place().filter(pk=schedule.pk))
    found = free_slots_of(loaded, since=since, until=since + timedelta(hours=hours), now=since, viewer=PRACTICE)
    return [f"{slot.start.astimezone(schedule.location.zone):%a %H:%M%z}" for slot in found]


def test_monday_from_22_to_2_by_45_minutes_has_five_starts_one_across_midnight(
    schedule: Schedule, keeper: Actor
) -> None:
    asked = opening(schedule, start_time=time(22), end_time=time(2), step_minutes=45)
    create_rule(opening=asked, by=keeper, today=TODAY)
    found = [one[:9] for one in starts(schedule, "2026-11-30")]
    assert found == ["Mon 22:00", "Mon 22:45", "Mon 23:30", "Tue 00:15", "Tue 01:00"]


def test_from_nine_to_nine_is_a_whole_day(schedule: Schedule, keeper: Actor) -> None:
    asked = opening(schedule, start_time=time(9), end_time=time(9), step_minutes=240)
    create_rule(opening=asked, by=keeper, today=TODAY)
    assert len(starts(schedule, "2026-11-29", 60)) == 6


@pytest.mark.parametrize(("saturday", "count"), [(date(2027, 3, 27), 5), (date(2027, 10, 30), 7)])
def test_a_night_that_the_clock_changes_has_its_real_hours(
    schedule: Schedule, keeper: Actor, saturday: date, count: int
) -> None:
    asked = opening(schedule, weekdays=(6,), start_time=time(22), end_time=time(4), step_minutes=60)
    create_rule(opening=asked, by=keeper, today=TODAY)
    assert len(starts(schedule, saturday.isoformat(), 20)) == count
