"""What PostgreSQL would write down of a patient, and what waits without end in it: found at the start, and refused."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from django.db import connection
from django.db.migrations import Migration
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization
from deploy.local import postgres as local
from deploy.local.checking import production_settings
from sas_agenda.operations import database
from sas_agenda.operations.checks import every_wait_is_bounded, the_database_tells_nobody
from sas_agenda.operations.database import QUIET, telling, unbounded
from sas_agenda.operations.management.commands.migrate import Command
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db


def set_to(name: str, value: str) -> None:
    """For this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


def shown(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return str(cursor.fetchone()[0])


def test_the_servers_of_a_machine_tell_nobody_and_let_nobody_wait_without_end() -> None:
    assert telling(connection) == []
    assert unbounded(connection) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("log_statement", "mod"),
        ("log_statement", "all"),
        ("log_parameter_max_length", "-1"),
        ("log_parameter_max_length_on_error", "64"),
        ("log_min_error_statement", "error"),
        ("log_error_verbosity", "default"),
        ("log_error_verbosity", "verbose"),
        ("auto_explain.log_min_duration", "100"),
    ],
)
def test_a_setting_by_which_the_log_names_patients_is_told(name: str, value: str, settings: Any) -> None:
    set_to(name, value)
    settings.LOCAL = False
    [found] = the_database_tells_nobody(databases=["default"])
    assert (found.id, found.is_serious()) == ("operations.E002", True)
    assert f"{name} = {value}" in found.msg
    settings.LOCAL = True
    assert not the_database_tells_nobody(databases=["default"])[0].is_serious()


@pytest.mark.parametrize("destination", ["csvlog", "stderr, jsonlog"])
def test_a_log_that_writes_details_whatever_the_verbosity_is_told(
    destination: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Set at the server's start only: as if it had been."""
    ask = database._settings
    monkeypatch.setattr(database, "_settings", lambda *args: ask(*args) | {"log_destination": destination})
    assert telling(connection) == [f"log_destination = {destination}"]


@pytest.mark.parametrize("name", database.LIMITS)
def test_a_wait_without_end_is_told_with_what_ends_it(name: str, settings: Any) -> None:
    set_to(name, "0")
    settings.LOCAL = False
    [found] = every_wait_is_bounded(databases=["default"])
    assert (found.id, found.is_serious()) == ("operations.E003", True)
    assert f"SET {name} = '{settings.DATABASE_LIMITS[name]}'" in str(found.hint)


def test_compose_the_local_server_and_the_guide_say_the_same() -> None:
    wanted = {f"{name}={allowed[0]}" for name, allowed in QUIET.items()}
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8"))
    assert wanted <= {part.removeprefix("-c") for part in compose["services"]["postgres"]["command"]}
    assert wanted == set(local._QUIET)
    guide = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    assert [one for one in wanted if one.replace("=", " = ") not in guide] == []


def test_the_guide_says_the_limits(settings: Any) -> None:
    guide = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    for name, limit in settings.DATABASE_LIMITS.items():
        assert f"SET {name} = '{limit}'" in guide


def test_values_travel_apart_from_the_statement() -> None:
    """What the server knows of it, and would write down: of a statement under way, too, or of a process that was killed."""
    mine = "SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid() AND %s <> ''"
    with connection.cursor() as cursor:
        cursor.execute(mine, ["Jasmin-Démo"])
        assert cursor.fetchone() == (mine.replace("%s", "$1"),)
    with CaptureQueriesContext(connection) as captured:
        assert not Organization.objects.filter(name="Jasmin-Démo").exists()
    assert captured


def test_a_migration_takes_its_time_but_nobody_waits_behind_it(settings: Any) -> None:
    """What is built beside the traffic waits for all who are at work, and keeps nobody waiting."""
    command = Command()
    command.verbosity, command._connection = 0, connection
    for atomic, for_a_lock in [(True, settings.DATABASE_LIMITS["lock_timeout"]), (False, "0")]:
        migration = Migration("0002_more", "operations")
        migration.atomic = atomic
        command.migration_progress_callback("apply_start", migration)
        assert (shown("statement_timeout"), shown("lock_timeout")) == ("0", for_a_lock)
    set_to("statement_timeout", settings.DATABASE_LIMITS["statement_timeout"])
    settings.DATABASE_POOLER = True
    command.migration_progress_callback("apply_start", migration)
    assert shown("statement_timeout") != "0", "a pooler's session is not ours"


PROCESSES = {
    "web": ["-m", "gunicorn", "-c", "deploy/gunicorn_settings.py"],
    "worker": ["-m", "celery", "-A", "sas_agenda", "worker"],
    "beat": ["-m", "celery", "-A", "sas_agenda", "beat", "--pidfile=", "--schedule={folder}/schedule"],
    "migrate": ["manage.py", "migrate"],
}
UNSAFE = {
    "-c log_error_verbosity=default": "operations.E002",
    "-c idle_in_transaction_session_timeout=0": "operations.E003",
}


@pytest.mark.slow
@pytest.mark.parametrize("process", PROCESSES)
def test_no_process_starts_on_a_database_that_is_unsafe(process: str, tmp_path: Path) -> None:
    address = os.environ["DATABASE_URL"]
    address += ("&" if "?" in address else "?") + "options=" + quote(" ".join(UNSAFE))
    local = {"DATABASE_URL": address, "REDIS_URL": f"redis+socket://{tmp_path}/nobody.sock"}
    certificate = tmp_path / "certificate.pem"
    certificate.write_text("-")
    kept = {name: value for name, value in os.environ.items() if not re.match("SAS_|DJANGO_", name)}
    done = subprocess.run(
        [sys.executable, *(part.format(folder=tmp_path) for part in PROCESSES[process])],
        env=kept | production_settings(local, certificate) | {"WEB_SOCKET": str(tmp_path / "web.sock")},
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert {cause for cause in UNSAFE.values() if cause in done.stdout + done.stderr} == set(UNSAFE.values())
