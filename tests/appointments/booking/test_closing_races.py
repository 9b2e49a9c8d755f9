"""Two people close the same day while a third notes arrivals and cancels: on real connections."""

import random
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from appointments.booking.services.changes import cancel_appointment, note_arrival
from appointments.booking.services.closing import Answer, close_visits
from appointments.enums import EventKind, Status
from appointments.exceptions import ChangedMeanwhile, Refused
from appointments.models import AppointmentEvent
from tests import factories
from tests.appointments.booking.acts import at_once
from tests.conftest import SEED

CLOSING = {EventKind.FULFILLED, EventKind.NOSHOW, EventKind.CANCELLED}
STATUSES = [Status.FULFILLED, Status.NOSHOW, Status.CANCELLED]


@pytest.mark.django_db(transaction=True)
def test_a_visit_is_closed_once_and_each_is_told_what_was_not_theirs() -> None:
    print(f"TEST_SEED={SEED}")  # noqa: T201
    rng, now = random.Random(f"{SEED}:closing"), timezone.now()
    one = factories.schedule()
    other = factories.colleague(one)
    by = factories.practice_actor(one.practitioner, other.practitioner)
    for number in range(4):
        day = now - timedelta(days=number + 1)
        visits = [
            factories.appointment(schedule_=schedule, start=day + timedelta(minutes=20 * place))
            for schedule in (one, other)
            for place in range(5)
        ]

        def answers() -> list[Answer]:
            found = [Answer(visit.id, 1, rng.choice(STATUSES)) for visit in visits]  # noqa: B023
            rng.shuffle(found)
            return found

        firsts, seconds = answers(), answers()
        third = rng.choice(visits)
        act = rng.choice([note_arrival, cancel_appointment])
        given = at_once(
            partial(close_visits, answers=firsts, by=by, now=now),
            partial(close_visits, answers=seconds, by=by, now=now),
            partial(act, appointment_id=third.id, version=1, by=by, now=third.start),
        )
        assert isinstance(given[2], Refused) or given[2] == third
        for sent, refused in zip((firsts, seconds), given[:2], strict=True):
            assert isinstance(refused, dict), refused
            assert {type(why) for why in refused.values()} <= {ChangedMeanwhile}
            for answer in sent:
                visit = next(visit for visit in visits if visit.id == answer.appointment_id)
                visit.refresh_from_db()
                assert (answer.appointment_id in refused) == (visit.status != answer.status)
        for visit in visits:
            kinds = list(AppointmentEvent.objects.filter(appointment=visit).values_list("kind", flat=True))
            assert len(CLOSING.intersection(kinds)) == len([kind for kind in kinds if kind in CLOSING])
            assert visit.version == len(kinds)
            assert sum(kind in CLOSING for kind in kinds) == (0 if visit.is_booked else 1)
