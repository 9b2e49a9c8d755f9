"""The database and the broker: the embedded ones, or those of DATABASE_URL and REDIS_URL."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.local.broker import Valkey
from deploy.local.data_folder import SERVER_USER, DataFolder, make_socket_folder
from deploy.local.postgres import Postgres
from deploy.local.processes import Program, Supervisor


@dataclass(frozen=True)
class Servers:
    """Addresses for DATABASE_URL and REDIS_URL, the embedded PostgreSQL when it is ours, and a folder for our sockets."""

    database_url: str
    broker_url: str
    folder: Path
    postgres: Postgres | None
    migrations_mark: str = ""

    @property
    def environment(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.broker_url}


def start_servers(supervisor: Supervisor, data: DataFolder) -> Servers:
    """Start on the data folder what the environment does not name. Raises LauncherError, StopRequested."""
    sockets = data.sockets()
    valkey = Valkey(data.valkey, sockets, data.logs / "valkey.log")
    postgres = None
    if not os.environ.get("DATABASE_URL"):
        postgres = Postgres(data.database_home(), sockets, data.logs / "postgresql.log")
        if not postgres.exists:
            data.remember({})  # what was remembered was true of another cluster
    return _start(supervisor, postgres, valkey)


@contextlib.contextmanager
def throw_away_servers(supervisor: Supervisor) -> Iterator[Servers]:
    """The same in a temporary folder, fast and unsafe, for tests. They stop, and the folder goes, with the block."""
    folder = make_socket_folder()
    try:
        home = folder / "postgresql"
        home.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(home, SERVER_USER, SERVER_USER)
        (folder / "valkey").mkdir(mode=0o700)
        valkey = Valkey(folder / "valkey", folder, folder / "valkey.log", throw_away=True)
        postgres = None
        if not os.environ.get("DATABASE_URL"):
            postgres = Postgres(home, folder, folder / "postgresql.log", throw_away=True)
        try:
            yield _start(supervisor, postgres, valkey)
        finally:
            supervisor.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(supervisor: Supervisor, postgres: Postgres | None, valkey: Valkey) -> Servers:
    broker_url = os.environ.get("REDIS_URL", "")
    programs: list[Program] = []
    if postgres and not postgres.exists:
        with supervisor.progress.step("Création de la base de données"):
            postgres.create(supervisor)
    if postgres:
        programs.append(postgres.program())
    if not broker_url:
        programs.append(valkey.program())
    if programs:
        with supervisor.progress.step("Démarrage de " + " et de ".join(program.name for program in programs)):
            supervisor.start(*programs)
    return Servers(
        database_url=postgres.url if postgres else os.environ["DATABASE_URL"],
        broker_url=broker_url or valkey.url,
        folder=valkey.sockets,
        postgres=postgres,
        migrations_mark=postgres.ensure_database() if postgres else "",
    )
