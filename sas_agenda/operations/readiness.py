"""Is this instance ready? Each part is looked at by itself, so that the answer names what fails."""

import time
from collections.abc import Callable, Collection
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from sas_agenda.celery import app
from sas_agenda.operations import heartbeats
from sas_agenda.operations.enums import Part

_MIGRATIONS_SECONDS = 30.0
_up_to_date_until = 0.0


def look(parts: Collection[str]) -> dict[str, str]:
    """Part → "ok", or why not, in a few words without any address or secret."""
    return {name: _judged(PARTS[name]) for name in PARTS if name in parts}


def _judged(check: Callable[[], str]) -> str:
    try:
        return check() or "ok"
    except Exception as error:  # noqa: BLE001 - whatever breaks a part, the answer is that it is broken
        return f"unreachable ({type(error).__name__})"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _migrations() -> str:
    """Reading the migrations costs tens of milliseconds: a good answer is good for a while."""
    global _up_to_date_until  # noqa: PLW0603 - one memory per process
    if time.monotonic() < _up_to_date_until:
        return ""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        return "not applied: " + ", ".join(f"{migration.app_label}.{migration.name}" for migration, _ in missing)
    _up_to_date_until = time.monotonic() + _MIGRATIONS_SECONDS
    return ""


def _broker() -> str:
    patience = settings.CELERY_BROKER_TRANSPORT_OPTIONS | {"socket_timeout": 2}
    with app.connection_for_write(connect_timeout=1, transport_options=patience) as broker:
        # Redis's channels have a client; the memory transport of the tests has none to ask.
        client = getattr(broker.channel(), "client", None)
        if client is not None:
            client.ping()
    return ""


def _worker(part: Part) -> str:
    found = heartbeats.ages()
    if heartbeats.is_silent(found[part]):
        return _since(found[part]) + ("" if part in heartbeats.silent_parts(found) else " (beat is, too)")
    return ""


def _beat() -> str:
    age = heartbeats.ages()[Part.BEAT]
    return _since(age) if heartbeats.is_silent(age) else ""


def _since(age: timedelta | None) -> str:
    return "never seen" if age is None else f"silent for {age.total_seconds():.0f} s"


PARTS: dict[str, Callable[[], str]] = {
    "database": _database,
    "migrations": _migrations,
    "broker": _broker,
    "worker": partial(_worker, Part.WORKER),
    "worker_sas": partial(_worker, Part.WORKER_SAS),
    "beat": _beat,
}
