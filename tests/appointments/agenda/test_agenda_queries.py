"""The agenda costs the same number of queries whatever it shows."""

from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import Role
from accounts.models import Practitioner, User
from appointments.models import Closure, Schedule
from tests import factories
from tests.factories import at

pytestmark = pytest.mark.django_db
# Of every page: session, user with how they read agendas, rights.
OF_THE_FRAME = 3
# Practitioners, places; rules, reasons and time that is not free; appointments; what is around them: saved groups, patients to be
# told, who waits, what is still to be closed.
BUDGET = OF_THE_FRAME + 5
# Whether one who manages agendas and no organization may change a closure that is drawn: who else receives there.
OF_CLOSURES = 1


def _cost(client: Client, address: str) -> int:
    # Where one is, is written once.
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def _fill(schedule: Schedule, count: int) -> None:
    reasons = [factories.reason(schedule) for _ in range(3)]
    factories.rule(schedule=schedule, start_time=time(8), end_time=time(20), reasons=reasons)
    regulator = factories.regulator_actor()
    for number in range(count):
        start = at("2026-11-26", "08:00") + timedelta(minutes=15 * number)
        factories.appointment(schedule_=schedule, start=start, by=regulator, reason=reasons[number % 3])
    factories.absence(practitioner=schedule.practitioner, start=at("2026-11-27", "08:00"))
    for number in range(count):
        day = date(2026, 11, 23) + timedelta(days=number % 7)
        Closure.objects.create(location=schedule.location, first_day=day, last_day=day)


@pytest.mark.parametrize(
    ("view", "count", "shut"),
    [
        ("semaine", 1, OF_CLOSURES),
        ("semaine", 8, OF_CLOSURES),
        ("jour", 1, 0),
        ("jour", 8, OF_CLOSURES),
    ],
)
def test_the_agenda_keeps_its_budget(
    practitioner_client: Client, practitioner: Practitioner, schedule: Schedule, view: str, count: int, shut: int
) -> None:
    _fill(schedule, count)
    _fill(factories.schedule(practitioner=practitioner), 0)
    assert _cost(practitioner_client, f"/agenda/{practitioner.id}/{view}/2026-11-26/") == BUDGET + shut


def test_a_manager_s_agenda_keeps_it_whatever_is_drawn(
    sign_in: Callable[[User], Client], practitioner: Practitioner, schedule: Schedule
) -> None:
    manager = factories.user()
    factories.member(schedule.organization, manager, Role.MANAGER)
    _fill(schedule, 8)
    assert _cost(sign_in(manager), f"/agenda/{practitioner.id}/semaine/2026-11-26/") == BUDGET


def test_keeping_many_agendas_costs_nothing_more(
    secretary_client: Client, secretary: User, practitioner: Practitioner, schedule: Schedule
) -> None:
    for _ in range(5):
        factories.delegation(factories.schedule().practitioner, secretary)
    _fill(schedule, 3)
    address = f"/agenda/{practitioner.id}/semaine/2026-11-26/"
    assert _cost(secretary_client, address) == BUDGET + OF_CLOSURES


@pytest.mark.parametrize("count", [2, 5])
def test_a_day_of_several_costs_no_more_than_that_of_one(
    secretary_client: Client, secretary: User, practitioner: Practitioner, schedule: Schedule, count: int
) -> None:
    ids = []
    for _ in range(count):
        one = factories.colleague(schedule)
        factories.delegation(one.practitioner, secretary)
        _fill(one, 4)
        ids.append(one.practitioner_id)
    query = "&".join(f"avec={one}" for one in ids)
    assert _cost(secretary_client, f"/agenda/jour/2026-11-26/?{query}") == BUDGET + OF_CLOSURES
    # No visit is read: what stands is counted in what is not free.
    assert _cost(secretary_client, f"/agenda/mois/2026-11-26/?{query}") == BUDGET - 1
    # Reasons, how many, a page of visits.
    assert _cost(secretary_client, f"/agenda/liste/?{query}&du=2026-11-01&au=2026-11-30") == OF_THE_FRAME + 6


@pytest.mark.parametrize("count", [1, 6])
def test_the_openings_page_keeps_its_budget(
    practitioner_client: Client, practitioner: Practitioner, schedule: Schedule, count: int
) -> None:
    for number in range(count):
        factories.rule(schedule=schedule, reasons=[factories.reason(schedule)])
        start = at("2026-12-01", "00:00") + timedelta(days=number)
        factories.absence(practitioner=practitioner, start=start, end=start + timedelta(days=1))
        Closure.objects.create(location=schedule.location, start=start, end=start + timedelta(days=1))
        factories.appointment(schedule_=schedule, start=start + timedelta(hours=9))
    # Session, user, rights, practitioners, places; rules, offers and days off; what the week is drawn from; of its
    # absences which one reads and which one changes; which places one closes; what is to be closed.
    week = f"/agenda/{practitioner.id}/horaires/semaine/2026-12-01/"
    assert _cost(practitioner_client, week) == 13
    # The list: absences and what they cover, closures, which places one closes; what is to be closed.
    assert _cost(practitioner_client, f"/agenda/{practitioner.id}/horaires/absences/") == 10


@pytest.mark.parametrize("count", [1, 6])
def test_the_appointment_page_keeps_its_budget(
    secretary_client: Client, secretary: User, practitioner: Practitioner, schedule: Schedule, count: int
) -> None:
    for _ in range(count):
        other = factories.colleague(schedule)
        factories.delegation(other.practitioner, secretary)
    _fill(schedule, count)
    one = factories.appointment(schedule_=schedule, start=at("2026-11-26", "18:00"))
    # Session, user, rights, the appointment; practitioners, places; neighbours; takers and what theirs are read from (two);
    # history with its messages, corrections, merges (four); likely files and the first one (two); what its agenda is read from;
    # why no confirmation left (two); how far the SAS knows it; what is to be closed.
    assert _cost(secretary_client, f"/rendez-vous/{one.id}/") == 20
