"""What a regulator's booking costs the database, the whole request counted."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from appointments.models import Appointment, Schedule
from tests.appointments.call.requests import filled_in, key_of

pytestmark = pytest.mark.django_db
# Session, user with regulator; agenda for the form; the lock of the lines of time (its own, and those of one's holds), rights
# read again under it; agenda, and whether this was sent before; rules, reasons, what is not free; the patient's
# other visits of that day; patient, appointment, event; how the organization tells, message;
# regulator's identifier, delivery.
BUDGET = 18


def test_a_regulator_s_booking_costs_no_more_than_its_budget(regulator_client: Client, schedule: Schedule) -> None:
    reason = schedule.organization.reasons.get(label="Toux")
    # The terms are known to be accepted from the first page on.
    regulator_client.get(f"/rendez-vous/nouveau/?creneau={key_of(schedule)}")
    body = filled_in(key_of(schedule), reason=str(reason.id), email="kumquat@exemple.test")
    with CaptureQueriesContext(connection) as queries:
        assert regulator_client.post("/rendez-vous/nouveau/", body).status_code == 303
    assert Appointment.objects.count() == 1
    statements = [one["sql"] for one in queries.captured_queries if "SAVEPOINT" not in one["sql"]]
    assert len(statements) <= BUDGET, "\n".join(statements)
