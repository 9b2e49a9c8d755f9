"""`./agenda manage backup FILE`: the whole database in one file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from sas_agenda.operations.postgres import BackupError, backup


class Command(BaseCommand):
    help = "Sauvegarde toute la base dans un fichier (format «\u00a0custom\u00a0» de pg_dump), sans rien arrêter."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FICHIER", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"].expanduser().resolve()
        try:
            backup(file)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Sauvegarde écrite\u00a0: {file} ({file.stat().st_size / 1e6:.1f}\u00a0Mo). Elle contient les patients."
        )
