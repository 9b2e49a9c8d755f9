"""Whatever is done, in whatever order: one person at a time, three at most, nobody too late, nobody at night."""

from collections import Counter
from datetime import time, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appointments.booking.services.booking import book_freely
from appointments.enums import OfferState, WaitingState
from appointments.models import Appointment, FreedSlot, Hold, Reason, Schedule, WaitingEntry, WaitingOffer
from appointments.waiting.services.answering import answer
from appointments.waiting.services.entries import leave
from appointments.waiting.services.offering import look
from tests import factories
from tests.appointments.agenda.conftest import NOW
from tests.appointments.waiting.acts import cancel, fill, waits
from tests.examples import few
from tests.factories import PARIS, at

HOURS = [at(day, clock) for day in ("2026-11-26", "2026-11-30") for clock in ("10:00", "10:15", "10:30")]
_which = st.integers(0, 5)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("waits"), st.just(0)),
        st.tuples(st.just("cancel"), _which),
        st.tuples(st.just("take"), _which),
        st.tuples(st.just("yes"), _which),
        st.tuples(st.just("no"), _which),
        st.tuples(st.just("leave"), _which),
        st.tuples(st.just("later"), st.sampled_from([5, 31, 240, 720, 1440])),
    ),
    max_size=25,
)


@pytest.mark.django_db
@settings(max_examples=few(10, thorough=100), deadline=None, suppress_health_check=list(HealthCheck))
@given(acts=ACTS)
def test_at_most_one_is_asked_three_in_all_never_late_never_at_night(
    here: Schedule, reason: Reason, acts: list[tuple[str, int]]
) -> None:
    with transaction.atomic():
        _live(here, reason, acts)
        transaction.set_rollback(True)


def _live(here: Schedule, reason: Reason, acts: list[tuple[str, int]]) -> None:
    now, by = NOW, factories.practice_actor(here.practitioner)
    for day in {one.date() for one in HOURS}:
        fill(here, reason, at(f"{day}", "09:45"), at(f"{day}", "11:00"))
    for _ in range(3):
        waits(here, reason)
    look(schedule_id=here.pk, now=now)
    for act, number in acts:
        people = list(WaitingEntry.objects.filter(state=WaitingState.WAITING))
        taken = set(Appointment.objects.standing().values_list("start", flat=True))
        made = list(WaitingOffer.objects.filter(state=OfferState.MADE))
        if act == "waits":
            waits(here, reason, now=now)
        elif act == "later":
            now += timedelta(minutes=number)
        elif act == "leave" and people:
            leave(entry_id=people[number % len(people)].pk)
        elif act in ("yes", "no") and made:
            one = made[number % len(made)]
            answer(entry_id=one.entry_id, offer_id=one.pk, yes=act == "yes", now=now)
        elif act == "cancel" and HOURS[number] in taken:
            cancel(here, HOURS[number], now=now)
        elif act == "take" and HOURS[number] > now and HOURS[number] not in taken:
            visit = factories.visit(reason_id=reason.pk)
            book_freely(schedule_id=here.pk, start=HOURS[number], minutes=15, visit=visit, by=by, now=now, despite=True)
        look(schedule_id=here.pk, now=now)
        _check(here)


def _check(here: Schedule) -> None:
    offers = list(WaitingOffer.objects.all())
    made = [one for one in offers if one.is_made]
    assert len({one.start for one in made}) == len({one.entry_id for one in made}) == len(made)
    assert max(Counter(one.freed_id for one in offers if one.freed_id).values(), default=0) <= 3
    for one in offers:
        asked = one.offered_at.astimezone(PARIS)
        assert one.until + timedelta(hours=4) <= one.start
        assert time(8) <= asked.time() < time(21)
        assert asked.isoweekday() != 7
    for one in offers:
        if one.state == OfferState.ACCEPTED:
            assert one.appointment is not None
            assert one.appointment.origin == "patient"
    # What is proposed is nobody's, and what nobody is asked about is held for nobody.
    assert not Appointment.objects.standing().filter(start__in=[one.start for one in made]).exists()
    assert {one.token for one in Hold.objects.all()} == {one.hold for one in made}
    assert FreedSlot.objects.filter(start__in=[one.start for one in made]).count() == len(made)
    assert not WaitingEntry.objects.exclude(state=WaitingState.WAITING).exclude(details=None).exists()
