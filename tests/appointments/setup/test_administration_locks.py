"""The administration locks the calendars concerned before it writes, in one transaction."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, Practitioner, User
from appointments.models import Absence, Location, Schedule
from tests import factories
from tests.appointments.setup.test_administration import page
from tests.factories import at

pytestmark = pytest.mark.django_db
WRITES = re.compile(
    r'(INSERT INTO|UPDATE|DELETE FROM) "(appointments_(?!calendar)|accounts_(organization|practitioner))'
)


@pytest.fixture
def client(sign_in: Callable[[User], Client]) -> Client:
    return sign_in(factories.user(is_staff=True, is_superuser=True))


def _of(schedule: Schedule) -> dict[type, tuple[Any, dict[str, Any]]]:
    """Each row with what its page posts."""
    place, organization, who = schedule.location, schedule.organization, schedule.practitioner
    return {
        Organization: (organization, {
            "name": "Autre", "finess": organization.finess, "kind": "practice", "patient_retention_days": "365",
            "locations-TOTAL_FORMS": "0", "locations-INITIAL_FORMS": "0",
        }),
        Location: (place, {
            "name": "Autre", "line": "2 rue", "postal_code": "99000", "city": "Ville", "time_zone": "Europe/Paris",
            "holidays": "alsace-moselle", "access_by_day": "Code 12", "access_by_night": "Sonner",
        }),
        Schedule: (schedule, {"active": "on", "siret": "99900000000018"}),
        Practitioner: (who, {
            "given_name": "Alba", "family_name": "Autre", "rpps": who.rpps, "specialty_codes": ["SM54"],
            "delegations-TOTAL_FORMS": "0", "delegations-INITIAL_FORMS": "0",
        }),
    }  # fmt: skip


def _locks_first(queries: CaptureQueriesContext, calendar: Any) -> None:
    told = [query["sql"] for query in queries]
    locks = [number for number, sql in enumerate(told) if "FOR NO KEY UPDATE" in sql]
    writes = [number for number, sql in enumerate(told) if WRITES.match(sql)]
    assert locks
    assert writes
    assert locks[0] < writes[0]
    assert calendar.hex in told[locks[0]]


def _delete(client: Client, row: Any, in_the_list: bool) -> None:
    if in_the_list:
        mass = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
        client.post(page(type(row), "changelist"), mass)
    else:
        client.post(page(type(row), "delete", row.pk), {"post": "yes"})


MODELS = [Organization, Location, Schedule, Practitioner]


@pytest.mark.parametrize("model", MODELS)
def test_a_save_locks_first(client: Client, schedule: Schedule, model: Any) -> None:
    row, data = _of(schedule)[model]
    with CaptureQueriesContext(connection) as captured:
        response = client.post(page(model, "change", row.pk), data)
    assert response.status_code == 303, response.content.decode()
    _locks_first(captured, schedule.calendar_id)


@pytest.mark.parametrize("model", [Schedule])
@pytest.mark.parametrize("in_the_list", [False, True])
def test_a_deletion_locks_first(client: Client, schedule: Schedule, model: Any, in_the_list: bool) -> None:
    row, _ = _of(schedule)[model]
    with CaptureQueriesContext(connection) as captured:
        _delete(client, row, in_the_list)
    assert not model.objects.filter(pk=row.pk).exists()
    _locks_first(captured, schedule.calendar_id)


@pytest.mark.parametrize("in_the_list", [False, True])
def test_a_line_of_time_with_absences_is_not_deleted(client: Client, in_the_list: bool) -> None:
    """They are only read here, so nothing here takes them away."""
    absence = factories.absence(start=at("2026-11-30", "09:00"))
    _delete(client, absence.calendar, in_the_list)
    assert Absence.objects.exists()


def test_places_and_agendas_are_edited_here(client: Client, schedule: Schedule) -> None:
    rows = _of(schedule)
    for model in (Location, Schedule):
        client.post(page(model, "change", rows[model][0].pk), rows[model][1])
    place, agenda = Location.objects.get(pk=schedule.location_id), Schedule.objects.get(pk=schedule.pk)
    assert (place.holidays, place.access_by_day, place.access_by_night) == ("alsace-moselle", "Code 12", "Sonner")
    assert agenda.siret == "99900000000018"


def test_a_new_place_keeps_metropolitan_holidays_unless_it_says_otherwise(client: Client) -> None:
    form = client.get(page(Location, "add")).content.decode()
    assert '<option value="metropole" selected>' in form
