"""The regulator who booked corrects what they gave."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import Regulator, User
from accounts.rights import Actor
from appointments.models import Appointment, Schedule
from tests import factories
from tests.appointments.call.reading import get, text_of
from tests.appointments.call.requests import TEN, filled_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def booked(schedule: Schedule, regulator: Regulator) -> Appointment:
    given = factories.patient(
        family_name="Jasmin-Démo", given_name="Kumquat", phone="+33639981234", email="faux@exemple.test", sex="female"
    )
    return factories.appointment(
        schedule_=schedule, start=TEN, patient=given, by=Actor(user=regulator.user, regulator=regulator)
    )


def address(booked: Appointment) -> str:
    return f"/rendez-vous/{booked.id}/corriger/"


def body(**fields: str) -> dict[str, str]:
    return filled_in("", patient_version="0", email="faux@exemple.test", **fields)


def test_what_was_given_is_corrected_and_told(regulator_client: Client, booked: Appointment) -> None:
    assert address(booked) in get(regulator_client, f"/rendez-vous/{booked.id}/confirmation/")
    page = get(regulator_client, address(booked))
    assert 'value="faux@exemple.test"' in page
    response = regulator_client.post(address(booked), body() | {"email": "juste@exemple.test"}, follow=True)
    told = text_of(response.content.decode())
    assert "Patient corrigé. Ce qu’il doit savoir repart à sa nouvelle adresse." in told
    assert "juste@exemple.test" in told
    assert "Patient corrigé Aujourd’hui à" in told
    booked.refresh_from_db()
    assert (booked.contact_email, booked.events.count()) == ("juste@exemple.test", 1)


def test_who_calls_and_their_number_are_corrected(regulator_client: Client, booked: Appointment) -> None:
    Appointment.objects.update(caller="Mère", caller_phone="+33639985510")
    assert 'name="caller_phone" value="06' in get(regulator_client, address(booked))
    sent = body(caller="Tante", caller_phone="06 39 98 55 11") | {"phone": ""}
    page = text_of(regulator_client.post(address(booked), sent, follow=True).content.decode())
    assert "Qui appelle Tante, 06 39 98 55 11" in page
    booked.refresh_from_db()
    assert (booked.caller_phone, booked.contact_phone) == ("+33639985511", "+33639985511")


def test_what_the_practice_changed_is_neither_shown_nor_changed(regulator_client: Client, booked: Appointment) -> None:
    Appointment.objects.update(
        contact_email="cabinet@exemple.test", caller="Sa fille", contacts_by_practice=["caller", "contact_email"]
    )
    shown = get(regulator_client, address(booked)) + get(regulator_client, f"/rendez-vous/{booked.id}/confirmation/")
    assert "cabinet@exemple.test" not in shown
    assert "Sa fille" not in shown
    assert 'name="caller"' not in shown
    response = regulator_client.post(address(booked), body(caller="Moi") | {"email": "juste@exemple.test"}, follow=True)
    assert "Le cabinet a changé l’e-mail de ce rendez-vous" in text_of(response.content.decode())
    booked.refresh_from_db()
    assert (booked.contact_email, booked.caller) == ("cabinet@exemple.test", "Sa fille")


def test_what_is_wrong_is_said_and_what_was_typed_stays(regulator_client: Client, booked: Appointment) -> None:
    response = regulator_client.post(address(booked), body() | {"family_name": "Tapé", "phone": "06 12"})
    assert response.status_code == 422
    assert 'value="Tapé"' in response.content.decode()


def test_on_an_older_version_both_are_told(regulator_client: Client, booked: Appointment) -> None:
    regulator_client.post(address(booked), body() | {"family_name": "Premier"})
    response = regulator_client.post(address(booked), body() | {"family_name": "Second"})
    page = response.content.decode()
    assert response.status_code == 409
    assert "Nom de famille : Premier" in text_of(page)
    assert 'value="Second"' in page
    assert 'name="patient_version" value="1"' in page


def test_once_it_is_cancelled_there_is_nothing_to_correct(regulator_client: Client, booked: Appointment) -> None:
    Appointment.objects.update(status="cancelled")
    assert regulator_client.get(address(booked)).status_code == 302
    assert regulator_client.post(address(booked), body()).status_code == 422


def test_it_does_not_exist_for_others(
    client: Client, booked: Appointment, sign_in: Callable[[User], Client],
    sign_in_regulator: Callable[[Regulator], Client],
) -> None:  # fmt: skip
    assert client.get(address(booked)).status_code == 302
    assert sign_in_regulator(factories.regulator()).get(address(booked)).status_code == 404
    secretary = sign_in(factories.delegation(booked.schedule.practitioner))
    assert secretary.get(address(booked)).status_code == 404
