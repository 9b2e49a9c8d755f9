"""Through a PgBouncer that pools transactions, with DATABASE_POOLER=on: what needs more than one of them."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from bench import pooler
from bench.growth import fill
from deploy.local.data_folder import make_socket_folder
from deploy.local.layout import PYTHON, ROOT, base_environment

pytestmark = [
    pytest.mark.xdist_group("deploy"),
    pytest.mark.system,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not pooler.PGBOUNCER, reason=pooler.MISSING),
    pytest.mark.skipif("host=" not in os.environ["DATABASE_URL"], reason="SKIPPED: PostgreSQL is not on a unix socket"),
]
ROWS, RACES = 2000, 6


@pytest.fixture
def through_it(transactional_db: None) -> Iterator[str]:
    """The address of the test's own database, three connections behind it."""
    name = connection.settings_dict["NAME"]
    folder = make_socket_folder()
    direct = re.sub(r"(://[^/]*/)[^?]*", rf"\g<1>{name}", os.environ["DATABASE_URL"], count=1)
    server, url = pooler.make_pooler(folder, direct)
    try:
        server.start()
        server.wait_ready()
        yield url
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def test_four_operators_read_a_file_at_once_and_of_eight_who_want_a_slot_one_gets_it(through_it: str) -> None:
    """The reconciliation's, in several fetches: a cursor of the server would be left behind on another's connection."""
    fill(ROWS)
    assert len(pooler.files_read(through_it, DATABASE_POOLER="on").splitlines()) == ROWS
    assert pooler.race_through(through_it, RACES) == f"{RACES}, {RACES * (pooler.RACERS - 1)}, 0"


def test_the_limits_of_our_sessions_are_the_databases_own_there(through_it: str, settings: Any) -> None:
    """It takes none along; `check` tells which are missing until they are set, and the product is bound by them."""
    database = connection.ops.quote_name(connection.settings_dict["NAME"])
    missing = checked(through_it)
    assert "operations.E003" in missing
    assert all(name in missing for name in settings.DATABASE_LIMITS)
    with connection.cursor() as cursor:
        for name, limit in settings.DATABASE_LIMITS.items():
            cursor.execute(f"ALTER DATABASE {database} SET {name} = '{limit}'")
        # Sessions that are open keep what they began with.
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database() AND backend_type = 'client backend'"
        )
    assert "operations.E003" not in checked(through_it)


def checked(url: str) -> str:
    environment = base_environment() | {"DATABASE_URL": url, "DATABASE_POOLER": "on"}
    done = subprocess.run(
        [PYTHON, "manage.py", "check", "--database", "default"],
        env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr
