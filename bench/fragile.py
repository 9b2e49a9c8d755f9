"""The processes that the fault suite breaks, on servers of its own: Valkey, two Celery workers, beat."""

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from deploy.local.broker import Valkey
from deploy.local.data_folder import SERVER_USER, make_socket_folder
from deploy.local.kernel import descendants
from deploy.local.layout import PYTHON, ROOT, base_environment
from deploy.local.postgres import Postgres
from deploy.local.processes import Program, Supervisor

# Everything that waits, waits less: minutes of the real thing fit into a run.
QUICKER = {
    "SWEEP_SECONDS": "1",
    "SAS_LEASE_SECONDS": "15",
    "SAS_FIRST_DELAY_SECONDS": "1",
    "SAS_LONGEST_DELAY_SECONDS": "4",
    "SAS_FIRST_PAUSE_SECONDS": "1",
    "SAS_LONGEST_PAUSE_SECONDS": "3",
    "SAS_CONNECT_TIMEOUT": "1",
    "SAS_READ_TIMEOUT": "1",
}
# Between fork and exec of a program with threads no Python may run: the child asks for its end after exec.
_MORTAL = (
    "import os, signal, sys; sys.path.insert(0, sys.argv[2]); from deploy.local.kernel import die_with_parent; "
    "die_with_parent(int(sys.argv[1]), signal.SIGKILL); os.execv(sys.argv[3], sys.argv[3:])"
)


class Fragile:
    """A program that may be killed and started again. Its group dies with it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def start(self) -> None:
        """Nothing when it runs."""
        if self.pid is not None:
            return
        with self.program.log.open("ab") as log:
            self._process = subprocess.Popen(
                [PYTHON, "-c", _MORTAL, str(os.getpid()), str(ROOT), *map(str, self.program.command)],
                env=dict(self.program.env),
                cwd=self.program.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_ready(self, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not self.program.ready():
            if time.monotonic() > deadline:
                raise TimeoutError(self.program.name)
            time.sleep(0.05)

    def kill(self) -> None:
        """-9, children included."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class Instance:
    """An empty product without its web: the addresses of its servers, and what may be broken."""

    def __init__(self, database_url: str, valkey: Valkey, folder: Path) -> None:
        self.valkey = Fragile(valkey.program())
        self.environment = {
            "DATABASE_URL": database_url,
            "REDIS_URL": valkey.url,
            "SAS_AGENDA_MODE": "local",
            "SAS_MTLS": "off",
            "EMAIL_URL": "smtp://127.0.0.1:9",
            "LOG_LEVEL": "WARNING",
            "METRICS_DIR": "",
        }
        self.workers: list[Fragile] = []
        self.folder = folder

    def make_workers(self) -> None:
        """With `environment` as it is now; not started."""
        for number in (1, 2):
            options = ["worker", "--concurrency=3", "-n", f"worker{number}@localhost", "--without-mingle"]
            self.workers.append(self.celery(f"worker{number}", *options, "--without-gossip"))
        self.workers.append(self.celery("beat", "beat", f"--schedule={self.folder / 'schedule'}", "--pidfile="))

    def start(self) -> None:
        """All that does not run, as Kubernetes or systemd would."""
        for program in [self.valkey, *self.workers]:
            program.start()

    def stop(self) -> None:
        for program in [*self.workers, self.valkey]:
            program.kill()

    def kill_task_process(self, choice: random.Random) -> None:
        """One child of one worker, -9; its worker lives on."""
        parents = [worker.pid for worker in self.workers[:2] if worker.pid is not None]
        children = [child for parent in parents for child in descendants(parent)]
        if children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(choice.choice(sorted(children)), signal.SIGKILL)

    def empty_valkey(self) -> None:
        """FLUSHALL: every message that waits is gone. Nothing when it does not run."""
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(1)
            client.connect(self.environment["REDIS_URL"].removeprefix("redis+socket://"))
            client.sendall(b"FLUSHALL\r\n")
            client.recv(64)

    def logs(self) -> str:
        """The last lines of each worker."""
        paths = [worker.program.log for worker in self.workers]
        return "\n".join(f"== {path.name}\n{path.read_text(errors='replace')[-3000:]}" for path in paths)

    def celery(self, name: str, *options: str, **settings: str) -> Fragile:
        """Not started. PostgreSQL sees its connections under `name`."""
        log = self.folder / f"{name}.log"
        return Fragile(
            Program(
                name=name,
                command=[PYTHON, "-m", "celery", "-A", "sas_agenda", *options],
                env=base_environment() | self.environment | {"PGAPPNAME": name} | settings,
                cwd=ROOT,
                log=log,
                ready=lambda: log.exists() and b" ready." in log.read_bytes(),
            )
        )

    def worker(self, name: str, *options: str, **settings: str) -> Fragile:
        """A worker as the deployment runs it, with `options` (`--queues`, `--concurrency`)."""
        quiet = ["--without-mingle", "--without-gossip", "--loglevel=INFO", f"--hostname={name}@localhost"]
        return self.celery(name, "worker", *quiet, *options, **({"LOG_LEVEL": "INFO"} | settings))

    def gunicorn(self, name: str, port: int, **settings: str) -> Fragile:
        """As deploy/gunicorn_settings.py says, but on a port: without mutual TLS only this machine's address may search."""
        log = self.folder / f"{name}.log"
        return Fragile(
            Program(
                name=name,
                command=[PYTHON, "-m", "gunicorn", "-c", "deploy/gunicorn_settings.py", f"--bind=127.0.0.1:{port}"],
                env=base_environment() | self.environment | {"PGAPPNAME": name} | settings,
                cwd=ROOT,
                log=log,
                ready=lambda: log.exists() and b"Booting worker" in log.read_bytes(),
            )
        )


@contextlib.contextmanager
def throw_away_broker() -> Iterator[str]:
    """The address of a Valkey of its own, gone with the block."""
    folder = make_socket_folder()
    valkey = Valkey(folder, folder, folder / "valkey.log", throw_away=True)
    server = Fragile(valkey.program())
    try:
        server.start()
        server.wait_ready()
        yield valkey.url
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)


def _start_postgres(supervisor: Supervisor, folder: Path) -> str:
    """Its address. Its commits are not forced to the disk: processes die in this suite, not the machine."""
    home = folder / "postgresql"
    home.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(home, SERVER_USER, SERVER_USER)
    postgres = Postgres(home, folder, folder / "postgresql.log", throw_away=True)
    postgres.create(supervisor)
    supervisor.start(replace(postgres.program(), stops_within=5))
    postgres.ensure_database()
    return postgres.url


@contextlib.contextmanager
def empty_instance(supervisor: Supervisor, database: str = "") -> Iterator[Instance]:
    """PostgreSQL and Valkey run, in a temporary folder; all stops, and the folder goes, with the block. `database`: the address
    of an empty one, which is used instead.
    """
    folder = make_socket_folder()
    try:
        (folder / "valkey").mkdir(mode=0o700)
        valkey = Valkey(folder / "valkey", folder, folder / "valkey.log")
        instance = Instance(database or _start_postgres(supervisor, folder), valkey, folder)
        try:
            instance.valkey.start()
            instance.valkey.wait_ready()
            yield instance
        finally:
            instance.stop()
            supervisor.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
