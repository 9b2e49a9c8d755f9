"""A change of set-up and a booking at the same moment, on real connections: nobody is booked into it unread."""

from functools import partial

import pytest
from django.utils import timezone

from appointments.exceptions import SlotTaken
from appointments.models import Absence, Appointment
from appointments.openings.services.absences import Away, create_absence
from appointments.openings.values import Hours
from appointments.setup.services.changes import TouchesVisits, change_setup, of_openings
from tests import factories
from tests.appointments.booking.acts import QUARTER, at_once, book, morning, open_schedule

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 10


def test_a_booking_is_read_by_who_notes_the_absence_or_refused_because_of_it() -> None:
    schedule = open_schedule()
    by, regulator = factories.practice_actor(schedule.practitioner), factories.regulator_actor()
    for number in range(ROUNDS):
        start = morning() + number * QUARTER
        away = Away(Hours(start, start + QUARTER))
        note = partial(create_absence, practitioner_id=schedule.practitioner_id, away=away, by=by, now=timezone.now())
        change = partial(change_setup, note, of_openings(schedule.practitioner_id), by=by, now=timezone.now())
        booked, noted = at_once(book(schedule, start, regulator), change)
        if isinstance(booked, Appointment):
            assert isinstance(noted, TouchesVisits), noted
            assert [one.appointment.pk for one in noted.touched] == [booked.pk]
        else:
            assert isinstance(booked, SlotTaken), booked
            assert not isinstance(noted, Exception), noted
    assert Absence.objects.count() + Appointment.objects.count() == ROUNDS
