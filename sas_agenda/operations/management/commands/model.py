"""`./agenda manage model`: docs/model.md brought up to date with the migrations, or checked."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from sas_agenda.operations.catalogue import model_document


class Command(BaseCommand):
    help = "Met à jour docs/model.md, d’après le catalogue d’une base que les migrations viennent de faire."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="ne rien écrire\u202f; échouer si le fichier n’est pas à jour"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.ROOT) / "docs" / "model.md"
        if not path.parent.is_dir():
            raise CommandError("Il n’y a pas de dossier docs ici.")
        with fresh_database():
            renewed = model_document()
        if path.exists() and path.read_text(encoding="utf-8") == renewed:
            self.stdout.write("docs/model.md est à jour.")
        elif options["check"]:
            raise CommandError("docs/model.md n’est pas à jour\u00a0: lancez ./agenda manage model.")
        else:
            path.write_text(renewed, encoding="utf-8")
            self.stdout.write("docs/model.md est mis à jour.")


@contextmanager
def fresh_database() -> Iterator[None]:
    """A new database on the same server, migrated, gone at the end: this instance's own may be older, or altered by hand."""
    ours = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"model_{secrets.token_hex(8)}"
    connection.creation.create_test_db(verbosity=0, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(ours, verbosity=0)
