"""A running instance as these tests want it: both background processes gave signs of life just now."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from sas_agenda.operations import conditions, processes, readiness
from sas_agenda.operations.enums import Part
from sas_agenda.operations.models import Heartbeat


@pytest.fixture
def lively(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "_up_to_date_until", 0.0)
    for part in Part:
        silent_for(part, timedelta(0))


def silent_for(part: Part, age: timedelta) -> None:
    Heartbeat.objects.update_or_create(part=part, defaults={"at": timezone.now() - age})


@pytest.fixture
def operators(settings: Any) -> None:
    settings.OPERATORS_EMAILS = ["exploitation@agenda.example", "astreinte@agenda.example"]


@pytest.fixture
def settled_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has been there for more than a minute."""
    monkeypatch.setattr(processes, "_judges_from", 0.0)


def keys(now: datetime | None = None) -> list[str]:
    """Of the conditions that hold."""
    return [one.key for one in conditions.raised(now or timezone.now())]
