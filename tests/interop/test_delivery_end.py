"""When a delivery is given up, and sent again."""

import threading
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import RegulatorIdentifier
from appointments.models import Appointment, AppointmentEvent
from interop import tasks
from interop.models import Delivery, SasCircuit
from interop.services.circuit import FAILURES_TO_OPEN
from interop.services.deliveries import (
    FIRST_DELAY,
    GIVE_UP_AFTER,
    LEASE,
    claim_next,
    send_again,
)
from tests.interop.deliveries import at, booked, deliver, moved, only, states
from tests.interop.sas_stub import Reply, SasStub, outcome

pytestmark = pytest.mark.django_db

LATER = timedelta(hours=1)


def test_after_three_days_of_failures_it_blocks(sas: SasStub) -> None:
    sas.reply(Reply(500), Reply(500), Reply(500, outcome("Toujours en panne")))
    appointment, now = booked(), timezone.now()
    deliver(appointment, now=now)
    deliver(appointment, now=now + GIVE_UP_AFTER - LATER)
    assert states(appointment) == ["retrying"]

    deliver(appointment, now=now + GIVE_UP_AFTER + LATER)

    delivery = only(appointment)
    assert delivery.state == "blocked"
    assert delivery.cause.startswith("Abandonné après 3 jours d’essais. HTTP 500 – ")


@pytest.mark.parametrize("last", [Reply(500), Reply(429)], ids=["unclear", "failed"])
def test_the_last_try_comes_when_the_three_days_end(sas: SasStub, last: Reply) -> None:
    """Not up to half an hour, or six, after."""
    sas.reply(Reply(500), Reply(503, headers={"Retry-After": "20000"}), last)
    appointment, now = booked(), timezone.now()
    deliver(appointment, now=now)
    deliver(appointment, now=now + GIVE_UP_AFTER - LATER)
    assert only(appointment).next_attempt_at == now + GIVE_UP_AFTER

    deliver(appointment, now=now + GIVE_UP_AFTER)

    assert states(appointment) == ["blocked"]


@pytest.mark.parametrize("reply", [Reply(401, outcome("Certificat expiré")), Reply(503)], ids=["barred", "down"])
def test_what_fails_for_all_is_never_given_up(sas: SasStub, reply: Reply) -> None:
    """A certificate that expires before a long week-end; or a SAS that is down as long. What waited goes by itself."""
    sas.reply(*(reply for _ in range(10_000)))
    waiting, now = [booked() for _ in range(FAILURES_TO_OPEN + 1)], timezone.now()
    for appointment in waiting:
        deliver(appointment, now=now)
    for _ in range(3):
        now += timedelta(hours=30)
        for appointment in waiting:
            SasCircuit.objects.update(probe_at=now)
            deliver(appointment, now=now)
    assert now > timezone.now() + GIVE_UP_AFTER
    assert len(sas.asked) > 3 * len(waiting)
    assert {state for appointment in waiting for state in states(appointment)} == {"retrying"}

    sas.replies.clear()
    now += LATER
    for appointment in waiting:
        SasCircuit.objects.filter(opened_at__isnull=False).update(probe_at=now)
        deliver(appointment, now=now)
    assert {state for appointment in waiting for state in states(appointment)} == {"sent"}


def test_one_that_fails_while_others_go_through_is_given_up(sas: SasStub) -> None:
    """Then it is of this one that the SAS speaks, whatever its words."""
    barred = Reply(403, outcome("Non"))
    appointment, now = booked(), timezone.now()
    for days in range(4):
        sas.reply(barred)
        deliver(appointment, now=now + timedelta(days=days))
        deliver(booked(), now=now + timedelta(days=days))

    assert states(appointment) == ["blocked"]
    assert only(appointment).cause.startswith("Abandonné après 3 jours d’essais. HTTP 403")


def test_three_days_of_attempts_not_of_waiting(sas: SasStub) -> None:
    """Never tried through a long outage, its first failure is its first."""
    sas.reply(Reply(500))
    appointment, now = booked(), timezone.now()

    deliver(appointment, now=now + timedelta(days=5))

    assert states(appointment) == ["retrying"]
    assert only(appointment).give_up_at == now + timedelta(days=5) + GIVE_UP_AFTER


def test_one_whose_workers_always_die_is_given_up_too(sas: SasStub) -> None:
    """And less and less often tried until then."""
    appointment, began = booked(), timezone.now()
    now, tried = began, list[datetime]()
    while (claim := claim_next(appointment_id=appointment.id, now=now)) is not None or states(appointment) != [
        "blocked"
    ]:
        if claim:
            tried.append(now)
            now += LEASE
        else:
            now = max(now + timedelta(minutes=1), only(appointment).next_attempt_at)
        if len(tried) == 20:
            # As often from here on.
            now = max(now, began + GIVE_UP_AFTER - LATER)

    assert GIVE_UP_AFTER <= now - began <= GIVE_UP_AFTER + LATER
    assert tried[4] - tried[0] <= timedelta(minutes=5)
    assert all(later - one >= timedelta(minutes=15) for one, later in pairwise(tried[10:19]))
    assert only(appointment).cause.startswith("Abandonné après 3 jours d’essais. L’envoi a été interrompu")


def test_what_cannot_be_described_blocks_and_lets_the_next_one_go(sas: SasStub) -> None:
    """An account that lost its only identifier while its booking was under way."""
    appointment, fine = booked(), booked()
    moved(appointment)
    RegulatorIdentifier.objects.filter(regulator=appointment.by_regulator).update(current=False)
    Delivery.objects.filter(appointment=appointment).update(regulator_system="", regulator_value="")

    deliver(appointment)
    assert states(appointment) == ["blocked", "planned"]
    assert at(1, appointment).cause.startswith("Ce rendez-vous ne peut pas être décrit au SAS")
    deliver(appointment)
    deliver(fine)

    assert states(appointment) == ["blocked", "blocked"]
    assert states(fine) == ["sent"]
    assert len(sas.asked) == 1


@pytest.mark.parametrize("wrong", [{"start": None}, {"start": "soon"}, {"status": "unheard of"}, None], ids=str)
def test_whatever_is_wrong_with_its_event_it_blocks(sas: SasStub, wrong: dict[str, Any] | None) -> None:
    appointment = booked()
    event = only(appointment).event
    with connection.cursor() as cursor:
        # Events can't be changed: this one came out of a fault of ours, long ago.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE appointments_appointmentevent DISABLE TRIGGER USER")
        broken = {} if wrong is None else event.snapshot | wrong
        AppointmentEvent.objects.filter(pk=event.pk).update(snapshot=broken)

    deliver(appointment)

    assert states(appointment) == ["blocked"]
    assert sas.asked == []


def test_send_again_is_a_new_start(
    sas: SasStub, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Due at once, a worker woken for it, and with short waits again."""
    woken: list[Any] = []
    monkeypatch.setattr(tasks, "wake_up", lambda task, *arguments: woken.append(arguments))
    sas.reply(Reply(422), Reply(500))
    appointment = booked()
    deliver(appointment)
    Delivery.objects.update(attempts=20, next_attempt_at=timezone.now() + LATER)
    woken.clear()

    now = timezone.now()
    with django_capture_on_commit_callbacks(execute=True):
        send_again(delivery_ids=[only(appointment).pk], now=now)
    assert woken == [(str(appointment.id),)]
    assert only(appointment).next_attempt_at == now
    deliver(appointment, now=now)

    assert only(appointment).next_attempt_at <= now + FIRST_DELAY + timedelta(seconds=2)


@pytest.mark.django_db(transaction=True)
def test_send_again_waits_for_no_change_of_the_appointments(sas: SasStub) -> None:
    sas.reply(Reply(422))
    appointment = booked()
    deliver(appointment)
    done: list[int] = []

    def again() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '1s'")
            done.append(send_again(delivery_ids=[only(appointment).pk], now=timezone.now()))
        finally:
            connection.close()

    with transaction.atomic():
        list(Appointment.objects.select_for_update())
        thread = threading.Thread(target=again)
        thread.start()
        thread.join(10)

    assert done == [1]


def test_send_again_gives_a_blocked_one_another_three_days(sas: SasStub) -> None:
    sas.reply(Reply(422), Reply(500))
    appointment, now = booked(), timezone.now()
    deliver(appointment, now=now)
    later = now + timedelta(days=5)

    assert send_again(delivery_ids=[only(appointment).pk], now=later) == 1
    deliver(appointment, now=later)
    assert states(appointment) == ["retrying"]
    deliver(appointment, now=later + LATER)

    # The refusal was clear, the server error was not.
    assert sas.methods == ["POST", "POST", "PUT"]
    assert states(appointment) == ["sent"]


def test_send_again_leaves_alone_what_is_not_blocked(sas: SasStub) -> None:
    appointment = booked()
    deliver(appointment)
    moved(appointment)
    ids = [at(1, appointment).pk, at(2, appointment).pk]

    assert send_again(delivery_ids=ids, now=timezone.now()) == 0
    assert states(appointment) == ["sent", "planned"]
