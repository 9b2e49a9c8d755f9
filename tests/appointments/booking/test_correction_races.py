"""Corrections, moves, erasing and bookings of one patient at the same moment: no deadlock, and nothing is lost."""

import random
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from appointments.booking.services.booking import book_appointment
from appointments.booking.services.corrections import Contacts, Version, correct_as_given, correct_file
from appointments.booking.services.moving import move_appointment
from appointments.exceptions import ChangedMeanwhile
from appointments.models import Appointment, PatientEvent
from appointments.patients.services.erasing import erase_patients
from appointments.slots.slot_key import SlotKey
from tests import factories
from tests.appointments.booking.acts import QUARTER, at_once, judge_world, morning, open_schedule
from tests.conftest import SEED

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 8


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    print(f"TEST_SEED={SEED}")  # noqa: T201
    return random.Random(f"{SEED}:{request.node.nodeid}")


def test_corrections_of_one_patient_meet_moves_bookings_and_erasing(rng: random.Random) -> None:
    """The practice and the regulator correct, the visit is moved, the file is booked for on another line of time, an older
    visit of the same file is erased.
    """
    one = open_schedule()
    other = open_schedule(schedule=factories.colleague(one))
    by, regulator = factories.practice_actor(one.practitioner, other.practitioner), factories.regulator_actor()
    for number in range(ROUNDS):
        start = morning() + 4 * number * QUARTER
        given = factories.patient(email="faux@exemple.test")
        visit = factories.appointment(schedule_=one, start=start, by=regulator, patient=given)
        factories.appointment(schedule_=other, start=start - timedelta(days=4000), patient=visit.patient)
        contacts = Contacts("+33639980009", "juste@exemple.test", "", "")
        acts = [
            partial(
                correct_file, appointment_id=visit.pk, version=Version(1, 0), contacts=contacts, by=by, others_too=True,
                details=replace(given, birth_name="Du cabinet"), now=timezone.now(),
            ),
            partial(
                correct_as_given, appointment_id=visit.pk, version=0, details=replace(given, birth_name="De la régulation"),
                caller="Sa fille", caller_phone="", by=regulator, now=timezone.now(),
            ),
            partial(
                move_appointment, appointment_id=visit.pk, version=1, start=start + QUARTER, by=by, now=timezone.now()
            ),
            partial(
                book_appointment, key=SlotKey(other.id, start, 15), visit=factories.visit(file=visit.patient_id), by=by,
                now=timezone.now(),
            ),
            partial(erase_patients, default_days=3000, now=timezone.now(), limit=10),
        ]  # fmt: skip
        rng.shuffle(acts)
        refused = [one for one in at_once(*acts) if isinstance(one, Exception)]
        assert all(isinstance(one, ChangedMeanwhile) for one in refused), refused
        judge_world()
        after = Appointment.objects.select_related("patient", "given_as").get(pk=visit.pk)
        assert after.given_as is not None
        # Each one's own words stay their own.
        assert after.given_as.birth_name in {"", "De la régulation"}
        assert after.version == 1 + after.events.filter(sequence__gt=1).count() + _versions(after)


def _versions(visit: Appointment) -> int:
    """How often it grew for a correction: of its contacts, and when the practice made a file of its own."""
    return PatientEvent.objects.filter(appointment=visit).count() + (visit.patient_id != visit.given_as_id)
