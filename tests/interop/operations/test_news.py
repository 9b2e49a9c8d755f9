"""What the people of an appointment read while the SAS does not answer."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Regulator
from appointments.booking.outward import OutwardNews, news_of
from appointments.models import Appointment
from interop.models import Delivery, SasCircuit
from tests import factories
from tests.interop.deliveries import booked, deliver
from tests.interop.sas_stub import SasStub

pytestmark = pytest.mark.django_db


def news(appointment: Appointment) -> OutwardNews:
    return news_of([appointment])[appointment.id]


@pytest.fixture
def suspended(sas: SasStub) -> None:
    now = timezone.now()
    SasCircuit.objects.create(
        server=f"{sas.url}", opened_at=now, probe_at=now + timedelta(minutes=5), last_failure_at=now
    )


@pytest.mark.parametrize("state", ["planned", "retrying"])
def test_what_waits_for_the_sas_says_so_and_does_not_ask_again(suspended: None, state: str) -> None:
    appointment = booked()
    Delivery.objects.update(state=state)

    told = news(appointment)

    assert (told.label, told.is_moving, told.is_known) == ("En attente du SAS", False, False)
    assert told.title == "SAS injoignable\u00a0: envoi dès son retour"


def test_what_is_settled_does_not_wait(sas: SasStub) -> None:
    appointment = booked()
    deliver(appointment)
    SasCircuit.objects.update(opened_at=timezone.now(), probe_at=timezone.now(), last_failure_at=timezone.now())

    assert news(appointment).is_known


def test_the_list_of_orientations_asks_for_news_until_all_is_settled(
    sas: SasStub, regulator: Regulator, regulator_client: Client
) -> None:
    appointment = booked(regulator)
    asks = f'hx-get="{reverse("my-referrals")}"'
    for state in ("planned", "retrying", "blocked"):
        Delivery.objects.update(state=state)
        assert asks in regulator_client.get(reverse("my-referrals")).content.decode()
    Delivery.objects.update(state="planned")
    deliver(appointment)
    assert asks not in regulator_client.get(reverse("my-referrals")).content.decode()


@pytest.mark.parametrize("state", ["retrying", "blocked"])
def test_the_confirmation_goes_on_asking_seldom_when_the_sas_did_not_take_it(
    regulator: Regulator, regulator_client: Client, state: str
) -> None:
    appointment = booked(regulator)
    Delivery.objects.update(state=state)
    page = regulator_client.get(reverse("appointment-confirmation", args=[appointment.pk])).content.decode()
    assert "load delay:20s" in page


def test_news_asked_without_a_session_leave_the_page_as_it_is(client: Client) -> None:
    address = reverse("appointment-confirmation", args=[uuid.UUID(int=1)])
    assert client.get(address, headers={"HX-Request": "true"}).status_code == 204
    assert client.get(address).status_code == 302


@pytest.mark.parametrize(
    ("state", "phrase"),
    [
        ("planned", "SAS\u00a0: en cours"),
        ("retrying", "SAS\u00a0: nouvel essai"),
        ("blocked", "Non transmis au SAS"),
        ("sent", "Transmis au SAS"),
    ],
)
def test_a_phrase_says_that_it_is_about_the_sas(sas: SasStub, state: str, phrase: str) -> None:
    appointment = booked()
    Delivery.objects.update(state=state, sent_at=timezone.now())
    assert news(appointment).phrase == phrase


def test_an_outage_keeps_its_capitals_on_a_phone(
    suspended: None, regulator: Regulator, regulator_client: Client
) -> None:
    booked(regulator)
    page = regulator_client.get(reverse("my-referrals")).content.decode()
    assert '<span class="table__sub col-narrow">En attente du SAS</span>' in page


def test_an_hour_that_is_past_is_not_promised(sas: SasStub, regulator: Regulator, regulator_client: Client) -> None:
    address = reverse("appointment-confirmation", args=[booked(regulator).pk])
    Delivery.objects.update(state="retrying", next_attempt_at=timezone.now() - timedelta(seconds=5))
    assert "D’un instant à l’autre" in regulator_client.get(address).content.decode()
    Delivery.objects.update(next_attempt_at=timezone.now() + timedelta(minutes=5))
    assert "D’un instant à l’autre" not in regulator_client.get(address).content.decode()


def test_all_in_one_query(suspended: None, django_assert_num_queries: Any) -> None:
    appointments = [booked() for _ in range(3)]
    with django_assert_num_queries(1):
        found = news_of(appointments)
    assert [one.label for one in found.values()] == ["En attente du SAS"] * 3


def test_of_nobody_nothing_is_asked(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert news_of([]) == {}


def test_what_the_sas_is_not_to_know_has_no_news() -> None:
    assert news_of([factories.appointment()]) == {}
