"""What `up` says when the migrations refuse the database; the whole way is in test_up.py."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.local.data_folder import DataFolder
from deploy.local.failures import LauncherError
from deploy.local.processes import Program
from deploy.local.up import _migrate


def refusal(log: str, data: DataFolder, *, postgres: object) -> str:
    """The words of the error, when `migrate` fails with this log."""

    def run(program: Program) -> None:
        program.log.write_text(log, encoding="utf-8")
        raise LauncherError("Migrations : échec (code 1).")

    supervisor: Any = SimpleNamespace(run=run)
    servers: Any = SimpleNamespace(postgres=postgres)
    with pytest.raises(LauncherError) as error:
        _migrate(supervisor, data, servers, {})
    return str(error.value)


@pytest.fixture
def data(folder: Path) -> DataFolder:
    return DataFolder(folder / "data")


def test_our_own_database_is_in_the_data_folder(data: DataFolder) -> None:
    told = refusal("?: (operations.E001) Cette base…", data, postgres=object())
    assert told.startswith("Migrations : échec (code 1).")
    assert f"mettez le dossier de données de côté (mv {data.path} {data.path}.ancien)" in told
    assert "DATABASE_URL" not in told


def test_a_database_of_database_url_is_made_anew_and_nothing_restored(data: DataFolder) -> None:
    told = refusal("?: (operations.E001) Cette base…", data, postgres=None)
    assert "créez une base neuve, donnez son adresse dans DATABASE_URL, et n’y restaurez rien" in told
    assert str(data.path) not in told


def test_any_other_failure_is_told_as_it_is(data: DataFolder) -> None:
    assert refusal("OperationalError", data, postgres=object()) == "Migrations : échec (code 1)."
