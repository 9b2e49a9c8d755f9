"""`manage.py import_directory FILE`: the ANS's public extraction of health professionals, in the place of the one before."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.directory_file import NotTheDirectory
from accounts.french import counted, listed, number
from accounts.services.directory import import_directory

# Broken lines beyond these are only counted.
_TOLD = 100
_BAR = 30
_EVERY = 2000  # lines


class Command(BaseCommand):
    help = (
        "Importe l’annuaire national des professionnels de santé (PS_LibreAcces_Personne_activite, publié par l’ANS), à la place "
        "du précédent. Une ligne illisible est dite et laissée de côté\u00a0; un fichier d’une autre sorte, tronqué ou abîmé "
        "ne change rien."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="le fichier .txt, décompressé")
        parser.add_argument(
            "--smaller-too",
            action="store_true",
            help="même s’il a moins de la moitié des lignes de l’annuaire en place",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        self.broken = 0
        try:
            with path.open("rb") as file:
                size = path.stat().st_size

                def on_line(lines: int) -> None:
                    if lines % _EVERY == 0:
                        self._draw(file.tell() / size, lines)

                imported = import_directory(
                    file,
                    name=path.name,
                    now=timezone.now(),
                    on_broken=self._tell,
                    on_line=on_line,
                    smaller_too=options["smaller_too"],
                )
        except OSError as error:
            raise CommandError(f"{path}\u00a0: ce fichier ne s’ouvre pas ({error.strerror}).") from None
        except NotTheDirectory as refusal:
            self._clear()
            raise CommandError(f"{path.name}\u00a0: {refusal} Rien n’est changé.") from None
        self._clear()
        if self.broken > _TOLD:
            self.stderr.write(f"… et {number(self.broken - _TOLD)} autres lignes illisibles.")
        done = imported.edition
        self.stdout.write(
            f"Annuaire importé\u00a0: {counted(done.lines, 'ligne lue', 'lignes lues')}, "
            f"{counted(done.kept, 'activité gardée', 'activités gardées')}, "
            f"{counted(done.broken, 'ligne illisible', 'lignes illisibles')}."
        )
        if imported.missing_columns:
            self.stdout.write(f"Colonnes absentes du fichier\u00a0: {listed(imported.missing_columns)}.")

    def _tell(self, line: int, cause: str) -> None:
        self.broken += 1
        if self.broken <= _TOLD:
            self._clear()
            self.stderr.write(f"Ligne {line}\u00a0: {cause}\u00a0; elle est laissée de côté.")

    @staticmethod
    def _draw(share: float, lines: int) -> None:
        if sys.stderr.isatty():
            done = round(share * _BAR)
            sys.stderr.write(f"\r[{'█' * done}{'·' * (_BAR - done)}] {share:4.0%}  {number(lines)} lignes")
            sys.stderr.flush()

    @staticmethod
    def _clear() -> None:
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K")
