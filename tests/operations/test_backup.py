"""A backup restored into an empty instance brings everything back, and what the database guards, it still guards."""

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import global_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from accounts.rights import Actor
from appointments.models import Appointment
from sas_agenda.operations.postgres import BackupError, backup, restore
from tests import factories
from tests.conftest import ROOT
from tests.databases import address_of, connected_to
from tests.interop.sas_stub import SasStub

pytestmark = pytest.mark.django_db(transaction=True)
Manage = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def stored() -> Appointment:
    """An instance with a bit of everything: accounts, an agenda, a patient, events, a delivery."""
    regulator = factories.regulator()
    schedule = factories.schedule()
    factories.rule(schedule=schedule, reasons=[factories.reason(schedule)])
    factories.absence(practitioner=schedule.practitioner)
    patient = factories.patient(family_name="Œillet-Démo")
    note = "« guillemets », l’apostrophe,\ttabulation\net ligne"
    return factories.appointment(
        schedule_=schedule, by=Actor(user=regulator.user, regulator=regulator), patient=patient, note=note
    )


@pytest.fixture
def empty() -> Iterator[str]:
    """The name of a new database on the same server."""
    name = f"restored_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(**_parameters("postgres"), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        yield name
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


@pytest.fixture
def operator(empty: str) -> Manage:
    """manage.py on that database, as an operator runs it."""

    def manage(*arguments: Any, **variables: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, ROOT / "manage.py", *map(str, arguments)],
            env=os.environ | {"DATABASE_URL": address_of(empty)} | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    return manage


@pytest.fixture
def elsewhere(empty: str) -> Manage:
    """The same in this process, which has started already."""

    def manage(*arguments: Any) -> "subprocess.CompletedProcess[str]":
        said, complained, code = StringIO(), StringIO(), 0
        with connected_to(empty):
            try:
                call_command(*map(str, arguments), stdout=said, stderr=complained)
            except CommandError as error:
                code = error.returncode
                complained.write(str(error))
        return subprocess.CompletedProcess(arguments, code, said.getvalue(), complained.getvalue())

    return manage


def test_everything_comes_back(
    stored: Appointment, empty: str, operator: Manage, elsewhere: Manage, tmp_path: Path
) -> None:
    file = tmp_path / "agenda.backup"
    backup(file)
    done = operator("restore", file)
    assert done.returncode == 0, done.stderr
    assert "appointments_appointment" in done.stdout
    assert _content(empty) == _content(connection.settings_dict["NAME"])
    # The software finds itself at home, and nothing to migrate.
    assert elsewhere("migrate", "--check").returncode == 0
    with psycopg.connect(**_parameters(empty)) as restored:
        with pytest.raises(psycopg.errors.ExclusionViolation):
            _insert_again(restored)
        restored.rollback()
        with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
            restored.execute("DELETE FROM appointments_appointmentevent")


@pytest.fixture
def sas() -> Iterator[SasStub]:
    stub = SasStub()
    yield stub
    stub.stop()


@pytest.mark.parametrize(
    ("found", "restored"),
    [
        ("CREATE EXTENSION btree_gist", True),  # a managed PostgreSQL where only its operator may
        ("CREATE SCHEMA monitoring CREATE TABLE seen (word text)", True),
        ("CREATE VIEW appointments_appointment AS SELECT 1", False),
        ("CREATE SEQUENCE accounts_user_id_seq", False),
    ],
)
def test_what_is_there_without_being_a_table(
    stored: Appointment, empty: str, elsewhere: Manage, tmp_path: Path, found: str, restored: bool
) -> None:
    file = tmp_path / "agenda.backup"
    backup(file)
    with psycopg.connect(**_parameters(empty), autocommit=True) as other:
        other.execute(found)  # type: ignore[arg-type]
    done = elsewhere("restore", file)
    assert (done.returncode == 0) == restored, done.stderr
    if not restored:
        assert "la base est comme avant" in done.stderr
        with psycopg.connect(**_parameters(empty)) as other:
            assert other.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)


WORKING = """
from django.test import Client
from accounts.models import User
from interop.models import Delivery
from interop.tasks import sweep_deliveries
from appointments.models import AppointmentEvent
from appointments.messages.tasks import sweep_messages
from sas_agenda.operations import tasks
from tests import factories
from tests.interop.deliveries import booked

factories.rng.seed()
client = Client(HTTP_HOST="127.0.0.1")
answer = client.post("/connexion/", {"username": "praticien@exemple.test", "password": factories.PASSWORD})
assert answer.status_code == 303, answer
assert client.get("/agenda/", follow=True).status_code == 200
booked()
sweep_deliveries()
sweep_messages()
tasks.heartbeat()
tasks.watch()
tasks.retain()
print(sorted(Delivery.objects.values_list("state", "attempts")))
"""


def test_what_comes_back_works(
    stored: Appointment, elsewhere: Manage, operator: Manage, sas: SasStub, tmp_path: Path, settings: Any
) -> None:
    """Sign in, look at the agenda, book, deliver what waited and what is new: with the sequences where they were."""
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    stored.practitioner.user = factories.user(email="praticien@exemple.test")
    stored.practitioner.save()
    file = tmp_path / "agenda.backup"
    backup(file)
    assert elsewhere("restore", file).returncode == 0

    done = operator("shell", "--no-imports", "-c", WORKING, SAS_FHIR_URL=sas.url, SAS_AGENDA_MODE="local")

    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("[('sent', 1), ('sent', 1)]\n")
    assert sas.methods == ["POST", "POST"]


def test_a_backup_of_a_newer_version_is_refused(stored: Appointment, elsewhere: Manage, tmp_path: Path) -> None:
    """Django passes over what it does not know: an old version would go to work on a new one's tables."""
    file = tmp_path / "agenda.backup"
    MigrationRecorder.Migration.objects.create(app="interop", name="0999_of_next_year")
    backup(file)
    MigrationRecorder.Migration.objects.filter(name="0999_of_next_year").delete()
    MigrationRecorder.Migration.objects.create(app="removed_application", name="0001_initial")
    older = tmp_path / "older.backup"
    backup(older)
    MigrationRecorder.Migration.objects.filter(app="removed_application").delete()

    done = elsewhere("restore", file)
    assert done.returncode == 1
    assert "version plus récente" in done.stderr
    assert "interop.0999_of_next_year" in done.stderr
    assert elsewhere("restore", older).returncode == 0


def test_a_backup_of_something_else_is_refused(empty: str, elsewhere: Manage, tmp_path: Path) -> None:
    with psycopg.connect(**_parameters(empty), autocommit=True) as other:
        other.execute("CREATE TABLE precious (word text)")
    file = tmp_path / "other.backup"
    assert elsewhere("backup", file).returncode == 0
    done = elsewhere("restore", "--force", file)
    assert done.returncode == 1
    assert "n’est pas une sauvegarde de SAS Agenda" in done.stderr
    with psycopg.connect(**_parameters(empty)) as other:
        assert other.execute("SELECT count(*) FROM precious").fetchone() == (0,)


def test_a_file_that_is_no_backup_changes_nothing(elsewhere: Manage, tmp_path: Path) -> None:
    file = tmp_path / "agenda.backup"
    file.write_bytes(b"not a backup at all\n" * 100)
    done = elsewhere("restore", file)
    assert done.returncode == 1
    assert "la base est comme avant" in done.stderr


@pytest.mark.parametrize("options", [[], ["--force"]])
def test_nothing_is_restored_under_a_process_at_work(
    stored: Appointment, elsewhere: Manage, empty: str, tmp_path: Path, options: list[str]
) -> None:
    """A worker holding a row would make it wait for ever, and then write into the other database."""
    file = tmp_path / "agenda.backup"
    backup(file)
    with psycopg.connect(**_parameters(empty), application_name="celery", autocommit=True) as other:
        if options:
            other.execute("CREATE TABLE accounts_user (id int)")
        done = elsewhere("restore", file, *options)
    assert done.returncode == 1
    assert "D’autres sessions travaillent dans cette base (celery)" in done.stderr


def test_what_is_not_empty_is_left_alone(stored: Appointment, elsewhere: Manage, empty: str, tmp_path: Path) -> None:
    file = tmp_path / "agenda.backup"
    backup(file)
    with psycopg.connect(**_parameters(empty), autocommit=True) as other:
        other.execute("CREATE TABLE precious (word text); INSERT INTO precious VALUES ('kept')")
        done = elsewhere("restore", file)
        assert done.returncode == 1
        assert "n’est pas vide (1 tables)" in done.stderr
        assert other.execute("SELECT word FROM precious").fetchall() == [("kept",)]
    done = elsewhere("restore", "--force", file)
    assert done.returncode == 0, done.stderr
    assert _content(empty) == _content(connection.settings_dict["NAME"])


def test_a_damaged_backup_changes_nothing(stored: Appointment, tmp_path: Path) -> None:
    file = tmp_path / "agenda.backup"
    backup(file)
    whole = file.read_bytes()
    before = _content(connection.settings_dict["NAME"])
    for left in (whole[: len(whole) * 2 // 3], whole[:5], b""):
        file.write_bytes(left)
        with pytest.raises(BackupError, match="la base est comme avant"):
            restore(file, replace=True)
    assert _content(connection.settings_dict["NAME"]) == before


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "agenda.backup"
    backup(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["agenda.backup"]


def test_a_folder_that_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="ne peut pas être écrite"):
        backup(tmp_path / "missing" / "agenda.backup")
    with pytest.raises(BackupError, match="Il n’y a pas de fichier"):
        restore(tmp_path / "missing", replace=False)


def _parameters(name: str) -> dict[str, Any]:
    known = connection.settings_dict
    given = {"user": known["USER"], "password": known["PASSWORD"], "host": known["HOST"], "port": known["PORT"]}
    return {"dbname": name} | {key: value for key, value in given.items() if value}


def _content(name: str) -> dict[str, tuple[int, str]]:
    """Table → rows and their digest; and the sequences, the constraints, the indexes and the triggers.

    By name: PostgreSQL writes some expressions down again in other words."""
    found: dict[str, tuple[int, str]] = {}
    with psycopg.connect(**_parameters(name)) as database:
        tables = database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            rows = (
                f"SELECT count(*), coalesce(md5(string_agg(t::text, chr(10) ORDER BY t::text)), '') FROM \"{table}\" t"
            )
            found[table] = database.execute(rows).fetchone()  # type: ignore[arg-type, assignment]
        for kind, listing in {
            "constraints": "SELECT concat(conrelid::regclass, conname, contype) AS x FROM pg_constraint",
            "indexes": "SELECT tablename || indexname AS x FROM pg_indexes WHERE schemaname = 'public'",
            "triggers": "SELECT pg_get_triggerdef(oid) AS x FROM pg_trigger WHERE NOT tgisinternal",
            "sequences": "SELECT sequencename || coalesce(last_value, 0) AS x FROM pg_sequences",
        }.items():
            query = f"SELECT count(*), md5(string_agg(x, chr(10) ORDER BY x)) FROM ({listing}) AS listed"
            found[kind] = database.execute(query).fetchone()  # type: ignore[arg-type, assignment]
    return found


def _insert_again(database: "psycopg.Connection[Any]") -> None:
    """The same appointment under another identifier, as an import would: a double booking."""
    columns = (
        "SELECT column_name FROM information_schema.columns "
        "WHERE table_name = 'appointments_appointment' AND is_generated = 'NEVER'"
    )
    names = [name for (name,) in database.execute(columns).fetchall() if name not in ("id", "request_id")]
    listed = ", ".join(f'"{name}"' for name in names)
    other = {"given_as_id": "NULL", "origin": "'import'", "actor_kind": "'system'", "by_regulator_id": "NULL"}
    copied = ", ".join(other.get(name, f'"{name}"') for name in names)
    database.execute(
        f"INSERT INTO appointments_appointment (id, request_id, {listed}) "  # type: ignore[arg-type]
        f"SELECT gen_random_uuid(), gen_random_uuid(), {copied} FROM appointments_appointment"
    )
