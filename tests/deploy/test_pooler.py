"""Through a PgBouncer that pools transactions, with DATABASE_POOLER=on: what needs more than one of them."""

import os
import re
import shutil
from collections.abc import Iterator

import pytest
from django.db import connection

from bench import pooler
from bench.growth import fill
from deploy.local.data_folder import make_socket_folder

pytestmark = [
    pytest.mark.system,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not pooler.PGBOUNCER, reason=pooler.MISSING),
    pytest.mark.skipif("host=" not in os.environ["DATABASE_URL"], reason="SKIPPED: PostgreSQL is not on a unix socket"),
]
ROWS = 2000


@pytest.fixture
def through_it(transactional_db: None) -> Iterator[str]:
    """The address of the test's own database, three connections behind it."""
    fill(ROWS)
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


def test_four_operators_read_the_reconciliations_file_at_once(through_it: str) -> None:
    """Each in several fetches: a cursor of the server would be left behind on another's connection."""
    assert len(pooler.files_read(through_it, DATABASE_POOLER="on").splitlines()) == ROWS


def test_of_eight_who_want_a_slot_one_gets_it(through_it: str) -> None:
    races = 12
    assert pooler.race_through(through_it, races) == f"{races}, {races * (pooler.RACERS - 1)}, 0"
