"""« Arrivé » is the practice's own: noted, undone, kept, and no business of the SAS."""

from typing import Any

import pytest
from django.test import Client

from appointments.enums import EventKind, Status
from appointments.models import Appointment, Schedule
from interop.models import Delivery
from tests import factories
from tests.appointments.agenda.pages import posted_despite, text_of
from tests.factories import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def appointment(schedule: Schedule) -> Appointment:
    """In twenty minutes, sent by the regulation."""
    return factories.appointment(schedule_=schedule, start=at("2026-11-25", "11:00"), by=factories.regulator_actor())


def post(client: Client, appointment: Appointment, arrived: str, **data: Any) -> Any:
    appointment.refresh_from_db()
    fields = {"version": appointment.version, "arrived": arrived} | data
    return client.post(f"/rendez-vous/{appointment.id}/arrivee/", fields)


def test_an_arrival_is_noted_undone_and_told_to_the_practice_alone(
    secretary_client: Client, appointment: Appointment
) -> None:
    assert post(secretary_client, appointment, "1").status_code == 303
    appointment.refresh_from_db()
    assert (appointment.arrived_at, appointment.status) == (at("2026-11-25", "10:40"), Status.BOOKED)
    page = text_of(secretary_client.get(f"/rendez-vous/{appointment.id}/"))
    assert "Effacer l’arrivée de 10 h 40" in page
    assert "Arrivée notée aujourd’hui à 10 h 40" in page.replace("Aujourd’hui", "aujourd’hui")
    assert post(secretary_client, appointment, "0").status_code == 303
    appointment.refresh_from_db()
    assert appointment.arrived_at is None
    kinds = list(appointment.events.order_by("sequence").values_list("kind", flat=True))
    assert kinds == [EventKind.BOOKED, EventKind.ARRIVED, EventKind.ARRIVAL_UNDONE]
    assert list(Delivery.objects.values_list("event__kind", flat=True)) == [EventKind.BOOKED]
    assert not any(event.messages.exists() for event in appointment.events.exclude(kind=EventKind.BOOKED))


def test_it_is_kept_when_the_visit_is_honoured_and_the_sas_is_told_that(
    secretary_client: Client, appointment: Appointment
) -> None:
    post(secretary_client, appointment, "1")
    secretary_client.post(f"/rendez-vous/{appointment.id}/statut/", {"version": 2, "status": "fulfilled"})
    appointment.refresh_from_db()
    assert (appointment.status, appointment.arrived_at) == (Status.FULFILLED, at("2026-11-25", "10:40"))
    assert list(Delivery.objects.order_by("sequence").values_list("sequence", flat=True)) == [1, 3]
    answer = post(secretary_client, appointment, "0")
    assert answer.status_code == 422
    assert "Ce rendez-vous est honoré" in text_of(answer)


@pytest.mark.parametrize(("day", "kept"), [("2026-11-25", True), ("2026-11-26", False)])
def test_who_is_moved_to_another_day_is_not_there_any_more(
    secretary_client: Client, appointment: Appointment, day: str, kept: bool
) -> None:
    post(secretary_client, appointment, "1")
    typed = {"version": 2, "slot": "", "day": day, "hour": "12h"}
    assert posted_despite(secretary_client, f"/rendez-vous/{appointment.id}/deplacer/", typed).status_code == 303
    appointment.refresh_from_db()
    assert (appointment.arrived_at is not None) == kept


@pytest.mark.parametrize(
    ("start", "may"),
    [
        (("2026-11-25", "17:00"), True),
        (("2026-11-25", "08:00"), True),
        (("2026-11-26", "09:00"), False),
        (("2026-11-24", "09:00"), False),
    ],
)
def test_an_arrival_is_of_its_day(
    secretary_client: Client, schedule: Schedule, start: tuple[str, str], may: bool
) -> None:
    one = factories.appointment(schedule_=schedule, start=at(*start))
    offered = "Noter l’arrivée" in text_of(secretary_client.get(f"/rendez-vous/{one.id}/"))
    answer = post(secretary_client, one, "1")
    assert (offered, answer.status_code) == ((True, 303) if may else (False, 422))


@pytest.mark.parametrize("arrived", ["", "oui", "\x00"])
def test_what_says_neither_is_refused(secretary_client: Client, appointment: Appointment, arrived: str) -> None:
    assert post(secretary_client, appointment, arrived).status_code == 422


def test_an_older_page_notes_nothing(secretary_client: Client, appointment: Appointment) -> None:
    assert post(secretary_client, appointment, "1", version=0).status_code == 409
