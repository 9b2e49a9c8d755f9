"""A patient is planted in everything that makes PostgreSQL write, and its own log is read."""

import re
import subprocess
import sys

import pytest
from pytest_django import DjangoDbBlocker

from bench.fragile import empty_instance
from deploy.local.layout import base_environment
from deploy.local.postgres import reachable_binaries
from deploy.local.processes import Supervisor
from tests.conftest import ROOT
from tests.databases import copy_for_processes
from tests.launcher.patient_in_trouble import PATIENT

pytestmark = [pytest.mark.xdist_group("deploy"), pytest.mark.system, pytest.mark.slow]
# What the server is to have told, in its own words: else the planting went wrong.
HAPPENED = [
    "violates unique constraint",
    "violates exclusion constraint",
    "violates foreign key constraint",
    "violates check constraint",
    "violates not-null constraint",
    "value too long",
    "does not exist",
    "deadlock detected",
    "due to lock timeout",
    "due to statement timeout",
    "terminating connection due to administrator command",
    "terminated by signal 9",
]


def test_it_names_no_patient_whatever_goes_wrong(
    supervisor: Supervisor, django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """On a server of its own: when one of its processes is killed it ends all the others'."""
    with empty_instance(supervisor) as instance:
        with copy_for_processes(django_db_blocker) as migrated:
            copy(migrated, instance.environment["DATABASE_URL"])
        trouble = "import tests.launcher.patient_in_trouble as one; one.run()"
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v0", "--no-imports", "-c", trouble],
            env=base_environment() | instance.environment,
            cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        log = (instance.folder / "postgresql.log").read_text(encoding="utf-8")

    assert [one for one in HAPPENED if one not in log] == []
    told = re.compile("|".join(re.escape(one) for one in PATIENT.values()), re.IGNORECASE)
    assert [line for line in log.splitlines() if told.search(line)] == []


def copy(migrated: str, to: str) -> None:
    """The tables of one server on another, in less than migrating takes."""
    programs = reachable_binaries()
    dumped = subprocess.run([programs / "pg_dump", "--no-owner", "-d", migrated], stdout=subprocess.PIPE, check=True)
    psql = [programs / "psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-d", to]
    subprocess.run(psql, input=dumped.stdout, stdout=subprocess.DEVNULL, check=True)
