"""What is owed to the SAS, and that it is owed in the very transaction of the event."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import RegulatorIdentifier
from appointments.enums import EventKind
from interop.models import Delivery
from interop.waking import delivery_planned
from tests import factories
from tests.interop.deliveries import booked, cancelled, moved, only

pytestmark = pytest.mark.django_db

Capture = Callable[..., Any]


@pytest.fixture
def woken() -> Any:
    heard: list[uuid.UUID] = []

    def listen(sender: object, appointment_id: uuid.UUID, **_: object) -> None:
        heard.append(appointment_id)

    delivery_planned.connect(listen)
    yield heard
    delivery_planned.disconnect(listen)


def test_a_booking_of_the_practice_owes_nothing() -> None:
    factories.appointment()

    assert not Delivery.objects.exists()


def test_a_booking_of_a_regulator_owes_one_delivery() -> None:
    appointment = booked()

    delivery = only(appointment)
    identifier = appointment.by_regulator and appointment.by_regulator.current_identifier
    assert identifier
    assert (delivery.sequence, delivery.state, delivery.attempts) == (1, "planned", 0)
    assert (delivery.regulator_system, delivery.regulator_value) == (identifier.system, identifier.value)
    assert delivery.next_attempt_at <= timezone.now()


def test_every_later_change_owes_one_more_whoever_makes_it() -> None:
    appointment = booked()
    moved(appointment)
    cancelled(appointment)

    kinds = Delivery.objects.order_by("sequence").values_list("sequence", "event__kind")
    assert list(kinds) == [(1, EventKind.BOOKED), (2, EventKind.MOVED), (3, EventKind.CANCELLED)]


def test_a_rolled_back_event_owes_nothing() -> None:
    with transaction.atomic():
        booked()
        transaction.set_rollback(True)

    assert not Delivery.objects.exists()


def test_a_worker_is_woken_after_the_commit_and_once_per_event(
    woken: list[uuid.UUID], django_capture_on_commit_callbacks: Capture
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        appointment = booked()
        assert woken == []

    assert woken == [appointment.id]


@pytest.mark.django_db(transaction=True)
def test_a_wake_up_that_breaks_does_not_break_the_booking(caplog: pytest.LogCaptureFixture) -> None:
    def explode(sender: object, **_: object) -> None:
        raise RuntimeError("broken signal")

    delivery_planned.connect(explode)
    try:
        with transaction.atomic():
            booked()
    finally:
        delivery_planned.disconnect(explode)

    assert Delivery.objects.count() == 1
    assert "broken signal" in caplog.text


def test_an_account_without_identifier_keeps_the_one_of_the_booking() -> None:
    """Its identifier was taken over by another account since (it was withdrawn): later events still name the booker."""
    appointment = booked()
    first = only(appointment)
    other = factories.regulator()
    RegulatorIdentifier.objects.filter(regulator=other).delete()
    RegulatorIdentifier.objects.filter(value=first.regulator_value).update(regulator=other)
    appointment = type(appointment).objects.get(pk=appointment.pk)

    factories.event(appointment, EventKind.MOVED, factories.practice_actor())

    later = Delivery.objects.get(sequence=2)
    assert (later.regulator_system, later.regulator_value) == (first.regulator_system, first.regulator_value)
