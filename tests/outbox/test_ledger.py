"""The ledger, on the rows that stand on it: one worker at a time, by one clock, and none forgotten."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from appointments.enums import MessageState
from appointments.models import PatientMessage
from interop.enums import DeliveryState
from interop.models import Delivery
from outbox import ledger
from outbox.ledger import database_clock, retry_delay
from outbox.models import OutboxRow
from tests import factories
from tests.interop.deliveries import booked, only

WORKERS = 8
LEASE = timedelta(minutes=1)
INSTANT = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Table:
    """A table of rows to send, and what its domain writes beside."""

    model: type[OutboxRow]
    states: list[str]
    when_claimed: dict[str, Any] = field(default_factory=dict)
    when_failed: dict[str, Any] = field(default_factory=dict)

    def planned(self) -> OutboxRow:
        if self.model is Delivery:
            return only(booked())
        patient = factories.patient(email="kumquat@exemple.test")
        return factories.appointment(patient=patient).events.get().messages.get()  # type: ignore[no-any-return]

    def claim(self, row: OutboxRow, now: datetime) -> bool:
        claimed = ledger.claim(self.model, row.pk, now=now, lease=LEASE, **self.when_claimed)
        row.refresh_from_db()
        return claimed

    def claims_at_once(self, row: OutboxRow, now: datetime) -> list[bool]:
        """Of many workers, each on its own connection."""
        gate = threading.Barrier(WORKERS)

        def work(_: int) -> bool:
            try:
                gate.wait(10)
                return ledger.claim(self.model, row.pk, now=now, lease=LEASE, **self.when_claimed)
            finally:
                connection.close()

        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(work, range(WORKERS)))

    def due(self, now: datetime) -> list[OutboxRow]:
        return list(self.model.objects.due(now))


DELIVERIES = Table(Delivery, DeliveryState.values, {"state": "claimed"}, {"state": "retrying"})
# What somebody tells is no row to send.
MESSAGES = Table(PatientMessage, [one for one in MessageState.values if one not in {"to call", "told"}])


@pytest.fixture(params=[DELIVERIES, MESSAGES], ids=["deliveries", "messages"])
def table(request: pytest.FixtureRequest, db: None) -> Table:
    return request.param  # type: ignore[no-any-return]


@pytest.mark.django_db(transaction=True)
def test_of_many_claims_at_once_one_wins(table: Table) -> None:
    row, now = table.planned(), database_clock()

    assert table.claims_at_once(row, now).count(True) == 1

    row.refresh_from_db()
    assert (row.attempts, row.lease_until) == (1, now + LEASE)


@pytest.mark.django_db(transaction=True)
def test_of_many_that_take_over_from_a_dead_worker_one_wins(table: Table) -> None:
    row, now = table.planned(), database_clock()
    assert table.claim(row, now)

    assert table.claims_at_once(row, now + LEASE).count(True) == 1


@pytest.mark.parametrize("away", [HOUR, -HOUR], ids=["ahead", "behind"])
def test_a_lease_is_judged_by_the_clock_of_the_database(table: Table, away: timedelta) -> None:
    row = table.planned()
    with time_machine.travel(timezone.now() + away, tick=True):
        assert table.claim(row, database_clock())
    assert row.lease_until is not None
    assert timedelta(0) < row.lease_until - database_clock() < LEASE

    with time_machine.travel(timezone.now() + away, tick=True):
        assert not table.claim(row, database_clock())
        assert table.due(database_clock()) == []


def test_what_a_dead_worker_held_is_found_when_its_lease_ends(table: Table) -> None:
    row, now = table.planned(), database_clock()
    assert table.claim(row, now)
    ends = now + LEASE

    assert table.due(ends - INSTANT) == list(table.model.objects.forsaken(ends - INSTANT)) == []
    assert not table.claim(row, ends - INSTANT)

    assert table.due(ends) == list(table.model.objects.forsaken(ends)) == [row]
    assert table.claim(row, ends)
    assert (row.attempts, row.lease_until) == (2, ends + LEASE)


def test_who_lost_the_lease_changes_nothing(table: Table) -> None:
    slow, now = table.planned(), database_clock()
    assert table.claim(slow, now)
    taken = table.model.objects.get(pk=slow.pk)
    assert table.claim(taken, now + LEASE)

    assert not ledger.settle(slow, state="sent", cause="")
    assert not ledger.try_again(slow, at=now, cause="trop tard", **table.when_failed)
    assert not ledger.give_back(slow, now=now, cause="trop tard", **table.when_failed)

    slow.refresh_from_db()
    assert (slow.state, slow.lease_until, slow.attempts, slow.cause) == (taken.state, now + 2 * LEASE, 2, "")


def test_who_never_claimed_changes_nothing(table: Table) -> None:
    row, now = table.planned(), database_clock()

    assert not ledger.settle(row, state="sent")
    assert not ledger.give_back(row, now=now, cause="", **table.when_failed)

    assert table.due(now + HOUR) == [row]


def test_a_late_worker_still_settles_what_nobody_took(table: Table) -> None:
    row, now = table.planned(), database_clock()
    assert table.claim(row, now)
    assert table.due(now + 2 * LEASE) == [row]

    assert ledger.settle(row, state="sent")

    assert table.due(now + 2 * LEASE) == []


def test_what_is_settled_is_settled_once(table: Table) -> None:
    row, now = table.planned(), database_clock()
    assert table.claim(row, now)

    assert ledger.settle(row, state="sent")
    assert not ledger.settle(row, state="sent")
    assert not table.claim(row, now + HOUR)


def test_what_failed_is_due_at_its_time(table: Table) -> None:
    row, now = table.planned(), database_clock()
    assert table.claim(row, now)

    assert ledger.try_again(row, at=now + HOUR, cause="en panne", **table.when_failed)

    assert not table.claim(row, now + HOUR - INSTANT)
    assert table.claim(row, now + HOUR)
    assert (row.attempts, row.cause) == (2, "en panne")


def test_what_is_given_back_is_due_at_once_and_was_no_attempt(table: Table) -> None:
    row, now = table.planned(), database_clock()
    assert table.claim(row, now)

    assert ledger.give_back(row, now=now, cause="retenu", **table.when_failed)

    row.refresh_from_db()
    assert (row.attempts, row.lease_until) == (0, None)
    assert table.claim(row, now)


def test_a_delivery_is_due_whatever_the_clock_of_the_machine_that_planned_it_and_a_message_waits() -> None:
    """Nobody plans a delivery for later; a message may have to wait."""
    now = timezone.now()
    delivery = Delivery(state="planned", next_attempt_at=now + HOUR)
    message = PatientMessage(state="planned", next_attempt_at=now + HOUR)

    assert (delivery.is_due(now), message.is_due(now)) == (True, False)


def test_a_row_at_hand_and_the_table_agree_on_what_is_due(table: Table) -> None:
    row, now = table.planned(), database_clock()
    moments = [now - HOUR, now, now + INSTANT]
    found: set[bool] = set()
    for state, at, lease in itertools.product(table.states, moments, [None, *moments]):
        if table.model is Delivery and (state == DeliveryState.CLAIMED) != (lease is not None):
            continue  # the table takes no such row
        table.model.objects.update(state=state, next_attempt_at=at, lease_until=lease)
        row.refresh_from_db()
        assert row.is_due(now) == bool(table.due(now)), (state, at, lease)
        found.add(row.is_due(now))
    assert found == {True, False}


@given(st.integers(1, 10_000))
def test_waits_double_up_to_the_longest_minus_a_quarter_at_most(attempts: int) -> None:
    first, longest = timedelta(seconds=5), timedelta(minutes=30)
    full = min(first * 2 ** min(attempts - 1, 30), longest)

    assert full * 0.75 <= retry_delay(attempts, first=first, longest=longest) <= full


def test_what_failed_together_does_not_come_back_together() -> None:
    assert len({retry_delay(3, first=timedelta(seconds=5), longest=HOUR) for _ in range(10)}) > 1
