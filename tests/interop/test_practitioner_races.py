"""Two calls at once for one regulator: real connections, real threads."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test import Client

from accounts.models import Regulator, RegulatorIdentifier, User
from interop.services import regulators as border
from tests.interop.practitioners import TECHNICAL, account, post, put

pytestmark = pytest.mark.django_db(transaction=True)

CALLERS = 8


def at_once(call: Callable[[int], Any]) -> list[int]:
    """Every caller starts at the same moment, on a connection of its own. Returns the statuses."""
    gate = threading.Barrier(CALLERS)

    def one(number: int) -> int:
        try:
            gate.wait(10)
            return int(call(number).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(one, range(CALLERS)))


def test_puts_for_one_unknown_identifier_make_one_account(platform: Client) -> None:
    resource = account("A/1", email="zoe@regulation.test")

    statuses = at_once(lambda _: put(Client(), resource, "A/1"))

    assert Counter(statuses) == {201: 1, 200: CALLERS - 1}
    assert Regulator.objects.count() == RegulatorIdentifier.objects.count() == User.objects.count() == 1


def test_posts_for_one_identifier_make_one_account(platform: Client) -> None:
    statuses = at_once(lambda number: post(Client(), account("A/1", email=f"zoe{number}@regulation.test")))

    assert Counter(statuses) == {201: 1, 409: CALLERS - 1}
    assert Regulator.objects.count() == 1


def test_posts_for_one_email_make_one_account(platform: Client) -> None:
    statuses = at_once(lambda number: post(Client(), account(f"A/{number}", email="zoe@regulation.test")))

    assert Counter(statuses) == {201: 1, 409: CALLERS - 1}
    assert User.objects.count() == Regulator.objects.count() == 1


def test_accounts_that_all_want_one_freed_identifier_leave_it_to_one(platform: Client) -> None:
    put(platform, account("A/1", active=False), "A/1")
    for number in range(CALLERS):
        post(platform, account(f"t{number}", TECHNICAL))

    statuses = at_once(lambda number: put(Client(), account("A/1"), f"t{number}", TECHNICAL))

    assert Counter(statuses) == {200: 1, 409: CALLERS - 1}
    assert RegulatorIdentifier.objects.filter(value="A/1").count() == 1


def test_a_constraint_faster_than_the_lock_is_tried_once_more(
    platform: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who does not take the lock (the administration) made the same user between our look and our insert."""
    real, calls = border.create_regulator, []

    def beaten_once(**arguments: Any) -> Regulator:
        calls.append(arguments)
        if len(calls) == 1:
            raise IntegrityError("user_email")
        return real(**arguments)

    monkeypatch.setattr(border, "create_regulator", beaten_once)

    assert post(platform, account("A/1")).status_code == 201
    assert len(calls) == 2


def test_and_then_given_up_with_a_409(platform: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def beaten(**_: Any) -> Regulator:
        raise IntegrityError("user_email")

    monkeypatch.setattr(border, "create_regulator", beaten)

    answer = post(platform, account("A/1"))

    assert answer.status_code == 409
    assert answer.json()["issue"][0]["code"] == "conflict"
