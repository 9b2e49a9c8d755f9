"""What holds a practitioner is looked up through the index of the constraint, not by reading every appointment there ever was."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from appointments.models import Appointment
from appointments.places.selectors import calendar_of
from tests import factories

pytestmark = pytest.mark.django_db


def test_standing_appointments_of_a_period_go_through_the_constraints_index() -> None:
    """Few rows would be read without any index, and others would do: neither is left."""
    practitioner = factories.practitioner()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "SELECT indexname FROM pg_indexes JOIN pg_class ON relname = indexname JOIN pg_am ON pg_am.oid = relam "
            "WHERE tablename = 'appointments_appointment' AND amname = 'btree' "
            "AND indexname NOT LIKE '%%pkey' AND indexname NOT LIKE '%%_key'"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
    now = timezone.now()
    busy = Appointment.objects.filter(calendar__in=[calendar_of(practitioner.id)]).standing()
    plan = busy.overlapping(now, now + timedelta(days=3)).order_by().explain()
    assert "appointment_lane_free" in plan or "appointment_one_place" in plan
    assert "Seq Scan" not in plan


def test_a_period_is_half_open() -> None:
    appointment = factories.appointment()
    start, end, moment = appointment.start, appointment.end, timedelta(seconds=1)
    for since, until, expected in [
        (start - moment, start, 0),
        (start - moment, start + moment, 1),
        (start, end, 1),
        (end - moment, end + moment, 1),
        (end, end + moment, 0),
    ]:
        assert Appointment.objects.overlapping(since, until).count() == expected, (since, until)
