"""The session ends while the caller is still talking: what was typed is kept in the page, and sent again."""

import uuid
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from django.test import Client

from accounts.models import Regulator
from appointments.models import Appointment, Schedule
from tests.appointments.call.reading import hidden_fields_of
from tests.appointments.call.requests import filled_in, form_page, key_of, landing

pytestmark = pytest.mark.django_db
ORIGIN = {"Origin": "http://testserver"}


@pytest.fixture(autouse=True)
def _own_address(settings: object) -> None:
    settings.BASE_URL = ORIGIN["Origin"]  # type: ignore[attr-defined]


def test_what_was_typed_is_kept_in_the_page_and_never_in_an_address(client: Client, schedule: Schedule) -> None:
    data = filled_in(key_of(schedule), note="Il dit « aïe » & <tousse>")
    response = client.post(form_page(key_of(schedule)), data)
    assert response.status_code == 401
    assert "no-store" in response["Cache-Control"]
    page = response.content.decode()
    kept = hidden_fields_of(page)
    kept.pop("csrfmiddlewaretoken")
    assert kept == data
    address = f"/sas/connexion/?{urlencode({'next': landing(schedule, key_of(schedule))})}"
    assert f'href="{address}" target="_blank"' in page
    assert not Appointment.objects.exists()
    for link in [part.split('"')[0] for part in page.split('href="')[1:]]:
        assert "Jasmin" not in link


def test_it_is_sent_again_once_signed_in(
    client: Client, schedule: Schedule, regulator: Regulator, sign_in_regulator: Callable[[Regulator], Client]
) -> None:
    data = filled_in(key_of(schedule))
    kept = hidden_fields_of(client.post(form_page(key_of(schedule)), data).content.decode())
    response = sign_in_regulator(regulator).post(form_page(key_of(schedule)), kept)
    assert response.status_code == 303
    assert Appointment.objects.get().request_id == uuid.UUID(data["request_id"])


def test_a_form_of_before_the_sign_in_keeps_its_fields_too(regulator_client: Client, schedule: Schedule) -> None:
    """Signing in changed the token: the form comes back with the new one, and nothing is booked by itself."""
    regulator_client.handler.enforce_csrf_checks = True
    data = filled_in(key_of(schedule))
    first = regulator_client.post(form_page(key_of(schedule)), data, headers=ORIGIN)
    assert first.status_code == 403
    assert not Appointment.objects.exists()
    kept = hidden_fields_of(first.content.decode())
    assert regulator_client.post(form_page(key_of(schedule)), kept, headers=ORIGIN).status_code == 303
    assert Appointment.objects.get().patient.family_name == "Jasmin-Démo"


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://ailleurs.example"}, {"Origin": "null"}])
def test_another_site_gets_no_form_to_click_on(
    regulator_client: Client, schedule: Schedule, headers: dict[str, str]
) -> None:
    regulator_client.handler.enforce_csrf_checks = True
    response = regulator_client.post(form_page(key_of(schedule)), filled_in(key_of(schedule)), headers=headers)
    assert response.status_code == 403
    assert "Jasmin" not in response.content.decode()


@pytest.mark.parametrize("key", ["", "nimporte", "0" * 32 + "-20261125T0900Z-15"])
def test_a_form_that_names_no_slot_goes_to_the_door(client: Client, key: str) -> None:
    response = client.post(form_page(key), {"creneau": key})
    assert response.status_code == 302
    assert response["Location"].startswith("/connexion/")
