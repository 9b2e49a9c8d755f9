"""`./agenda manage restore FILE`: everything back from a backup, into an empty database."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sas_agenda.operations.postgres import BackupError, count_rows, restore


class Command(BaseCommand):
    help = "Restaure une sauvegarde dans une base vide. Arrêtez d’abord le web, l’exécutant et l’horloge."
    # The database is empty: nothing that asks it can be checked.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FICHIER", type=Path)
        parser.add_argument("--force", action="store_true", help="remplacer tout ce que la base contient")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"].expanduser().resolve()
        try:
            restore(file, replace=options["force"])
        except BackupError as error:
            raise CommandError(str(error)) from error
        for table, rows in count_rows().items():
            if rows:
                self.stdout.write(f"{rows:>10}  {table}")
        self.stdout.write(
            "Tout est revenu. Faites «\u00a0migrate\u00a0» avant de redémarrer, si le logiciel a changé depuis."
        )
