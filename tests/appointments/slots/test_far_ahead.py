"""Agendas asked for at the end of the calendar: no slot, and no error either."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from appointments.models import Schedule
from appointments.slots.selectors import AHEAD, free_slot, free_slots_of, nearest_slots
from appointments.slots.slot_key import SlotKey
from appointments.slots.values import PRACTICE
from tests import factories

pytestmark = pytest.mark.django_db

END_OF_TIME = datetime.max.replace(tzinfo=UTC)


@pytest.fixture
def schedule() -> Schedule:
    return factories.rule().schedule


@pytest.mark.parametrize("back", [timedelta(), timedelta(minutes=30), timedelta(days=31)])
def test_no_slot_is_free_at_the_end_of_time(schedule: Schedule, back: timedelta) -> None:
    now = timezone.now()
    assert free_slots_of([schedule], since=END_OF_TIME - back, until=END_OF_TIME, now=now, viewer=PRACTICE) == []
    key = SlotKey(schedule.id, datetime(9999, 12, 31, 23, 30, tzinfo=UTC), 15)
    assert free_slot(key, schedule=schedule, now=now, viewer=PRACTICE) is None
    assert nearest_slots([schedule], around=END_OF_TIME, now=now, count=3, viewer=PRACTICE) == []


def test_slots_are_computed_until_five_years_ahead(schedule: Schedule) -> None:
    now = timezone.now()
    edge = now + AHEAD
    found = free_slots_of([schedule], since=edge - timedelta(days=9), until=END_OF_TIME, now=now, viewer=PRACTICE)
    assert found
    assert found[-1].start <= edge
