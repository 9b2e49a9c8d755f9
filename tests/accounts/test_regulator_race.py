"""Two requests at once about one regulator: real connections, one account."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from accounts.models import Regulator, RegulatorIdentifier, User
from accounts.services.regulators import (
    RegulatorConflict,
    RegulatorIdentity,
    change_regulator,
    create_regulator,
)
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 6


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """Results, in order; an exception of the domain is a result."""
    start = Barrier(CLIENTS)

    def run(number: int) -> Any:
        start.wait()
        try:
            return work(number)
        except RegulatorConflict as conflict:
            return conflict.field
        finally:
            connection.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(run, range(CLIENTS)))


def test_creating_one_identifier_at_once_makes_one_account() -> None:
    identity = factories.identity()
    results = at_once(lambda number: create_regulator(identity=replace(identity, email=f"r{number}@regulation.test")))
    assert sorted(isinstance(result, Regulator) for result in results) == [False] * (CLIENTS - 1) + [True]
    assert set(results) >= {"identifier"}
    assert (Regulator.objects.count(), RegulatorIdentifier.objects.count(), User.objects.count()) == (1, 1, 1)


def test_creating_one_email_at_once_makes_one_account() -> None:
    identities = [factories.identity(email="zoe@regulation.test") for _ in range(CLIENTS)]
    results = at_once(lambda number: create_regulator(identity=identities[number]))
    assert results.count("email") == CLIENTS - 1
    assert (Regulator.objects.count(), User.objects.count()) == (1, 1)


def test_putting_one_identifier_at_once_makes_one_account() -> None:
    identity = factories.identity()

    def put(number: int) -> bool:
        return change_regulator(system=identity.system, value=identity.value, identity=identity)[1]

    assert at_once(put).count(True) == 1
    assert (Regulator.objects.count(), User.objects.count()) == (1, 1)


def test_taking_over_one_identifier_at_once_gives_it_to_one() -> None:
    left = factories.identity()
    create_regulator(identity=left)
    change_regulator(system=left.system, value=left.value, identity=replace(left, active=False))
    heirs = [factories.identity() for _ in range(CLIENTS)]
    for heir in heirs:
        create_regulator(identity=heir)

    def take(number: int) -> Regulator:
        heir: RegulatorIdentity = heirs[number]
        return change_regulator(system=heir.system, value=heir.value, identity=replace(heir, value=left.value))[0]

    results = at_once(take)
    assert results.count("identifier") == CLIENTS - 1
    holder = RegulatorIdentifier.objects.get(value=left.value)
    assert holder.current
    assert holder.regulator in results
