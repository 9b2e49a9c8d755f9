"""Cancelling: asked first, done once, told."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from appointments.enums import EventKind, Status
from appointments.models import Appointment, PatientMessage, Schedule
from tests import factories
from tests.appointments.agenda.pages import text_of
from tests.factories import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def appointment(schedule: Schedule) -> Appointment:
    return factories.appointment(
        schedule_=schedule,
        start=at("2026-11-25", "14:00"),
        by=factories.regulator_actor(),
        patient=factories.patient(email="kiwano@exemple.test"),
    )


def post(client: Client, appointment: Appointment, **data: Any) -> Any:
    return client.post(f"/rendez-vous/{appointment.id}/annuler/", {"version": appointment.version} | data)


def status(appointment: Appointment) -> str:
    appointment.refresh_from_db()
    return appointment.status


def test_the_question_says_what_will_happen(practitioner_client: Client, appointment: Appointment) -> None:
    response = practitioner_client.get(f"/rendez-vous/{appointment.id}/annuler/")
    page = text_of(response)
    assert "Annuler le rendez-vous de 14 h 00 ?" in page
    assert "Le SAS sera prévenu. Le patient sera prévenu par e-mail." in page
    assert "Le garder" in page
    assert status(appointment) == Status.BOOKED


def test_the_page_carries_the_same_question_in_a_dialog(practitioner_client: Client, appointment: Appointment) -> None:
    content = practitioner_client.get(f"/rendez-vous/{appointment.id}/").content.decode()
    assert '<dialog class="dialog" id="annulation"' in content
    assert 'data-dialog="annulation"' in content


def test_a_patient_without_address_is_to_be_called(practitioner_client: Client, schedule: Schedule) -> None:
    one = factories.appointment(schedule_=schedule, start=at("2026-11-25", "15:00"))
    page = text_of(practitioner_client.get(f"/rendez-vous/{one.id}/annuler/"))
    assert "Aucun message n’atteint ce patient : prévenez-le au 06" in page
    assert "SAS" not in page


def test_a_cancellation_is_recorded_and_told(practitioner_client: Client, appointment: Appointment) -> None:
    response = post(practitioner_client, appointment)
    assert response.url == f"/rendez-vous/{appointment.id}/"
    assert status(appointment) == Status.CANCELLED
    assert appointment.events.latest("sequence").kind == EventKind.CANCELLED
    assert PatientMessage.objects.filter(appointment=appointment, kind="cancellation").exists()
    assert "Rendez-vous annulé : son heure est de nouveau libre." in text_of(practitioner_client.get(response.url))


def test_cancelling_twice_is_refused(practitioner_client: Client, appointment: Appointment) -> None:
    post(practitioner_client, appointment)
    appointment.refresh_from_db()
    response = post(practitioner_client, appointment)
    assert response.status_code == 422
    assert "Ce rendez-vous est annulé : il ne peut plus être modifié." in text_of(response)
    assert appointment.version == 2


def test_a_cancelled_appointment_asks_nothing(practitioner_client: Client, appointment: Appointment) -> None:
    post(practitioner_client, appointment)
    response = practitioner_client.get(f"/rendez-vous/{appointment.id}/annuler/")
    assert response.url == f"/rendez-vous/{appointment.id}/"


def test_an_old_page_cancels_nothing(practitioner_client: Client, appointment: Appointment) -> None:
    response = post(practitioner_client, appointment, version=0)
    assert response.status_code == 409
    assert "a changé entre-temps" in text_of(response)
    assert status(appointment) == Status.BOOKED


MALFORMED = ["", "un", "\x00", "9" * 30]


def test_a_malformed_form_cancels_nothing(practitioner_client: Client, appointment: Appointment) -> None:
    for version in MALFORMED:
        assert post(practitioner_client, appointment, version=version).status_code == 409, version
        assert status(appointment) == Status.BOOKED, version


def test_the_regulator_who_booked_may_cancel(
    sign_in_regulator: Callable[..., Client], appointment: Appointment
) -> None:
    client = sign_in_regulator(appointment.by_regulator)
    response = post(client, appointment)
    assert response.url == reverse("appointment-confirmation", args=[appointment.id])
    assert status(appointment) == Status.CANCELLED
    assert appointment.events.latest("sequence").by_regulator == appointment.by_regulator


def test_a_regulator_s_refused_cancellation_is_explained_on_their_page(
    sign_in_regulator: Callable[..., Client], appointment: Appointment
) -> None:
    client = sign_in_regulator(appointment.by_regulator)
    response = post(client, appointment, version=0)
    assert response.url == reverse("appointment-confirmation", args=[appointment.id])
    assert status(appointment) == Status.BOOKED
    assert "a changé entre-temps" in text_of(client.get(response.url))


def test_another_regulator_cancels_nothing(regulator_client: Client, appointment: Appointment) -> None:
    assert post(regulator_client, appointment).status_code == 404
    assert status(appointment) == Status.BOOKED
