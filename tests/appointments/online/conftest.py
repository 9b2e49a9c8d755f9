"""The same moment as the practice's pages: Wednesday 25 November 2026, 10:40 in Paris. Dr Alba Tournesol is booked online."""

import pytest

from accounts.models import Practitioner
from appointments.models import Reason, Schedule
from tests import factories
from tests.appointments.agenda.conftest import _frozen, now

__all__ = ["_frozen", "now"]


@pytest.fixture
def alba(db: None) -> Practitioner:
    return factories.practitioner(user=factories.user(), given_name="Alba", family_name="Tournesol")


@pytest.fixture
def here(alba: Practitioner) -> Schedule:
    """Every day from 9 to 12, by 15 minutes, shown to the public, for a consultation."""
    place = factories.location(
        name="Cabinet de la Glycine", postal_code="99000", city="Villefictive", access_by_day="Porte B, deuxième étage."
    )
    return factories.schedule(practitioner=alba, location=place)


@pytest.fixture
def reason(here: Schedule) -> Reason:
    made = factories.reason(here, label="Consultation", instructions="Prenez vos ordonnances.")
    factories.rule(schedule=here, reasons=[made])
    return made
