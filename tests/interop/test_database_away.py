"""The database lets one wait, takes no writes, or is not there: 503 and when to come back, and the rest goes on."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import close_old_connections, connection, connections
from django.test import Client

from accounts.models import Regulator
from accounts.services.regulators import _LOCK
from interop.models import InboundCall
from tests import factories
from tests.interop.practitioners import account, post, put
from tests.interop.test_slot_get import query

pytestmark = pytest.mark.django_db(transaction=True)
Faults = Callable[[dict[str, Any]], list[str]]
PATIENCE = 1.0  # seconds; the product's own is 5


def assert_come_back(answer: Any) -> None:
    assert answer.status_code == 503, answer.content
    assert int(answer["Retry-After"]) > 0
    [issue] = answer.json()["issue"]
    assert issue["code"] == "transient"


@pytest.fixture
def _impatient(settings: Any) -> Iterator[None]:
    """Every session of this process waits less."""
    database = settings.DATABASES["default"]["OPTIONS"]
    options = database["options"]
    connection.close()
    database["options"] = f"{options} -c lock_timeout={PATIENCE}s"
    yield
    connection.close()
    database["options"] = options


@contextmanager
def somebody_holds(statement: str, *values: object) -> Iterator[None]:
    """A session that took a lock in a transaction, and never ends it."""
    database = connection.settings_dict
    with psycopg.connect(
        dbname=database["NAME"], user=database["USER"], host=database["HOST"], port=database["PORT"] or None
    ) as other:
        other.execute(statement, values)
        yield
        other.rollback()


def asked_at_once(*calls: Callable[[], Any]) -> list[Any]:
    def ask(call: Callable[[], Any]) -> Any:
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(ask, calls))


def test_our_sessions_bring_their_limits_along(settings: Any) -> None:
    with connection.cursor() as cursor:
        for name, limit in settings.DATABASE_LIMITS.items():
            cursor.execute(
                "SELECT current_setting(%s)::interval = %s::interval AND %s::interval > '0'", [name, limit, limit]
            )
            assert cursor.fetchone() == (True,), name


@pytest.mark.usefixtures("_impatient")
def test_twenty_accounts_behind_a_lock_that_nobody_gives_back(platform: Client, profile_faults: Faults) -> None:
    """Each is told when to come back; nothing is half-written; a search beside them does not notice."""
    schedule = factories.schedule()
    factories.rule(schedule=schedule)
    with somebody_holds("SELECT pg_advisory_xact_lock(%s)", _LOCK):
        started = time.monotonic()
        *accounts, search = asked_at_once(
            *(lambda number=number: post(Client(), account(f"A/{number}")) for number in range(20)),
            lambda: (platform.get(f"/fhir/Slot?{query(schedule.practitioner)}"), time.monotonic() - started),
        )
        took = time.monotonic() - started
    for answer in accounts:
        assert_come_back(answer)
    assert profile_faults(accounts[0].json()) == []
    assert took < 10 * PATIENCE
    answer, searched = search
    assert answer.status_code == 200
    assert searched < took
    assert not Regulator.objects.exists()
    # The ledger says that they came.
    assert InboundCall.objects.filter(status_code=503, fault="transient").count() == 20


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize(
    "table", ["accounts_regulator", "accounts_user", "accounts_regulatoridentifier", "interop_inboundcall"]
)
def test_whatever_table_is_locked_an_account_is_written_whole_or_not_at_all(platform: Client, table: str) -> None:
    with somebody_holds(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"):
        answer = put(platform, account("A/1"), "A/1")
        told = answer.status_code
    if table == "interop_inboundcall":
        # The account is there: what could not be written is the ledger's line.
        assert (told, Regulator.objects.count()) == (201, 1)
    else:
        assert_come_back(answer)
        assert not Regulator.objects.exists()
    assert put(platform, account("A/1"), "A/1").status_code in {200, 201}


def test_a_replica_is_read_and_not_written(platform: Client) -> None:
    schedule = factories.schedule()
    factories.rule(schedule=schedule)
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        assert_come_back(post(platform, account("A/1")))
        assert_come_back(put(platform, account("A/1"), "A/1"))
        assert platform.get(f"/fhir/Slot?{query(schedule.practitioner)}").status_code == 200
        assert platform.get("/fhir/metadata").status_code == 200
    finally:
        connection.close()


def test_a_statement_that_takes_too_long_is_ended(platform: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def for_ever(*_: object, **__: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '200ms'")
            cursor.execute("SELECT pg_sleep(60)")

    monkeypatch.setattr("interop.views.published_slots", for_ever)
    practitioner = factories.practitioner()
    try:
        assert_come_back(platform.get(f"/fhir/Slot?{query(practitioner)}"))
    finally:
        connection.close()


def test_a_server_that_is_gone(platform: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    practitioner = factories.practitioner()
    connection.close()
    with monkeypatch.context() as patch:
        patch.setitem(connection.settings_dict, "HOST", str(tmp_path))
        assert_come_back(platform.get(f"/fhir/Slot?{query(practitioner)}"))
        assert_come_back(post(platform, account("A/1")))
        assert platform.get("/fhir/metadata").status_code == 200
        assert platform.get("/fhir/nothing").status_code == 404


def test_a_session_that_was_ended_between_two_statements(platform: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by an administrator, or a server that stops; the next request has a new one."""
    practitioner = factories.practitioner()

    def killed(*_: object, **__: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with monkeypatch.context() as patch:
        patch.setattr("interop.views.published_slots", killed)
        assert_come_back(platform.get(f"/fhir/Slot?{query(practitioner)}"))
    close_old_connections()  # as Django does before a request; its test client does not
    assert platform.get(f"/fhir/Slot?{query(practitioner)}").status_code == 200


def test_what_does_not_pass_by_itself_is_still_a_breakdown(platform: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM of_nothing")

    monkeypatch.setattr("interop.views.published_slots", broken)
    answer = platform.get(f"/fhir/Slot?{query(factories.practitioner())}")
    assert answer.status_code == 500
    assert "Retry-After" not in answer
