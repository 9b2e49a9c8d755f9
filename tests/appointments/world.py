"""Two doctors and a place with agendas of their own, and rows written past the services."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import models

from accounts.rights import acted_by
from appointments.enums import Audience, CalendarKind, Origin
from appointments.models import Appointment, Calendar, Hold, Reason, Rule, Schedule
from tests import factories
from tests.factories import at

NINE = at("2026-12-01", "09:00")
QUARTER = timedelta(minutes=15)
DAY = date(2026, 12, 1)


@dataclass
class World:
    """A doctor with two places of one organization, somebody else's agenda elsewhere, a place with a line of time of its own."""

    here: Schedule
    there: Schedule
    foreign: Schedule
    place: Schedule
    rule: Rule
    reason: Reason
    appointment: Appointment


@pytest.fixture
def world() -> World:
    here = factories.schedule()
    there = factories.colleague(here, practitioner=here.practitioner)
    place = factories.schedule(calendar=Calendar.objects.create(kind=CalendarKind.PLACE))
    reason = factories.reason(here)
    rule = factories.rule(schedule=here, audiences=[Audience.SNP], reasons=[reason])
    return World(here, there, factories.schedule(), place, rule, reason, visit(here))


def visit(schedule: Schedule, **fields: Any) -> Appointment:
    """At nine, as the practice books, without its event."""
    actor = factories.practice_actor()
    start = fields.pop("start", NINE)
    made = Appointment(
        start=start, end=start + QUARTER, origin=Origin.PRACTICE, consultation_type="AMB",
        **acted_by(actor),
    )  # fmt: skip
    made.at(schedule)
    made.patient = factories.file(schedule.organization)
    for name, value in fields.items():
        setattr(made, name, value)
    made.save(force_insert=True)
    return made


def hold(schedule: Schedule, **fields: Any) -> Hold:
    defaults: dict[str, Any] = {
        "start": NINE, "end": NINE + QUARTER, "expires_at": NINE, "schedule": schedule,
        "calendar_id": schedule.calendar_id, "organization_id": schedule.organization_id,
    }  # fmt: skip
    return Hold.objects.create(**defaults | acted_by(factories.practice_actor()) | fields)


def put(row: models.Model, **fields: Any) -> None:
    """Past everything that fills columns in."""
    type(row)._base_manager.filter(pk=row.pk).update(**fields)
