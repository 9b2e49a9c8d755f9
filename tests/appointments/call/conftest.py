"""One moment for all: Wednesday 25 November 2026, 8:00 in Paris."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine

from appointments.models import Schedule
from tests import factories
from tests.factories import at

NOW = at("2026-11-25", "08:00")


@pytest.fixture(autouse=True)
def _frozen() -> Iterator[None]:
    # Before the other fixtures: sessions opened at another time would have expired.
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def schedule(db: None) -> Schedule:
    """Open every day from 9 to 12, by quarters of an hour, at the surgery, shown to all; two reasons."""
    made = factories.schedule(practitioner=factories.practitioner(given_name="Alba", family_name="Tournesol"))
    reasons = [factories.reason(made, label=label) for label in ("Fièvre", "Toux")]
    factories.rule(schedule=made, reasons=reasons)
    return made
