"""Databases of the tests: one is migrated for a whole run, all others are copies of it, made in no time."""

import os
import re
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psycopg
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker

# Of this run: what xdist tells all its workers.
_MIGRATED = f"migrated_{os.environ.get('PYTEST_XDIST_TESTRUNUID', secrets.token_hex(8))}"
_LOCK = 0x6D6967


def migrated_database(server: psycopg.Connection[tuple[str]]) -> str:
    """The name of the database to copy (`CREATE DATABASE … TEMPLATE …`): the first worker that asks makes it, others wait.

    Nobody ever connects to it again: it could not be copied meanwhile. Those of former runs go."""
    server.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
    try:
        there = {name for (name,) in server.execute("SELECT datname FROM pg_database WHERE datname LIKE 'migrated_%'")}
        if _MIGRATED not in there:
            for old in there:
                server.execute(f"DROP DATABASE IF EXISTS {old}")  # type: ignore[arg-type]
            _migrate(_MIGRATED + "_draft")
            server.execute(f"ALTER DATABASE {_MIGRATED}_draft RENAME TO {_MIGRATED}")  # type: ignore[arg-type]
    finally:
        server.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    return _MIGRATED


@contextmanager
def copied_database(name: str) -> Iterator[None]:
    """Django's connection leads to a migrated, empty database of that name, which goes at the end."""
    with on_the_server() as server:
        server.execute(f"DROP DATABASE IF EXISTS {name}")  # type: ignore[arg-type]
        server.execute(f"CREATE DATABASE {name} TEMPLATE {migrated_database(server)}")  # type: ignore[arg-type]
    with connected_to(name):
        yield
    with on_the_server() as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


@contextmanager
def connected_to(name: str) -> Iterator[None]:
    """Django's connection leads to this database meanwhile."""
    before = connection.settings_dict["NAME"]
    _lead_to(name)
    try:
        yield
    finally:
        _lead_to(before)


@contextmanager
def copy_for_processes(blocker: DjangoDbBlocker) -> Iterator[str]:
    """The address of a migrated, empty database for processes of their own; it goes at the end."""
    name = f"processes_{secrets.token_hex(4)}"
    with on_the_server() as server:
        # Playwright's loop may run in this thread, and Django asks no database beside one.
        with blocker.unblock(), ThreadPoolExecutor(1) as beside:
            migrated = beside.submit(migrated_database, server).result()
        server.execute(f"CREATE DATABASE {name} TEMPLATE {migrated}")  # type: ignore[arg-type]
    yield address_of(name)
    with on_the_server() as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


def address_of(name: str) -> str:
    """Of another database of this server."""
    return re.sub(r"(://[^/]*/)[^?]*", rf"\g<1>{name}", os.environ["DATABASE_URL"], count=1)


def on_the_server() -> psycopg.Connection[tuple[str]]:
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


def _migrate(name: str) -> None:
    before = connection.settings_dict["NAME"]
    test = connection.settings_dict["TEST"]
    own, test["NAME"] = test["NAME"], name
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        test["NAME"] = own
        _lead_to(before)


def _lead_to(name: str) -> None:
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
