"""Importing the national directory: all of it, or nothing. Whoever looks somebody up meanwhile finds those of before."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from django.db import connection, transaction

from accounts.directory_file import COLUMNS, DirectoryFile, NotTheDirectory, row_of
from accounts.french import number
from accounts.models import DirectoryEdition, DirectoryEntry

# Of a file in which more are broken something is wrong.
_BROKEN_AT_LEAST, _BROKEN_SHARE = 20, 0.1
_LOCK = 0x5A5_D1_4EC7  # this import's own among the database's advisory locks


@dataclass(frozen=True, slots=True)
class Imported:
    edition: DirectoryEdition
    missing_columns: list[str]


def import_directory(
    file: BinaryIO,
    *,
    name: str,
    now: datetime,
    on_broken: Callable[[int, str], None],
    on_line: Callable[[int], None],
    smaller_too: bool = False,
) -> Imported:
    """Takes the place of the edition before. `on_broken`: the number of a line that is left out, and why; `on_line`: how many are
    read. `smaller_too`: even where it has less than half of the lines of the edition before.

    Raises `NotTheDirectory`; nothing is changed then.
    """
    read = DirectoryFile(file)
    table = DirectoryEntry._meta.db_table
    lines = kept = broken = 0
    with transaction.atomic(), connection.cursor() as cursor:
        # A national file takes minutes.
        cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            raise NotTheDirectory("Un autre import de l’annuaire est en cours\u00a0: attendez qu’il finisse.")
        cursor.execute("DELETE FROM accounts_directoryentry")
        before = cursor.rowcount
        with cursor.copy(f"COPY {table} ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for line in read:
                lines += 1
                if line.activity is not None:
                    kept += 1
                    copy.write_row(row_of(line.activity))
                elif line.cause:
                    broken += 1
                    on_broken(line.number, line.cause)
                on_line(lines)
        _check(lines, kept, broken, before, smaller_too)
        edition = DirectoryEdition.objects.create(
            imported_at=now, file_name=name[:255], lines=lines, kept=kept, broken=broken
        )
    return Imported(edition, read.missing)


def _check(lines: int, kept: int, broken: int, before: int, smaller_too: bool) -> None:
    if broken >= max(_BROKEN_AT_LEAST, _BROKEN_SHARE * lines):
        raise NotTheDirectory(
            f"{number(broken)} lignes sur {number(lines)} sont illisibles\u00a0: ce fichier est abîmé, téléchargez-le de nouveau."
        )
    if not kept:
        raise NotTheDirectory("Aucun professionnel qui reçoit sur rendez-vous n’est dans ce fichier.")
    if kept * 2 < before and not smaller_too:
        raise NotTheDirectory(
            f"Ce fichier compte {number(kept)} activités, l’annuaire en place {number(before)}\u00a0: il semble incomplet. "
            "Pour le prendre quand même\u00a0: --smaller-too."
        )
