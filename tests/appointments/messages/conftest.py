"""The same moment and the same agenda as the regulator's pages."""

from datetime import timedelta
from typing import Any

import pytest

from appointments.messages import tasks
from appointments.models import PatientMessage
from tests import factories
from tests.appointments.call.conftest import NOW, _frozen, now, schedule
from tests.appointments.call.requests import TEN

__all__ = ["_frozen", "now", "schedule"]


@pytest.fixture(autouse=True)
def _database_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The workers' clock stands where everybody else's does."""
    monkeypatch.setattr(tasks, "database_clock", lambda: NOW)


@pytest.fixture
def message() -> PatientMessage:
    made = factories.appointment(start=TEN, patient=factories.patient(email="kumquat@exemple.test"))
    return made.events.get().messages.get()


@pytest.fixture
def far() -> PatientMessage:
    """Of a visit that no try comes too late for."""
    patient = factories.patient(email="kumquat@exemple.test")
    made = factories.appointment(start=TEN + timedelta(days=30), patient=patient)
    return made.events.get().messages.get()


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes every sending fail with the given error."""

    def fail_with(error: Exception) -> None:
        def send(_: object) -> None:
            raise error

        monkeypatch.setattr("django.core.mail.EmailMessage.send", send)

    return fail_with
