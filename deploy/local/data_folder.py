"""The folder that outlives a run: the databases, the secrets, the logs, and the lock that gives it to one run."""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.local.failures import LauncherError
from deploy.local.kernel import is_running

_LOCK_PATIENCE = 12.0  # seconds given to the programs of a killed run to end
SERVER_USER = 65534  # PostgreSQL refuses to run as root: it becomes this uid, `nobody` everywhere
_SYSTEM_PLACE = Path("/var/lib/sas-agenda")
_LONGEST_SOCKET = 90  # bytes; a socket's path holds 107 on Linux, 103 on macOS


class DataFolderBusyError(LauncherError):
    """Another run holds the folder. `holder` is its process id, None when unknown."""

    def __init__(self, folder: Path, holder: int | None) -> None:
        by = f" (processus {holder})" if holder else ""
        super().__init__(
            f"Un autre « ./agenda » se sert déjà du dossier de données {folder}{by}.\n"
            "Arrêtez-le d’abord, ou choisissez un autre dossier et d’autres ports : "
            "./agenda up --data DOSSIER --port 8010 --sandbox-port 8011"
        )
        self.holder = holder


class DataFolder:
    """Paths and small files of one data folder. Making one creates the folder."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            # As root, PostgreSQL's user must walk through; what is private below has its own mode.
            self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
        except OSError as error:
            raise LauncherError(
                f"Le dossier de données {self.path} ne peut pas être préparé : {error.strerror}. "
                "Choisissez-en un autre avec --data DOSSIER."
            ) from error
        self.logs = self._private("logs")
        self.valkey = self._private("valkey")
        self.sandbox = self._private("sandbox")
        self.environment_file = self.path / "environment.json"

    @contextlib.contextmanager
    def locked(self) -> Iterator[int]:
        """Hold the folder; yields the lock's file descriptor, for programs to inherit. Raises DataFolderBusyError."""
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._take(descriptor)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
            self._forget_last_run()
            yield descriptor
        finally:
            os.close(descriptor)  # programs that inherited it still hold the lock

    def secret(self, name: str) -> str:
        """The secret of that name, made on first use and kept in a file only its owner reads."""
        return self.secret_file(name).read_text(encoding="ascii").strip()

    def secret_file(self, name: str) -> Path:
        """The file that holds `secret(name)`."""
        file = self._private("secrets") / name
        if not file.exists():
            draft = file.with_name(f".{name}.{os.getpid()}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
                stream.write(secrets.token_urlsafe(60))
            draft.replace(file)  # never seen half-written
        return file

    def sockets(self) -> Path:
        """A new private folder with a short path. Remembered, so that the next run removes it if this one could not."""
        folder = make_socket_folder()
        link = self.path / "sockets"
        link.unlink(missing_ok=True)
        link.symlink_to(folder)
        return folder

    def release_sockets(self) -> None:
        """Remove the folder `sockets` made."""
        self._forget_last_run()

    def database_home(self) -> Path:
        """The folder that holds the database cluster; as root it belongs to SERVER_USER.

        As root below a folder that SERVER_USER can't enter (a private home), it is made under /var/lib, or under the
        temporary folder when the data are there too, and the data folder keeps a link to it.
        """
        home = self.path / "postgresql"
        if home.is_symlink():
            if home.is_dir():
                return home.resolve()
            home.unlink()
        if os.geteuid() != 0:
            return self._private("postgresql")
        if not home.exists() and not can_enter(self.path, SERVER_USER):
            elsewhere = self._system_folder()
            home.symlink_to(elsewhere)
            home = elsewhere
        if home.exists() and home.stat().st_uid not in (0, SERVER_USER):
            raise LauncherError(
                f"La base de {self.path} a été créée par un utilisateur ordinaire (uid {home.stat().st_uid}) : "
                "relancez la commande sous ce nom, ou choisissez un autre dossier avec --data DOSSIER."
            )
        home.mkdir(mode=0o700, exist_ok=True)
        os.chown(home, SERVER_USER, SERVER_USER)
        return home.resolve()

    def state(self) -> dict[str, Any]:
        """What the last run remembered; empty when it is missing or damaged."""
        try:
            content = json.loads((self.path / "state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def remember(self, state: dict[str, Any]) -> None:
        """Replace the remembered state."""
        write_private(self.path / "state.json", json.dumps(state, indent=1))

    def running_environment(self) -> dict[str, str] | None:
        """The product's settings in the run that holds the folder now, None when it is not up yet."""
        try:
            content: dict[str, str] = json.loads(self.environment_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return content

    def _private(self, name: str) -> Path:
        folder = self.path / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def _take(self, descriptor: int) -> None:
        deadline = time.monotonic() + _LOCK_PATIENCE
        told = False
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                text = os.pread(descriptor, 20, 0)
                holder = int(text) if text.isdigit() else None
                if holder is None or is_running(holder) or time.monotonic() > deadline:
                    raise DataFolderBusyError(self.path, holder) from None
                if not told:
                    print("  Le lancement précédent finit de s’arrêter…", file=sys.stderr, flush=True)
                    told = True
                time.sleep(0.1)
            else:
                return

    def _forget_last_run(self) -> None:
        self.environment_file.unlink(missing_ok=True)
        link = self.path / "sockets"
        if link.is_symlink():
            folder = link.readlink()
            # The link may have been copied or tampered with: only remove what make_socket_folder could have made.
            if folder.name.startswith(_SOCKET_PREFIX) and folder.is_dir() and folder.stat().st_uid == os.geteuid():
                shutil.rmtree(folder, ignore_errors=True)
            link.unlink()

    def _system_folder(self) -> Path:
        temporary = Path(tempfile.gettempdir()).resolve()
        if self.path.is_relative_to(temporary) and can_enter(temporary, SERVER_USER):
            return Path(tempfile.mkdtemp(prefix="agenda-data-", dir=temporary))
        try:
            _SYSTEM_PLACE.mkdir(mode=0o711, parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix="data-", dir=_SYSTEM_PLACE))
        except OSError as error:
            raise LauncherError(
                f"PostgreSQL ne s’exécute pas sous root, et son utilisateur (uid {SERVER_USER}) ne peut pas entrer "
                f"dans {self.path}. Choisissez un dossier accessible : ./agenda up --data /srv/agenda "
                f"({_SYSTEM_PLACE} : {error.strerror})."
            ) from error
        return folder


_SOCKET_PREFIX = "agenda-"


def make_socket_folder() -> Path:
    """A new folder for unix sockets, closed to other users (as root, SERVER_USER may walk through it)."""
    parent = Path(tempfile.gettempdir())
    as_root = os.geteuid() == 0
    if len(os.fsencode(parent)) > _LONGEST_SOCKET - 40 or (as_root and not can_enter(parent, SERVER_USER)):
        parent = Path("/tmp")  # noqa: S108 - mkdtemp makes a private folder of an unforeseeable name
    folder = Path(tempfile.mkdtemp(prefix=_SOCKET_PREFIX, dir=parent))
    folder.chmod(0o711 if as_root else 0o700)
    return folder


def can_enter(folder: Path, uid: int) -> bool:
    """Whether a process of that uid, in no group of ours, may walk to `folder` and through it."""
    for step in (folder, *folder.parents):
        status = step.stat()
        if not status.st_mode & (0o100 if status.st_uid == uid else 0o001):
            return False
    return True


def write_private(file: Path, text: str) -> None:
    """Write a file only its owner reads, at once or not at all."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
    draft.replace(file)
