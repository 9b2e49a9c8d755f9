"""docs/model.md is what PostgreSQL says of the tables that the migrations make."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection

from deploy.local import checking
from sas_agenda.operations.catalogue import model_document
from sas_agenda.operations.lineage import OUR_APPS
from sas_agenda.operations.management.commands import model as command
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db


def test_the_document_is_up_to_date() -> None:
    """If not: `./agenda manage model`."""
    assert (ROOT / "docs" / "model.md").read_text(encoding="utf-8") == model_document()


def test_it_has_every_table_of_the_product_and_no_other() -> None:
    titles = {line.split()[1] for line in model_document().splitlines() if line.startswith("### ")}
    ours = [config for config in apps.get_app_configs() if config.label in OUR_APPS]
    assert titles == {model._meta.db_table for config in ours for model in config.get_models(include_auto_created=True)}


def test_it_tells_what_only_the_database_knows() -> None:
    with connection.cursor() as cursor:
        for change in (
            "ALTER TABLE accounts_signin SET (fillfactor = 50)",
            """ALTER TABLE accounts_signin ADD shown text COLLATE "C" GENERATED ALWAYS AS (subject || '|') STORED""",
            "ALTER TABLE accounts_signin ADD heard integer DEFAULT 3",
            "ALTER TABLE accounts_signin ADD EXCLUDE USING gist (heard WITH =) DEFERRABLE",
            "CREATE UNIQUE INDEX signin_heard_once ON accounts_signin (heard) WHERE heard > 3",
            "CREATE FUNCTION trial() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            "CREATE TRIGGER told AFTER INSERT ON accounts_signin REFERENCING NEW TABLE AS new_rows "
            "FOR EACH STATEMENT EXECUTE FUNCTION trial('SELECT\n  1')",
        ):
            cursor.execute(change)
    lines = model_document().splitlines()
    for expected in (
        "Stored with fillfactor=50.",
        r"""| shown | text COLLATE "C" | null | generated `subject::text \|\| '\|'::text` |""",
        "| heard | integer | null | default `3` |",
        "- accounts_signin_heard_excl: `EXCLUDE USING gist (heard WITH =) DEFERRABLE`",
        "- signin_heard_once: `btree (heard) WHERE heard > 3`",
        "- told: `AFTER INSERT REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION trial('SELECT 1')`",
    ):
        assert expected in lines


def test_not_null_is_a_column_s_word_and_no_constraint() -> None:
    assert "NOT NULL (" not in model_document()
    assert "_not_null" not in model_document()


@pytest.fixture
def copy(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command finds the document; the tests' own database stands for the new one."""

    @contextmanager
    def this_one() -> Iterator[None]:
        yield

    monkeypatch.setattr(command, "fresh_database", this_one)
    settings.ROOT = tmp_path
    (tmp_path / "docs").mkdir()
    return tmp_path / "docs" / "model.md"


def test_the_command_writes_it_and_its_check_only_looks(copy: Path) -> None:
    with pytest.raises(CommandError, match="n’est pas à jour"):
        call_command("model", check=True)
    assert not copy.exists()
    call_command("model")
    written = copy.read_text(encoding="utf-8")
    call_command("model", check=True)
    copy.write_text(written + "\n", encoding="utf-8")
    with pytest.raises(CommandError, match="n’est pas à jour"):
        call_command("model", check=True)


def test_where_there_are_no_documents_it_says_so(copy: Path) -> None:
    copy.parent.rmdir()
    with pytest.raises(CommandError, match="pas de dossier docs"):
        call_command("model")


def test_continuous_integration_checks_it() -> None:
    assert [step.command[-2:] for step in checking.steps({}, {}) if step.name == "model"] == [["model", "--check"]]
