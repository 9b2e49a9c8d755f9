"""A running instance as these tests want it: both background processes gave signs of life just now."""

from datetime import timedelta

import pytest
from django.utils import timezone

from sas_agenda.operations import readiness
from sas_agenda.operations.enums import Part
from sas_agenda.operations.models import Heartbeat


@pytest.fixture
def lively(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "_up_to_date_until", 0.0)
    for part in Part:
        silent_for(part, timedelta(0))


def silent_for(part: Part, age: timedelta) -> None:
    Heartbeat.objects.update_or_create(part=part, defaults={"at": timezone.now() - age})
