"""A database that other migrations made is refused before anything is changed in it."""

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from sas_agenda.operations.lineage import OUR_APPS, foreign_migrations

pytestmark = pytest.mark.django_db


@pytest.fixture
def history() -> MigrationRecorder:
    return MigrationRecorder(connection)


def lay_otherwise(history: MigrationRecorder, app: str = "operations") -> None:
    """As if this application's tables had been made by a migration since deleted."""
    for label, name in history.applied_migrations():
        if label == app:
            history.record_unapplied(label, name)
    history.record_applied(app, "0001_of_another_time")


def test_our_own_database_is_welcome() -> None:
    assert foreign_migrations(connection) == []
    call_command("check", databases=["default"])


@pytest.mark.parametrize("app", sorted(OUR_APPS - {"outbox"}))
def test_a_name_that_exists_no_more_is_told(history: MigrationRecorder, app: str) -> None:
    lay_otherwise(history, app)
    assert foreign_migrations(connection) == [f"{app}.0001_of_another_time"]


def test_an_application_that_is_gone_left_its_names(history: MigrationRecorder) -> None:
    lay_otherwise(history)
    history.record_applied("outbox", "0001_of_another_time")
    assert "outbox.0001_of_another_time" in foreign_migrations(connection)


def test_other_peoples_migrations_are_theirs(history: MigrationRecorder) -> None:
    history.record_applied("axes", "0999_of_next_year")
    [newest] = [name for app, name in history.applied_migrations() if app == "operations"][-1:]
    history.record_unapplied("operations", newest)
    assert foreign_migrations(connection) == []


def test_an_older_version_may_go_back_to_work_on_a_newer_ones_database(history: MigrationRecorder) -> None:
    """docs/deployment.md, "Upgrades", Back: `migrate` runs then too, and has nothing to do."""
    history.record_applied("appointments", "0999_of_next_year")
    assert foreign_migrations(connection) == []


def test_an_empty_database_is_welcome(history: MigrationRecorder) -> None:
    for app, name in history.applied_migrations():
        history.record_unapplied(app, name)
    assert foreign_migrations(connection) == []


def test_migrate_refuses_it_and_says_how_to_begin_anew(history: MigrationRecorder) -> None:
    lay_otherwise(history)
    before = history.applied_migrations().keys()
    with pytest.raises(SystemCheckError, match=r"operations\.E001") as refusal:
        call_command("migrate", "--no-input", skip_checks=False, verbosity=0)
    told = str(refusal.value)
    assert "operations.0001_of_another_time" in told
    assert "--data DOSSIER" in told
    assert "DATABASE_URL, créez une base neuve et n’y restaurez rien" in told
    assert history.applied_migrations().keys() == before
