"""Two answers at once, an answer while the regulation takes the hour, two workers at once: one visit, and the truth told."""

import threading
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from appointments.booking.services.booking import book_appointment
from appointments.enums import OfferState
from appointments.exceptions import Refused, SlotTaken
from appointments.models import Appointment, Hold, MessageSettings, PatientMessage, Schedule, WaitingEntry, WaitingOffer
from appointments.slots.slot_key import SlotKey
from appointments.waiting.services.answering import answer
from appointments.waiting.services.entries import AlreadyWaiting, leave, register
from appointments.waiting.services.offering import look
from tests import factories
from tests.appointments.waiting.acts import cancel, wanted
from tests.appointments.waiting.acts import waits as registers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def here() -> Schedule:
    """Where messages leave at any hour, and one visit is to be given up in two days."""
    made = factories.schedule(practitioner=factories.practitioner())
    factories.rule(schedule=made)
    # Equal: no quiet hours.
    MessageSettings.objects.create(
        organization=made.organization, quiet_from=time(0), quiet_until=time(0), sundays=True
    )
    return Schedule.objects.with_place().get(pk=made.pk)


@pytest.fixture
def start() -> datetime:
    day = timezone.now().astimezone(factories.PARIS) + timedelta(days=2)
    return day.replace(hour=10, minute=0, second=0, microsecond=0)


@pytest.fixture
def entry(here: Schedule, start: datetime) -> WaitingEntry:
    factories.appointment(schedule_=here, start=start)
    now = timezone.now()
    made = registers(here, None, now=now, until=(now + timedelta(days=14)).date())
    look(schedule_id=here.pk, now=now)
    cancel(here, start, now=now)
    return made


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each gave, or was refused."""
    given: list[Any] = [None] * len(acts)
    begin = threading.Barrier(len(acts))

    def run(number: int) -> None:
        begin.wait()
        try:
            given[number] = acts[number]()
        except Refused as error:
            given[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(acts))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return given


def test_two_workers_ask_one_person_once(here: Schedule, entry: WaitingEntry) -> None:
    made = at_once(*[lambda: look(schedule_id=here.pk, now=timezone.now())] * 4)
    assert sorted(made) == [0, 0, 0, 1]
    assert (
        WaitingOffer.objects.count() == Hold.objects.count() == PatientMessage.objects.filter(kind="offer").count() == 1
    )


def test_two_answers_are_one_visit_and_are_told_the_same(here: Schedule, entry: WaitingEntry, start: datetime) -> None:
    look(schedule_id=here.pk, now=timezone.now())
    offer = WaitingOffer.objects.get()
    yes, no = (
        lambda: answer(entry_id=entry.pk, offer_id=offer.pk, yes=True, now=timezone.now()),
        lambda: answer(entry_id=entry.pk, offer_id=offer.pk, yes=False, now=timezone.now()),
    )
    said = {one.state for one in at_once(yes, yes, no, yes)}
    assert len(said) == 1
    standing = Appointment.objects.standing().filter(start=start).count()
    assert (said, standing) in [({OfferState.ACCEPTED}, 1), ({OfferState.REFUSED}, 0)]


def test_the_regulation_takes_it_while_the_patient_says_yes(
    here: Schedule, entry: WaitingEntry, start: datetime
) -> None:
    look(schedule_id=here.pk, now=timezone.now())
    offer, by = WaitingOffer.objects.get(), factories.regulator_actor()
    key = SlotKey(here.pk, start, 15)
    said, booked = at_once(
        lambda: answer(entry_id=entry.pk, offer_id=offer.pk, yes=True, now=timezone.now()),
        lambda: book_appointment(key=key, visit=factories.visit(), by=by, now=timezone.now()),
    )
    [visit] = Appointment.objects.standing().filter(start=start)
    if visit.origin == "patient":
        assert said.state == OfferState.ACCEPTED
        assert isinstance(booked, SlotTaken)
    else:
        assert booked == visit
        assert (said.state, said.cause) == (OfferState.GONE, "Ce créneau vient d’être pris.")
    assert not Hold.objects.exists()


def test_who_leaves_while_they_are_asked_holds_nothing(here: Schedule, entry: WaitingEntry) -> None:
    at_once(lambda: look(schedule_id=here.pk, now=timezone.now()), lambda: leave(entry_id=entry.pk))
    assert not Hold.objects.exists()
    assert not WaitingOffer.objects.filter(state=OfferState.MADE).exists()


def test_one_person_who_registers_twice_at_once_waits_once(here: Schedule) -> None:
    by, now = factories.practice_actor(here.practitioner), timezone.now()
    asked = wanted(here, None, until=now.date() + timedelta(days=3))
    given = at_once(*[lambda: register(waiting=asked, by=by, now=now)] * 3)
    assert sum(isinstance(one, AlreadyWaiting) for one in given) == 2
    assert WaitingEntry.objects.count() == 1
