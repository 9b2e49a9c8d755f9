"""Who waits, and what comes free."""

from datetime import datetime, timedelta
from typing import Any

from accounts.rights import VISITOR, Actor
from appointments.booking.services.changes import cancel_appointment
from appointments.enums import ConsultationType
from appointments.models import Appointment, Reason, Schedule, WaitingEntry
from appointments.slots.selectors import free_slots_of
from appointments.slots.values import PATIENT
from appointments.waiting.services.entries import Waiting, register
from tests import factories
from tests.appointments.agenda.conftest import NOW

EVERY_DAY = range(1, 8)


def fill(here: Schedule, reason: Reason | None, since: datetime, until: datetime, now: datetime = NOW) -> None:
    """Every hour is taken."""
    place = Schedule.objects.with_place().get(pk=here.pk)
    free = free_slots_of([place], since=since, until=until, now=now, viewer=PATIENT)
    factories.appointments(here, [slot.start for slot in free], reason=reason)


def wanted(here: Schedule, reason: Reason | None, **said: Any) -> Waiting:
    defaults: dict[str, Any] = {
        "schedules": [here.pk],
        "patient": factories.patient(email=f"attend{factories.digits(6)}@exemple.test"),
        "consultation_type": ConsultationType.AMB,
        "reason_id": reason.pk if reason is not None else None,
        "weekdays": EVERY_DAY,
        "part": "",
        "notice_hours": 4,
        "until": NOW.date() + timedelta(days=14),
    }
    return Waiting(**defaults | said)


def waits(
    here: Schedule, reason: Reason | None, *, by: Actor = VISITOR, now: datetime = NOW, **said: Any
) -> WaitingEntry:
    return register(waiting=wanted(here, reason, **said), by=by, now=now)


def visit_at(here: Schedule, start: datetime) -> Appointment:
    return Appointment.objects.standing().get(schedule=here, start=start)


def cancel(here: Schedule, start: datetime, now: datetime = NOW) -> None:
    """By the practice."""
    visit = visit_at(here, start)
    by = factories.practice_actor(here.practitioner)
    cancel_appointment(appointment_id=visit.pk, version=visit.version, by=by, now=now)
