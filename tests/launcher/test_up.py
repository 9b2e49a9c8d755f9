"""`./agenda up` itself, with the whole product: from nothing to `ready`, and to nothing again."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from urllib.request import urlopen

import pytest

from deploy.local.data_folder import make_socket_folder
from deploy.local.kernel import descendants, is_running
from deploy.local.layout import ROOT
from tests.launcher.conftest import within

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.xdist_group("deploy")]
AGENDA = ROOT / "agenda"


def environment(data: Path) -> dict[str, str]:
    """Servers of its own, and a temporary folder that goes with the data."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    return kept | {"TMPDIR": str(data.parent)}


class Up:
    """One run of the command on a data folder, on free ports, read until its panel ends."""

    started: ClassVar[list["Up"]] = []

    def __init__(self, data: Path, *options: str) -> None:
        self._progress = data.parent / "progress"
        self.process = subprocess.Popen(
            [AGENDA, "up", "--port=0", "--sandbox-port=0", f"--data={data}", *options],
            stdout=subprocess.PIPE,
            stderr=self._progress.open("w"),
            text=True,
            cwd="/",
            env=environment(data),
        )
        self.started.append(self)
        assert self.process.stdout is not None
        self.said = ""
        for line in self.process.stdout:
            self.said += line
            if "Ctrl-C" in line:
                break
        self.progress = self.progress_now()
        assert self.said.startswith("ready http://127.0.0.1:"), self.progress
        self.port = int(self.said.splitlines()[0].rpartition(":")[2])
        self.family = descendants(self.process.pid)

    def progress_now(self) -> str:
        return self._progress.read_text()

    def get(self, path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        return connection.getresponse().status

    def all_gone(self) -> bool:
        return not any(is_running(pid) for pid in self.family)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            self.process.communicate(timeout=30)


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """The data folder of `up`."""
    folder = make_socket_folder()
    yield folder / "data"
    subprocess.run(["rm", "-rf", folder], check=True)


@pytest.fixture(scope="module")
def up(data: Path) -> Iterator[Up]:
    """A run that the first tests look at and leave as it is: all that come and go after it find its data made."""
    running = Up(data)
    yield running
    running.end()


@pytest.fixture
def stopped(data: Path) -> Path:
    """The same, once nothing runs on it."""
    for one in Up.started:
        one.end()
    return data


def run(*command: str, data: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [AGENDA, command[0], f"--data={data}", *command[1:]],
        capture_output=True,
        text=True,
        check=False,
        env=environment(data),
        timeout=60,
    )


def test_it_says_where_to_go_and_who_to_be(up: Up) -> None:
    assert up.get("/sante/") == 200
    for address in re.findall(r"http://\S+", up.said):
        with urlopen(address, timeout=10) as answer:
            assert answer.status == 200
    people = json.loads((ROOT / "appointments/demo/people.json").read_text())
    people += json.loads((ROOT / "sandbox/demo_regulators.json").read_text())
    for person in people:
        assert person["email"] in up.said
        assert person["password"] in up.said


def test_a_second_up_on_the_same_data_says_so_and_stops(up: Up, data: Path) -> None:
    second = run("up", "--port=0", "--sandbox-port=0", data=data)
    assert second.returncode == 1
    assert f"se sert déjà du dossier de données {data} (processus {up.process.pid})" in second.stderr
    assert up.get("/sante/") == 200


def test_manage_uses_the_servers_of_the_run(up: Up, data: Path) -> None:
    code = "from django.conf import settings; print(settings.BASE_URL)"
    done = run("manage", "shell", "--no-imports", "-c", code, data=data)
    assert done.stdout.strip() == f"http://127.0.0.1:{up.port}", done.stderr


def test_it_ends_leaving_nothing_however_it_ends_and_the_next_start_works(up: Up, data: Path) -> None:
    """Ctrl-C, then on the same data kill -9 of the command and of its supervisor; test_processes.py kills one alone."""
    assert len(up.family) > 8
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(20) == 0
    assert up.all_gone()
    assert not (data / "sockets").is_symlink()
    assert not (data / "environment.json").exists()

    again = Up(data)
    assert "Démarrage du produit" in again.progress
    for done_before in ("Création", "Mise à jour", "Chargement", "Installation"):
        assert done_before not in again.progress
    what_dies_comes_back(again)
    supervisor = next(pid for pid in again.family if b"agenda\0up" in command_of(pid))
    os.kill(again.process.pid, signal.SIGSTOP)
    os.kill(supervisor, signal.SIGKILL)
    again.process.kill()
    again.process.communicate()
    assert within(15, again.all_gone)


def what_dies_comes_back(running: Up) -> None:
    """It is named, and the rest is left alone. The worker; the database too: meanwhile pages answer 503, then as before."""
    for mark, name in ((b"\0worker\0", "Exécutant des tâches (Celery)"), (b"bin/postgres\0", "PostgreSQL")):
        before = {pid: command_of(pid) for pid in running.family}
        victim = next(pid for pid, command in before.items() if mark in command)
        os.kill(victim, signal.SIGKILL)

        def comes_back(mark: bytes = mark, victim: int = victim) -> bool:
            running.family = descendants(running.process.pid)
            return any(mark in command_of(pid) and pid != victim for pid in running.family)

        assert within(10, comes_back), name
        told = f"{name} s’est arrêté (signal SIGKILL). Il est relancé"
        assert within(10, lambda told=told: told in running.progress_now()), told
        web = next(pid for pid, command in before.items() if b"gunicorn" in command)
        assert is_running(web)
    assert within(10, lambda: running.get("/admin/login/") == 200)
    running.family = descendants(running.process.pid)


def command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_manage_starts_the_servers_it_needs_and_passes_the_exit_code_on(stopped: Path) -> None:
    asked = "from django.db import connection; connection.ensure_connection(); print('connected'); raise SystemExit(3)"
    done = run("manage", "shell", "--no-imports", "-c", asked, data=stopped)
    assert (done.stdout, done.returncode) == ("connected\n", 3)
    assert not (stopped / "sockets").is_symlink()


def test_a_database_of_other_migrations_is_refused_and_where_it_is_is_told(stopped: Path) -> None:
    otherwise = (
        "from django.core.management import call_command; call_command('migrate', '--no-input', verbosity=0);"
        "from django.db import connection as c; from django.db.migrations.recorder import MigrationRecorder as M;"
        "M.Migration.objects.filter(app='operations').delete(); M(c).record_applied('operations', '0001_of_another_time')"
    )
    assert run("manage", "shell", "--no-imports", "-c", otherwise, data=stopped).returncode == 0

    refused = run("up", "--port=0", "--sandbox-port=0", data=stopped)
    assert refused.returncode == 1
    assert "operations.0001_of_another_time" in refused.stderr
    assert f"mettez le dossier de données de côté (mv {stopped} {stopped}.ancien)" in refused.stderr


def test_an_empty_product_has_nobody_until_its_first_manager_is_invited() -> None:
    """As the README says it."""
    folder = make_socket_folder()
    data = folder / "data"
    empty = Up(data, "--no-demo")
    try:
        for person in json.loads((ROOT / "appointments/demo/people.json").read_text()):
            assert person["email"] not in empty.said
        invited = run("manage", "invite_manager", "alba@demo.example", "--organization", "Cabinet des Lilas", data=data)
        assert invited.returncode == 0, invited.stderr
        simulator = next(one for one in re.findall(r"http://\S+", empty.said) if f":{empty.port}" not in one)

        def link() -> str:
            with urlopen(f"{simulator.rstrip('/')}/api/mails", timeout=10) as answer:
                mails = json.load(answer)["mails"]
            found = re.search(r"/invitation/\S+", mails[-1]["text"]) if mails else None
            return found.group(0) if found else ""

        assert within(60, lambda: bool(link()))
        assert empty.get(link()) == 200
    finally:
        empty.end()
        subprocess.run(["rm", "-rf", folder], check=True)


def test_a_port_in_use_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        refused = run("up", f"--port={port}", data=tmp_path / "data")
    assert refused.returncode == 1
    assert f"Le port {port} (produit) est déjà pris" in refused.stderr
    assert not (tmp_path / "data" / "postgresql").exists()
