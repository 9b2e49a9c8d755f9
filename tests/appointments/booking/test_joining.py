"""The practice says for whom a visit is; what was given and where messages go stay as they are."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.rights import Actor
from appointments.booking.services.corrections import Version
from appointments.booking.services.joining import join_patient, undo_join
from appointments.exceptions import ChangedMeanwhile, NotAllowed, Refused
from appointments.models import Appointment, Patient, Schedule
from appointments.patients.services.erasing import erase_patients
from tests import factories
from tests.appointments.booking.acts import at_once
from tests.factories import at

NOW, TEN = at("2026-11-25", "08:00"), at("2026-11-25", "10:00")
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def schedule() -> Schedule:
    return factories.schedule()


@pytest.fixture
def known(schedule: Schedule) -> Appointment:
    """Somebody the practice has seen."""
    return factories.appointment(schedule_=schedule, start=TEN - 30 * DAY)


@pytest.fixture
def booked(schedule: Schedule) -> Appointment:
    return factories.appointment(schedule_=schedule, start=TEN, by=factories.regulator_actor())


def seen(appointment: Appointment) -> Appointment:
    return Appointment.objects.select_related("patient", "given_as").get(pk=appointment.pk)


def asked(appointment: Appointment, **options: Any) -> dict[str, Any]:
    now = seen(appointment)
    by = factories.practice_actor(appointment.practitioner)  # type: ignore[arg-type]
    version = Version(now.version, now.patient.version)
    return {"appointment_id": appointment.pk, "version": version, "by": by, "now": NOW} | options


def test_a_visit_is_joined_to_a_known_file_and_back(booked: Appointment, known: Appointment) -> None:
    join_patient(file_id=known.patient_id, **asked(booked))
    after = seen(booked)
    assert (after.patient, after.given_as, after.version) == (known.patient, booked.given_as, 2)
    assert after.contact_phone == booked.contact_phone
    assert after.events.count() == 1
    undo_join(**asked(booked))
    assert seen(booked).patient == booked.given_as
    with pytest.raises(Refused, match="déjà"):
        undo_join(**asked(booked))


def test_what_another_outsider_gave_is_not_shared(schedule: Schedule, booked: Appointment) -> None:
    """Both visits are for a file of the practice's own from then on."""
    other = factories.appointment(schedule_=schedule, start=TEN + DAY, by=factories.regulator_actor())
    join_patient(file_id=other.patient_id, **asked(booked))
    assert seen(booked).patient == seen(other).patient
    assert seen(booked).patient not in {seen(booked).given_as, seen(other).given_as}


def test_a_file_that_was_merged_leads_to_the_one_that_stands_for_it(booked: Appointment, known: Appointment) -> None:
    kept = factories.file(known.organization)
    Patient.objects.filter(pk=known.patient_id).update(merged_into=kept)
    join_patient(file_id=known.patient_id, **asked(booked))
    assert seen(booked).patient == kept


def test_what_may_not_be_joined(booked: Appointment, known: Appointment, schedule: Schedule) -> None:
    elsewhere, colleague_s = factories.appointment(), factories.appointment(schedule_=factories.colleague(schedule))
    for stranger in (elsewhere, colleague_s):
        with pytest.raises(NotAllowed):
            join_patient(file_id=stranger.patient_id, **asked(booked))
    for actor in (Actor(), factories.practice_actor(factories.practitioner()), factories.regulator_actor()):
        with pytest.raises(NotAllowed):
            join_patient(file_id=known.patient_id, **asked(booked, by=actor))
    both = factories.practice_actor(booked.practitioner, elsewhere.practitioner)  # type: ignore[arg-type]
    with pytest.raises(NotAllowed):
        join_patient(file_id=elsewhere.patient_id, **asked(booked, by=both))
    with pytest.raises(Refused, match="déjà"):
        join_patient(file_id=booked.patient_id, **asked(booked))
    with pytest.raises(Refused, match="aucun autre"):
        undo_join(**asked(booked))
    with pytest.raises(ChangedMeanwhile):
        join_patient(file_id=known.patient_id, **asked(booked, version=Version(0, 0)))
    assert seen(booked).patient == booked.patient


def test_a_file_that_a_visit_left_is_erased_with_that_visit(schedule: Schedule, known: Appointment) -> None:
    old = factories.appointment(schedule_=schedule, start=TEN - 4000 * DAY)
    join_patient(file_id=known.patient_id, **asked(old))
    erase_patients(default_days=3000, now=NOW, limit=10)
    assert set(Patient.objects.filter(erased_at=None)) == {known.patient}


@pytest.mark.django_db(transaction=True)
def test_two_visits_joined_to_each_other_s_file_at_once_end_without_deadlock(schedule: Schedule) -> None:
    colleague = factories.colleague(schedule)
    by = factories.practice_actor(schedule.practitioner, colleague.practitioner)
    for number in range(8):
        start = timezone.now() + (number + 1) * DAY
        one = factories.appointment(schedule_=schedule, start=start, by=factories.regulator_actor())
        other = factories.appointment(schedule_=colleague, start=start)
        acts = [
            partial(join_patient, file_id=other.patient_id, **asked(one, by=by)),
            partial(join_patient, file_id=one.patient_id, **asked(other, by=by)),
        ]
        refused = [found for found in at_once(*acts) if isinstance(found, Exception)]
        assert all(isinstance(found, ChangedMeanwhile | NotAllowed | Refused) for found in refused), refused
