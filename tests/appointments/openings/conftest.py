"""The agenda of the practice's pages, and somebody who keeps it."""

import pytest

from accounts.rights import Actor
from appointments.models import Schedule
from tests import factories
from tests.appointments.agenda.conftest import practitioner, schedule

__all__ = ["practitioner", "schedule"]


@pytest.fixture
def keeper(schedule: Schedule) -> Actor:
    return factories.practice_actor(schedule.practitioner)
