"""Honoured, not honoured, and back."""

from typing import Any

import pytest
import time_machine
from django.test import Client

from appointments.enums import EventKind, Status
from appointments.models import Appointment, Schedule
from tests import factories
from tests.appointments.agenda.pages import text_of
from tests.factories import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def appointment(schedule: Schedule) -> Appointment:
    """Now, at 10:30."""
    return factories.appointment(schedule_=schedule, start=at("2026-11-25", "10:30"))


def post(client: Client, appointment: Appointment, status: str, **data: Any) -> Any:
    fields = {"version": appointment.version, "status": status} | data
    return client.post(f"/rendez-vous/{appointment.id}/statut/", fields)


def state(appointment: Appointment) -> tuple[str, int]:
    appointment.refresh_from_db()
    return appointment.status, appointment.version


@pytest.mark.parametrize("status", [Status.FULFILLED, Status.NOSHOW])
def test_a_status_is_marked_and_recorded(practitioner_client: Client, appointment: Appointment, status: Status) -> None:
    response = post(practitioner_client, appointment, status)
    assert response.url == f"/rendez-vous/{appointment.id}/"
    assert state(appointment) == (status, 2)
    event = appointment.events.latest("sequence")
    assert event.kind in {EventKind.FULFILLED, EventKind.NOSHOW}
    assert event.by_user == appointment.practitioner.user
    assert "Rendez-vous marqué" in text_of(practitioner_client.get(response.url))


def test_a_mistake_is_corrected(practitioner_client: Client, appointment: Appointment) -> None:
    post(practitioner_client, appointment, "fulfilled")
    appointment.refresh_from_db()
    assert "remettre confirmé" in text_of(practitioner_client.get(f"/rendez-vous/{appointment.id}/"))
    post(practitioner_client, appointment, "noshow")
    appointment.refresh_from_db()
    post(practitioner_client, appointment, "booked")
    assert state(appointment) == (Status.BOOKED, 4)


def test_an_appointment_of_another_day_can_t_be_honoured_yet(practitioner_client: Client, schedule: Schedule) -> None:
    later = factories.appointment(schedule_=schedule, start=at("2026-11-26", "10:30"))
    page = text_of(practitioner_client.get(f"/rendez-vous/{later.id}/"))
    assert "Honoré : possible à partir du jeudi 26 novembre." in page
    assert "Non honoré : possible à partir de 10 h 30, ce jour-là." in page
    response = post(practitioner_client, later, "fulfilled")
    assert response.status_code == 422
    assert "il pourra être marqué honoré le jour même" in text_of(response)
    assert state(later) == (Status.BOOKED, 1)


def test_nobody_is_absent_before_the_hour(practitioner_client: Client, schedule: Schedule) -> None:
    soon = factories.appointment(schedule_=schedule, start=at("2026-11-25", "11:00"))
    response = post(practitioner_client, soon, "noshow")
    assert response.status_code == 422
    assert "n’a pas commencé" in text_of(response)
    assert post(practitioner_client, soon, "fulfilled").status_code == 303


def test_buttons_that_can_t_be_used_yet_are_off(practitioner_client: Client, schedule: Schedule) -> None:
    soon = factories.appointment(schedule_=schedule, start=at("2026-11-25", "11:00"))
    content = practitioner_client.get(f"/rendez-vous/{soon.id}/").content.decode()
    assert 'value="noshow" type="submit" disabled' in content
    assert 'value="fulfilled" type="submit">' in content
    with time_machine.travel(at("2026-11-25", "11:00"), tick=False):
        assert 'value="noshow" type="submit">' in practitioner_client.get(f"/rendez-vous/{soon.id}/").content.decode()


def test_an_old_page_changes_nothing(practitioner_client: Client, appointment: Appointment) -> None:
    post(practitioner_client, appointment, "fulfilled")
    response = post(practitioner_client, appointment, "noshow")
    assert response.status_code == 409
    assert "a changé entre-temps" in text_of(response)
    assert 'name="version" value="2"' in response.content.decode()
    assert state(appointment) == (Status.FULFILLED, 2)


@pytest.mark.parametrize("status", ["cancelled", "arrived", "", "\x00", "x" * 5000])
def test_an_unknown_status_is_refused(practitioner_client: Client, appointment: Appointment, status: str) -> None:
    assert post(practitioner_client, appointment, status).status_code == 422
    assert state(appointment) == (Status.BOOKED, 1)


MALFORMED = ["", "-1", "un", "99999999999999999999", "\x00"]


def test_a_malformed_version_is_refused(practitioner_client: Client, appointment: Appointment) -> None:
    for version in MALFORMED:
        assert post(practitioner_client, appointment, "fulfilled", version=version).status_code == 409, version
        assert state(appointment) == (Status.BOOKED, 1), version


def test_a_cancelled_appointment_stays_so(practitioner_client: Client, schedule: Schedule) -> None:
    gone = factories.appointment(schedule_=schedule, start=at("2026-11-25", "10:00"), status=Status.CANCELLED)
    response = post(practitioner_client, gone, "booked")
    assert response.status_code == 422
    assert "Ce rendez-vous est annulé" in text_of(response)
