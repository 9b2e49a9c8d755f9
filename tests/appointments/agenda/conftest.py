"""Wednesday 25 November 2026, 10:40 in Paris, in the agenda of Dr Alba Tournesol."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine

from accounts.models import Practitioner
from appointments.models import Schedule
from tests import factories
from tests.factories import at

NOW = at("2026-11-25", "10:40")


@pytest.fixture(autouse=True)
def _frozen() -> Iterator[None]:
    # Before the other fixtures: sessions opened at another time would have expired.
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def practitioner(db: None) -> Practitioner:
    return factories.practitioner(user=factories.user(), given_name="Alba", family_name="Tournesol")


@pytest.fixture
def schedule(practitioner: Practitioner) -> Schedule:
    """One place, no rule."""
    place = factories.location(name="Cabinet de la Glycine")
    return factories.schedule(practitioner=practitioner, location=place)
