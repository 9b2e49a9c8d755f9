"""Who may see an agenda, and which addresses exist."""

import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Practitioner, User
from appointments.models import Schedule
from tests import factories

pytestmark = pytest.mark.django_db
VIEWS = ["semaine", "jour"]


def address(practitioner_id: object, view: str = "semaine", day: str = "2026-11-25") -> str:
    return f"/agenda/{practitioner_id}/{view}/{day}/"


@pytest.mark.parametrize("view", VIEWS)
def test_a_stranger_signs_in_first_and_comes_back(client: Client, schedule: Schedule, view: str) -> None:
    wanted = address(schedule.practitioner_id, view)
    response = client.get(wanted)
    assert response.status_code == 302
    assert response.url == f"{reverse('sign-in')}?next={wanted}"


@pytest.mark.parametrize("view", VIEWS)
def test_a_regulator_sees_no_agenda(regulator_client: Client, schedule: Schedule, view: str) -> None:
    assert regulator_client.get(address(schedule.practitioner_id, view)).status_code == 404


@pytest.mark.parametrize("view", VIEWS)
def test_another_practice_s_agenda_does_not_exist(practitioner_client: Client, view: str) -> None:
    assert practitioner_client.get(address(factories.practitioner().id, view)).status_code == 404


def test_a_secretary_sees_only_the_agendas_they_keep(
    secretary_client: Client, practitioner: Practitioner, schedule: Schedule
) -> None:
    assert secretary_client.get(address(practitioner.id)).status_code == 200
    assert secretary_client.get(address(factories.practitioner().id)).status_code == 404


def test_staff_rights_open_no_agenda(sign_in: Callable[[User], Client], schedule: Schedule) -> None:
    staff = sign_in(factories.user(is_staff=True, is_superuser=True))
    assert staff.get(address(schedule.practitioner_id)).status_code == 404


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    "day",
    [
        "2026-02-30",
        "2026-13-01",
        "0000-00-00",
        "1999-12-31",
        "2100-01-01",
        "9999-12-31",
        "2026-1-1",
        "demain",
        "٢٠٢٦-١١-٢٥",
    ],
)
def test_an_impossible_or_far_day_does_not_exist(
    practitioner_client: Client, schedule: Schedule, view: str, day: str
) -> None:
    assert practitioner_client.get(address(schedule.practitioner_id, view, day)).status_code == 404


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("day", ["2000-01-01", "2099-12-31"])
def test_the_first_and_last_days_are_shown(
    practitioner_client: Client, schedule: Schedule, view: str, day: str
) -> None:
    factories.rule(schedule=schedule)
    response = practitioner_client.get(address(schedule.practitioner_id, view, day))
    assert response.status_code == 200
    assert (b'data-period="previous"' in response.content) == (day != "2000-01-01")
    assert (b'data-period="next"' in response.content) == (day != "2099-12-31")


@pytest.mark.parametrize("practitioner_id", ["1", "abc", str(uuid.UUID(int=0)), "%00"])
def test_a_malformed_or_unknown_practitioner_does_not_exist(practitioner_client: Client, practitioner_id: str) -> None:
    assert practitioner_client.get(address(practitioner_id)).status_code == 404


@pytest.mark.parametrize("place", ["abc", "%00", str(uuid.UUID(int=0))])
def test_an_unknown_place_does_not_exist(practitioner_client: Client, schedule: Schedule, place: str) -> None:
    assert practitioner_client.get(address(schedule.practitioner_id) + f"?lieu={place}").status_code == 404


def test_another_practitioner_s_place_does_not_exist(practitioner_client: Client, schedule: Schedule) -> None:
    other = factories.schedule()
    assert practitioner_client.get(address(schedule.practitioner_id) + f"?lieu={other.id}").status_code == 404


@pytest.mark.parametrize("view", VIEWS)
def test_the_agenda_only_reads(practitioner_client: Client, schedule: Schedule, view: str) -> None:
    assert practitioner_client.post(address(schedule.practitioner_id, view)).status_code == 405
