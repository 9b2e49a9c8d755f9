"""A practitioner who has nothing free is no dead end: who replaces, then who is near."""

from collections.abc import Callable
from datetime import time, timedelta

import pytest
from django.test import Client

from accounts.enums import OrganizationKind
from appointments.models import CommunityMember, Schedule
from tests import factories
from tests.appointments.call.conftest import NOW
from tests.appointments.call.reading import get, text_of
from tests.appointments.call.requests import TEN, filled_in, key_of, landing, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def nothing_free(schedule: Schedule) -> Schedule:
    factories.absence(
        practitioner=schedule.practitioner,
        start=NOW,
        end=NOW + timedelta(days=30),
        replacement=factories.rule(schedule=factories.colleague(schedule), start_time=time(15)).schedule,
    )
    return schedule


def named(page: str, *schedules: Schedule) -> list[int]:
    text = text_of(page.partition('id="confreres"')[2])
    return [text.find(one.practitioner.name) for one in schedules]


def test_who_replaces_then_the_place_the_organization_the_community(
    regulator_client: Client, nothing_free: Schedule, django_assert_num_queries: Callable[[int], object]
) -> None:
    replacing = Schedule.objects.with_place().get(rules__start_time=time(15))
    same_place = factories.schedule(location=nothing_free.location)
    same_house = factories.colleague(nothing_free)
    neighbour = factories.schedule()
    stranger = factories.schedule(practitioner=factories.practitioner(family_name="Étranger"))
    community = factories.organization(kind=OrganizationKind.COMMUNITY)
    for organization in (nothing_free.organization, neighbour.organization):
        CommunityMember.objects.create(organization=organization, community=community)
    for one in (neighbour, same_house, same_place, stranger):
        factories.rule(schedule=one)
    secret = factories.practitioner(family_name="Caché")
    hidden = factories.schedule(location=nothing_free.location, practitioner=secret)
    factories.rule(schedule=hidden, audiences=[])
    page = get(regulator_client, landing(nothing_free))
    order = named(page, replacing, same_place, same_house, neighbour)
    assert order == sorted(order)
    assert order[0] >= 0
    assert named(page, stranger, hidden) == [-1, -1]
    # Each hour leads to its own landing, which keeps it.
    assert f'href="/praticien/{same_place.practitioner_id}/?creneau={same_place.id.hex}' in page


def test_who_wants_that_hour_finds_it_with_a_colleague(regulator_client: Client, schedule: Schedule) -> None:
    colleague = factories.schedule(location=schedule.location)
    factories.rule(schedule=colleague)
    factories.appointment(schedule_=schedule, start=TEN)
    page = send(regulator_client, filled_in(key_of(schedule))).content.decode()
    hours = text_of(page.partition('id="confreres"')[2]).partition("Vos saisies")[0]
    assert "10 h 00 aujourd’hui, même heure 10 h 15 aujourd’hui 10 h 30 aujourd’hui" in hours
    assert f'href="/praticien/{colleague.practitioner_id}/?creneau={key_of(colleague)}"' in page


def test_with_nobody_near_there_is_whom_to_call(regulator_client: Client, schedule: Schedule) -> None:
    factories.absence(practitioner=schedule.practitioner, start=NOW, end=NOW + timedelta(days=30))
    page = get(regulator_client, landing(schedule))
    assert "Aucun créneau libre" in text_of(page)
    assert schedule.location.phone in page.partition('id="rien"')[2]
