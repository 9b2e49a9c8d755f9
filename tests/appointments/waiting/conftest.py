"""Wednesday 25 November 2026, 10:40 in Paris. Dr Alba Tournesol receives every day from 9:45 to 11:15; every hour is taken."""

from datetime import time, timedelta

import pytest

from appointments.models import Reason, Schedule
from appointments.waiting.services.offering import look
from tests import factories
from tests.appointments.agenda.conftest import NOW
from tests.appointments.online.conftest import _frozen, alba, here, now
from tests.appointments.waiting.acts import fill, waits

__all__ = ["_frozen", "alba", "here", "now"]


@pytest.fixture
def reason(here: Schedule) -> Reason:
    made = factories.reason(here, label="Consultation")
    factories.rule(schedule=here, reasons=[made], start_time=time(9, 45), end_time=time(11, 15))
    return made


@pytest.fixture
def full(here: Schedule, reason: Reason) -> Schedule:
    """Its waiting list was looked at once, with nothing free from now until the end of Saturday."""
    fill(here, reason, NOW, NOW + timedelta(days=3))
    first = waits(here, reason)
    look(schedule_id=here.pk, now=NOW)
    first.delete()
    return here
