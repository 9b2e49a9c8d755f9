"""The short version of the fault suite (docs/reliability.md): everything between us and the SAS breaks, nothing is lost."""

import os
import subprocess
import sys

import pytest
from pytest_django import DjangoDbBlocker

from tests.conftest import ROOT
from tests.databases import copy_for_processes

pytestmark = [pytest.mark.xdist_group("deploy"), pytest.mark.system, pytest.mark.slow]
APPOINTMENTS = 40


def test_a_hostile_sas_and_dying_processes_lose_nothing(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """Its own database and Valkey, two workers and beat, which are killed, emptied or put out of time."""
    environment = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL"}}
    with copy_for_processes(django_db_blocker) as address:
        run = subprocess.run(
            [sys.executable, "-m", "bench.reliability", f"--appointments={APPOINTMENTS}", "--seed=7", f"--database={address}"],
            cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    table = {name: value.strip() for name, _, value in (row.partition("  ") for row in run.stdout.splitlines())}
    assert table["appointments booked"] == str(APPOINTMENTS)
    # The promises were put to the test: every kind of breakage came around.
    assert sum(name.startswith("fault: ") for name in table) == 12
    assert any(name.endswith("with an OperationOutcome") for name in table)
    for promise in (
        "appointments lost",
        "created twice at the SAS",
        "deliveries blocked",
        "histories out of order",
        "last states wrong",
    ):
        assert table[promise] == "0"
