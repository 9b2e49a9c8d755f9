"""What is typed of a patient is kept for a quarter of an hour, wherever one goes on, and nowhere in clear."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client

from accounts.models import Regulator
from appointments.booking.services.drafts import forget_drafts, read_draft
from appointments.models import Draft, Hold, Schedule
from tests import factories
from tests.appointments.call.reading import get, hidden_fields_of, text_of
from tests.appointments.call.requests import TEN, filled_in, form_page, key_of, landing
from tests.factories import at

pytestmark = pytest.mark.django_db
SAVE = "/rendez-vous/nouveau/saisies/"


def type_in(client: Client, key: str, **fields: str) -> dict[str, str]:
    body = filled_in(key, **fields)
    assert client.post(SAVE, body, headers={"HX-Request": "true"}).status_code == 200
    return body


def go_to_another_hour(schedule: Schedule) -> str:
    return key_of(schedule, at("2026-11-25", "11:00"))


def go_to_another_practitioner(schedule: Schedule) -> str:
    return key_of(factories.rule().schedule)


@pytest.mark.parametrize("where", [key_of, go_to_another_hour, go_to_another_practitioner])
def test_it_follows_whoever_types(
    regulator_client: Client, schedule: Schedule, where: Callable[[Schedule], str]
) -> None:
    body = type_in(regulator_client, key_of(schedule), note="Entorse")
    page = get(regulator_client, form_page(where(schedule)))
    assert "Vos saisies sont reprises." in text_of(page)
    for typed in ("Jasmin-Démo", "Kumquat", "06 39 98 12 34"):
        assert f'value="{typed}"' in page
    assert "Entorse" in page
    assert 'value="female" id="id_sex_1" checked' in page or 'value="female" id="id_sex_0" checked' in page
    # As another form's: two tabs may end with two patients.
    assert hidden_fields_of(page)["request_id"] != body["request_id"]


def test_a_session_that_ended_loses_nothing(
    regulator: Regulator, regulator_client: Client, sign_in_regulator: Callable[[Regulator], Client], schedule: Schedule
) -> None:
    type_in(regulator_client, key_of(schedule))
    assert 'value="Jasmin-Démo"' in get(sign_in_regulator(regulator), form_page(key_of(schedule)))


def test_it_is_one_person_s(
    regulator_client: Client, sign_in_regulator: Callable[[Regulator], Client], schedule: Schedule
) -> None:
    type_in(regulator_client, key_of(schedule))
    other = sign_in_regulator(factories.regulator(email="autre@sas.example"))
    assert "Jasmin" not in get(other, form_page(key_of(schedule, at("2026-11-25", "11:00"))))


def test_it_ends(regulator_client: Client, schedule: Schedule) -> None:
    type_in(regulator_client, key_of(schedule))
    Draft.objects.update(saved_at=Now() - timedelta(minutes=15))
    assert "Jasmin" not in get(regulator_client, form_page(key_of(schedule)))
    assert forget_drafts() == 1


@pytest.mark.parametrize("how", ["booked", "erased", "signed out", "cleared"])
def test_it_is_gone_once_it_served(regulator_client: Client, schedule: Schedule, how: str) -> None:
    client = regulator_client
    body = type_in(client, key_of(schedule))
    if how == "booked":
        answer = client.post("/rendez-vous/nouveau/", body)
        assert "Jasmin" not in get(client, form_page(go_to_another_hour(schedule)))
        client.get(answer["Location"])
    elif how == "erased":
        client.post(SAVE, {"erase": "1", "creneau": key_of(schedule)})
    elif how == "signed out":
        client.post("/deconnexion/")
    else:
        client.post(SAVE, {"creneau": key_of(schedule), "family_name": "  "})
    assert not Draft.objects.exists()


def test_nothing_of_it_is_stored_in_clear(regulator_client: Client, schedule: Schedule) -> None:
    type_in(regulator_client, key_of(schedule))
    with connection.cursor() as cursor:
        cursor.execute("SELECT draft::text FROM appointments_draft draft")
        [[row]] = cursor.fetchall()
    assert not any(typed in row for typed in ("Jasmin", "Kumquat", "0639", "06 39"))


def test_another_secret_reads_nothing(regulator_client: Client, schedule: Schedule, settings: Any) -> None:
    type_in(regulator_client, key_of(schedule))
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-" + "x" * 50
    user = Draft.objects.get().user
    assert read_draft(user=user)
    settings.SECRET_KEY_FALLBACKS = []
    assert not read_draft(user=user)


def test_typing_keeps_the_slot(regulator_client: Client, schedule: Schedule) -> None:
    get(regulator_client, landing(schedule, key_of(schedule)))
    Hold.objects.update(expires_at=Now() + timedelta(minutes=1))
    type_in(regulator_client, key_of(schedule))
    assert Hold.objects.filter(expires_at__gt=Now() + timedelta(minutes=4)).exists()
    # What is typed for another slot keeps that one only.
    Hold.objects.update(expires_at=Now() + timedelta(minutes=1))
    type_in(regulator_client, go_to_another_hour(schedule))
    assert not Hold.objects.filter(expires_at__gt=Now() + timedelta(minutes=4)).exists()


def test_back_and_reload_never_send_it_again(regulator_client: Client, schedule: Schedule) -> None:
    body = filled_in(key_of(schedule), phone="06 39 98 12 3")
    answer = regulator_client.post("/rendez-vous/nouveau/", body)
    assert answer.status_code == 303
    again = f"/rendez-vous/nouveau/?creneau={key_of(schedule)}&verifier=1"
    assert answer["Location"] == again
    for _ in range(2):
        assert "Ce numéro a 9 chiffres" in text_of(get(regulator_client, again, 422))
    factories.appointment(schedule_=schedule, start=TEN)
    assert "vient d’être pris" in text_of(get(regulator_client, again, 409))
