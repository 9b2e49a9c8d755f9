"""Two secretaries empty the same day at the same moment, on real connections: one of them does, the other is told."""

import uuid
from datetime import time, timedelta
from functools import partial

import pytest
from django.utils import timezone

from appointments.exceptions import Refused
from appointments.models import Absence, Appointment, EmptiedVisit, Emptying
from appointments.setup.services.emptying import Part, Scope, booked_by, empty_time, seal_of, visits_in
from appointments.setup.services.fates import CANCEL, Answers, given_to
from tests import factories
from tests.appointments.booking.acts import QUARTER, at_once, morning, open_schedule
from tests.factories import PARIS

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5


def test_a_day_is_emptied_by_one_of_two() -> None:
    schedule = open_schedule()
    colleague = factories.schedule(location=schedule.location)
    factories.rule(schedule=colleague, start_time=time(0), end_time=time(0))
    by = [factories.practice_actor(schedule.practitioner, colleague.practitioner) for _ in range(2)]
    for number in range(ROUNDS):
        day = morning() + timedelta(days=number)
        visits = [factories.appointment(schedule_=schedule, start=day + count * QUARTER) for count in range(3)]
        now = timezone.now()
        scope = Scope(schedule.practitioner_id, day.astimezone(PARIS).date(), Part.DAY, PARIS, now)
        read = seal_of(visits_in(scope, booked_by(by[0], schedule.practitioner_id)))
        choices = ({one.pk: given_to(colleague) for one in visits}, {one.pk: CANCEL for one in visits})
        ask = partial(empty_time, scope=scope, label="", tell=True, read=read, now=now)
        acts = [
            partial(ask, key=uuid.uuid4(), answers=Answers(chosen=chosen), by=who)
            for chosen, who in zip(choices, by, strict=True)
        ]
        results = at_once(*acts)
        done = [one for one in results if isinstance(one, Emptying)]
        assert len(done) == 1, results
        assert all(isinstance(one, Refused) for one in results if one not in done), results
        stand = set(Appointment.objects.filter(pk__in=[one.pk for one in visits]).values_list("schedule", "status"))
        assert len(stand) == 1
    assert Absence.objects.count() == Emptying.objects.count() == ROUNDS
    assert EmptiedVisit.objects.count() == 3 * ROUNDS
