"""A patient is planted in everything that makes PostgreSQL write, and its own log is read."""

import re
import subprocess
import sys

import pytest

from bench.fragile import empty_instance
from deploy.local.layout import base_environment
from deploy.local.processes import Supervisor
from tests.conftest import ROOT
from tests.launcher.patient_in_trouble import PATIENT

pytestmark = [pytest.mark.system, pytest.mark.slow]
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


def test_it_names_no_patient_whatever_goes_wrong(supervisor: Supervisor) -> None:
    """On a server of its own: when one of its processes is killed it ends all the others'."""
    with empty_instance(supervisor) as instance:
        for command in (
            ["migrate", "--no-input", "-v0"],
            ["shell", "-v0", "--no-imports", "-c", "import tests.launcher.patient_in_trouble as one; one.run()"],
        ):
            done = subprocess.run(
                [sys.executable, "manage.py", *command],
                env=base_environment() | instance.environment,
                cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr
        log = (instance.folder / "postgresql.log").read_text(encoding="utf-8")

    assert [one for one in HAPPENED if one not in log] == []
    told = re.compile("|".join(re.escape(one) for one in PATIENT.values()), re.IGNORECASE)
    assert [line for line in log.splitlines() if told.search(line)] == []
