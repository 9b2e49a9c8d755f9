"""What is written at once is what the services would have written one by one."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import models, transaction

from appointments.booking.services.booking import book_freely
from appointments.booking.services.changes import set_status
from appointments.booking.services.room import Room
from appointments.demo.past import write_past
from appointments.demo.planning import Planned
from appointments.enums import ConsultationType, Status
from appointments.models import Appointment, AppointmentEvent, Patient, Schedule
from appointments.slots.values import ReasonDone
from tests import factories
from tests.factories import at

pytestmark = pytest.mark.django_db

BOOKED, START = at("2026-11-20", "17:32"), at("2026-11-25", "10:00")
END = START + timedelta(minutes=20)


def rows(model: type[models.Model]) -> list[dict[str, Any]]:
    """All columns but keys that are drawn anew."""
    drawn = {"id", "patient_id", "appointment_id"}
    found = model._default_manager.order_by("pk").values()
    return [{name: value for name, value in row.items() if name not in drawn} for row in found]


def planned(
    schedule: Schedule, *, outcome: Status = Status.FULFILLED, prompt: bool = True, file: uuid.UUID | None = None
) -> Planned:
    reason = factories.reason(schedule, minutes=20)
    schedule.reasons_at.update(buffer_after=10)
    visit = factories.visit(
        patient=factories.patient(address="2 rue de l’Exemple"),
        consultation_type=ConsultationType.HH,
        reason_id=reason.id,
        caller="Sa mère",
        note="Deuxième étage.",
        file=file,
    )
    done = ReasonDone(reason.id, reason.label, 20, buffer=10)
    return Planned(schedule, START, END, Room(0, 2, overbooked=False), done, visit, BOOKED, outcome, prompt)


@pytest.fixture
def schedule() -> Schedule:
    return Schedule.objects.with_place().get(pk=factories.rule(capacity=2, step_minutes=20).schedule_id)


@pytest.mark.parametrize("outcome", [Status.FULFILLED, Status.NOSHOW, Status.BOOKED])
@pytest.mark.parametrize("has_file", [True, False])
def test_one_visit_has_the_same_rows_and_facts_either_way(schedule: Schedule, outcome: Status, has_file: bool) -> None:
    by = factories.practice_actor(schedule.practitioner)
    file = factories.file(schedule.organization).pk if has_file else None
    visit = planned(schedule, outcome=outcome, file=file)

    def written() -> list[Any]:
        whose = Appointment.objects.get().patient
        return [rows(Appointment), rows(AppointmentEvent), rows(Patient), whose.family_name, whose.phone]

    with transaction.atomic():
        with time_machine.travel(BOOKED, tick=False):
            made = book_freely(
                schedule_id=schedule.id, start=START, minutes=20, visit=visit.visit, by=by, now=BOOKED, despite=False
            )
        if outcome != Status.BOOKED:
            set_status(appointment_id=made.id, version=1, status=outcome, by=by, now=END)
        by_the_services = written()
        transaction.set_rollback(True)
    assert not Appointment.objects.exists()
    write_past([visit], bookers={schedule.id: by}, now=END + timedelta(minutes=5))
    assert written() == by_the_services


def test_what_is_just_over_may_still_be_to_close(schedule: Schedule) -> None:
    tidy, untidy = planned(schedule), planned(schedule, prompt=False)
    just_over, later = END + timedelta(minutes=5), END + timedelta(hours=4)
    assert [tidy.status_at(now) for now in (START, just_over, later)] == [
        Status.BOOKED,
        Status.FULFILLED,
        Status.FULFILLED,
    ]
    assert [untidy.status_at(now) for now in (START, just_over, later)] == [
        Status.BOOKED,
        Status.BOOKED,
        Status.FULFILLED,
    ]
