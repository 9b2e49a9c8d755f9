"""What the people of an appointment read while the SAS does not answer."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from interop.models import Delivery, SasCircuit
from interop.templatetags.sas import sas_deliveries, sas_delivery
from tests.interop.deliveries import booked, deliver
from tests.interop.sas_stub import SasStub

pytestmark = pytest.mark.django_db


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

    news = sas_delivery(appointment)

    assert news is not None
    assert (news.label, news.is_waiting, news.is_moving, news.is_retrying) == ("En attente du SAS", True, False, False)


def test_what_is_settled_does_not_wait(sas: SasStub) -> None:
    appointment = booked()
    deliver(appointment)
    SasCircuit.objects.update(opened_at=timezone.now(), probe_at=timezone.now(), last_failure_at=timezone.now())

    news = sas_delivery(appointment)

    assert news is not None
    assert news.is_sent


def test_all_in_one_query(suspended: None, django_assert_num_queries: Any) -> None:
    appointments = [booked() for _ in range(3)]
    with django_assert_num_queries(1):
        found = sas_deliveries(appointments)
    assert all(one.is_waiting for one in found.values())
