"""The whole product as processes, started by `./agenda up` on data of its own, and a real browser in front of it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from pytest_django import DjangoDbBlocker

from deploy.local.data_folder import make_socket_folder
from deploy.local.ports import free_port
from tests.browsers import chromium
from tests.databases import copy_for_processes

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
WORKER = "celery -A sas_agenda worker"


# Runs what it reads, and answers what that printed.
INSIDE = """
import contextlib, io, json, sys, traceback
from django.db import close_old_connections
for line in sys.stdin:
    printed, is_done = io.StringIO(), True
    try:
        with contextlib.redirect_stdout(printed):
            exec(json.loads(line), {})
    except Exception:
        is_done = False
        printed.write(traceback.format_exc())
    close_old_connections()
    print(json.dumps([is_done, printed.getvalue()]), flush=True)
"""


@dataclass
class Stack:
    """A running `./agenda up`."""

    process: subprocess.Popen[bytes]
    product: str
    sandbox: str
    data: Path
    output: Path
    # The links of slots that tests were given, and what keeps a person signed in in the browsers of later tests.
    given: set[str] = field(default_factory=set)
    cookies: dict[str, list[Any]] = field(default_factory=dict)
    _shell: subprocess.Popen[str] | None = None

    def inside(self, code: str) -> str:
        """What this Python prints, run in the product and its database: by one shell, which takes seconds to start."""
        if self._shell is None:
            self._shell = subprocess.Popen(
                [
                    sys.executable,
                    str(ROOT / "agenda"),
                    "manage",
                    f"--data={self.data}",
                    "shell",
                    "--no-imports",
                    "-c",
                    INSIDE,
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(json.dumps(code) + "\n")
        self._shell.stdin.flush()
        is_done, printed = json.loads(self._shell.stdout.readline())
        assert is_done, printed
        return str(printed)

    def held(self, appointment_id: str) -> dict[str, Any] | None:
        """What the sandbox's SAS holds of it, with its history."""
        found: list[dict[str, Any]] = self.get("/api/appointments", identifier=appointment_id)["appointments"]
        return found[0] if found else None

    def mails(self, to: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/api/mails", to=to)["mails"]
        return found

    def get(self, path: str, **params: str) -> Any:
        answer = requests.get(self.sandbox + path, params=params, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def fault(self, kind: str | None, count: int | None = None) -> None:
        """Switch a fault of the SAS on (`500`, `timeout`…) or off (None)."""
        if kind is None:
            requests.delete(self.sandbox + "/api/faults", json={}, timeout=10).raise_for_status()
        else:
            requests.post(
                self.sandbox + "/api/faults", json={"kind": kind, "count": count}, timeout=10
            ).raise_for_status()

    def pids(self, fragment: str) -> list[int]:
        """Processes of this stack whose command line holds `fragment`."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                environment = (entry / "environ").read_bytes().decode(errors="replace")
                works_in = os.readlink(entry / "cwd")
            except OSError:
                continue
            mine = self.product in environment or str(self.data) in command or works_in.startswith(str(self.data))
            if fragment in command and mine:
                found.append(int(entry.name))
        return sorted(found)

    @contextmanager
    def frozen(self, fragment: str) -> Iterator[None]:
        """These processes stand still meanwhile."""
        pids = self.pids(fragment)
        assert pids
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)


def wait_for(condition: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Poll until the condition holds; its value. Fails naming `what` when it does not in time."""
    deadline, pause = time.monotonic() + seconds, 0.05
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds:.0f} s: {what}")
        time.sleep(pause)
        pause = min(1.5 * pause, 0.5)


def start_stack(data: Path, *options: str, **settings: str) -> Stack:
    """`./agenda up` on this data, when it is ready. `settings` go into its environment."""
    web, sandbox = free_port(), free_port()
    output = data.parent / f"{data.name}.output"
    environment = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL"}}
    environment |= settings
    command = [
        sys.executable,
        str(ROOT / "agenda"),
        "up",
        f"--port={web}",
        f"--sandbox-port={sandbox}",
        f"--data={data}",
    ]
    with output.open("wb") as file:
        process = subprocess.Popen(
            [*command, *options], stdout=file, stderr=subprocess.STDOUT, env=environment, stdin=subprocess.DEVNULL
        )
    stack = Stack(process, f"http://127.0.0.1:{web}", f"http://127.0.0.1:{sandbox}", data, output)
    deadline = time.monotonic() + START_SECONDS
    while f"ready {stack.product}" not in output.read_text(encoding="utf-8", errors="replace"):
        if process.poll() is not None or time.monotonic() > deadline:
            stop_stack(stack)
            pytest.fail(
                f"`agenda up` did not get ready:\n{output.read_text(encoding='utf-8', errors='replace')[-3000:]}"
            )
        time.sleep(0.1)
    return stack


def stop_stack(stack: Stack) -> None:
    if stack._shell is not None:
        stack._shell.communicate(timeout=30)
    if stack.process.poll() is None:
        stack.process.send_signal(signal.SIGINT)
        try:
            stack.process.wait(30)
        except subprocess.TimeoutExpired:
            stack.process.kill()
            stack.process.wait(10)


@contextmanager
def running_stack(blocker: DjangoDbBlocker, *options: str, **settings: str) -> Iterator[Stack]:
    """On a database that is migrated already: `up` has its own made in tests/launcher."""
    folder = make_socket_folder()
    with copy_for_processes(blocker) as address:
        running = start_stack(folder / "data", *options, DATABASE_URL=address, **settings)
        try:
            yield running
        finally:
            stop_stack(running)
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def stack(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stack]:
    """One running demo for all the tests of this folder; each books slots of its own."""
    # Calls and leases as short as can be waited for where what holds them is killed (test_nothing_lost).
    quick = {"SAS_CONNECT_TIMEOUT": "2", "SAS_READ_TIMEOUT": "5", "SAS_LEASE_SECONDS": "26"}
    with running_stack(django_db_blocker, **quick) as running:
        wait_for(
            lambda: all(item["delivery"] == "sent" for item in running.get("/api/regulators")["regulators"]),
            "the sandbox's regulators reach the product",
        )
        yield running


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Closed when this folder is done: Playwright's loop would keep the next tests of the process from the database."""
    with chromium() as running:
        yield running


@pytest.fixture
def new_context(browser: Any) -> Iterator[Callable[..., Any]]:
    """A browser profile of its own: French, Paris, closed at the end. Any script error fails the test."""
    contexts: list[Any] = []
    errors: list[str] = []

    def note(message: Any) -> None:
        # On the administration's wide tables axe itself writes style attributes, and the policy stops it.
        if "Content Security Policy" in message.text and "/admin/" not in message.page.url:
            errors.append(message.text)

    def make(**options: Any) -> Any:
        context = browser.new_context(locale="fr-FR", timezone_id="Europe/Paris", **options)
        context.set_default_timeout(15_000)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        context.on("console", note)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()
    assert errors == []


def database(stack: Stack) -> psycopg.Connection[Any]:
    """A connection of the test's own to the demo's database, to look at what it holds."""
    for pid in stack.pids("gunicorn"):
        environment = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
        for entry in environment:
            if entry.startswith("DATABASE_URL="):
                return psycopg.connect(entry.partition("=")[2], autocommit=True)
    raise AssertionError("no web process found")
