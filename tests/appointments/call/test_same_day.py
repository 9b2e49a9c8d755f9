"""The same patient twice on one day: the regulator is told first, and goes on if both are meant (case A21)."""

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client

from accounts.models import Regulator
from accounts.rights import Actor
from appointments.enums import Status
from appointments.models import Appointment, Schedule
from tests import factories
from tests.appointments.call.reading import text_of
from tests.appointments.call.requests import TEN, filled_in, key_of, send
from tests.factories import at

pytestmark = pytest.mark.django_db
BOOK = "/rendez-vous/nouveau/"
KUMQUAT = {
    "family_name": "JASMIN DEMO",
    "given_name": "Kumquat",
    "birth_date": date(1991, 2, 14),
    "sex": "female",
    "phone": "+33639981234",
}


@pytest.fixture
def mine(regulator: Regulator) -> Actor:
    return Actor(user=regulator.user, regulator=regulator)


@pytest.fixture
def elsewhere(schedule: Schedule) -> Schedule:
    """Of another practice, that day."""
    return factories.schedule()


def sent(client: Client, schedule: Schedule, **fields: str) -> tuple[int, str]:
    answer = send(client, filled_in(key_of(schedule), **fields))
    return answer.status_code, text_of(answer.content.decode())


def booked(schedule: Schedule, start: str, *, by: Actor | None, day: str = "2026-11-25", **fields: Any) -> Appointment:
    patient = factories.patient(**KUMQUAT)
    return factories.appointment(schedule_=schedule, by=by, start=at(day, start), patient=patient, **fields)


def test_one_s_own_is_named_and_one_may_go_on(
    regulator_client: Client, mine: Actor, schedule: Schedule, elsewhere: Schedule
) -> None:
    other = booked(elsewhere, by=mine, start="16:30")
    answer = send(regulator_client, body := filled_in(key_of(schedule), note="Fièvre"))
    page = answer.content.decode()
    assert answer.status_code == 409
    named = (
        f"Kumquat JASMIN DEMO a déjà un rendez-vous ce jour-là, à 16 h 30 : {other.practitioner}, {elsewhere.location}."
    )
    assert named in text_of(page)
    assert f'href="/rendez-vous/{other.id}/confirmation/"' in page
    assert "Fièvre" in page
    assert not Appointment.objects.filter(start=TEN).exists()
    [seal] = re.findall(r'name="despite" value="(\w+)"', page)
    assert send(regulator_client, body | {"despite": seal}).status_code == 303
    assert Appointment.objects.filter(start=TEN).count() == 1


def test_of_another_regulator_s_only_that_there_is_one(
    regulator_client: Client, schedule: Schedule, elsewhere: Schedule
) -> None:
    booked(elsewhere, by=factories.regulator_actor(), start="16:30")
    status, page = sent(regulator_client, schedule)
    assert status == 409
    assert "La régulation a déjà pris un rendez-vous pour ce patient ce jour-là." in page
    assert "16 h 30" not in page
    assert str(elsewhere.location) not in page


def test_one_that_came_since_is_told_before_one_goes_on(
    regulator_client: Client, mine: Actor, schedule: Schedule, elsewhere: Schedule
) -> None:
    booked(elsewhere, by=mine, start="16:30")
    page = send(regulator_client, filled_in(key_of(schedule))).content.decode()
    [seal] = re.findall(r'name="despite" value="(\w+)"', page)
    booked(elsewhere, by=mine, start="17:30")
    status, page = sent(regulator_client, schedule, despite=seal)
    assert status == 409
    assert "à 17 h 30" in page


@pytest.mark.parametrize(
    "fields",
    [{"given_name": "Bénédicte"}, {"birth_date": "14/02/1961", "phone": "06 39 98 99 99"}],
    ids=["a twin", "a namesake"],
)
def test_somebody_else_is_not_told(
    regulator_client: Client, mine: Actor, schedule: Schedule, elsewhere: Schedule, fields: dict[str, str]
) -> None:
    booked(elsewhere, by=mine, start="16:30")
    assert sent(regulator_client, schedule, **fields)[0] == 303


def test_what_the_practice_booked_what_was_cancelled_and_other_days_are_not_told(
    regulator_client: Client, mine: Actor, schedule: Schedule, elsewhere: Schedule
) -> None:
    """Nobody outside the practice reads whom it receives."""
    booked(elsewhere, by=None, start="15:30")
    booked(elsewhere, by=mine, start="16:30", status=Status.CANCELLED)
    booked(elsewhere, by=mine, start="17:30", day="2026-11-26")
    assert sent(regulator_client, schedule)[0] == 303


def test_a_form_sent_twice_is_not_its_own_double(regulator_client: Client, schedule: Schedule) -> None:
    body = filled_in(key_of(schedule))
    assert [send(regulator_client, body).status_code for _ in range(2)] == [303, 303]
