"""A gunicorn that is told to end answers everybody who came in before, and nobody else gets in."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.data_folder import make_socket_folder
from deploy.local.kernel import descendants
from tests.conftest import ROOT
from tests.deploy.conftest import stop
from tests.system.conftest import wait_for

pytestmark = pytest.mark.system
REQUEST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody"
CALLERS = 30


@pytest.fixture
def folder() -> Iterator[Path]:
    made = make_socket_folder()
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def gunicorn(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One process of eight threads, with the settings of production."""
    environment = os.environ | {"WEB_SOCKET": str(folder / "web.sock"), "WEB_PROCESSES": "1", "WEB_THREADS": "8"}
    with (folder / "web.log").open("wb") as log:
        running = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "-c", str(ROOT / "deploy" / "gunicorn_settings.py")),
                "tests.deploy.slow_application:application",
            ],
            cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        wait_for(lambda: answer_to(caller(folder)).startswith(b"HTTP/1.1 200"), "gunicorn answers")
        yield running
    finally:
        stop(running)


def caller(folder: Path) -> socket.socket | None:
    """Somebody who has connected and said all they have to say."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.settimeout(20)
    try:
        made.connect(str(folder / "web.sock"))
    except OSError:
        made.close()
        return None
    made.sendall(REQUEST)
    return made


def answer_to(waiting: socket.socket | None) -> bytes:
    if waiting is None:
        return b""
    with waiting:
        found = b""
        while piece := waiting.recv(4096):
            found += piece
    return found


def test_who_came_in_before_the_end_is_answered(folder: Path, gunicorn: subprocess.Popen[bytes]) -> None:
    """The process is too busy to let them in (here: stopped) when the end is announced."""
    (process,) = descendants(gunicorn.pid)
    os.kill(process, signal.SIGSTOP)
    waiting = [caller(folder) for _ in range(CALLERS)]
    gunicorn.terminate()
    wait_for(lambda: not (folder / "web.sock").exists(), "the socket's name goes")
    assert caller(folder) is None
    os.kill(process, signal.SIGCONT)

    answers = [answer_to(each) for each in waiting]

    assert [answer.endswith(b"\r\n\r\nbody") for answer in answers] == [True] * CALLERS
    assert gunicorn.wait(20) == 0


def test_processes_renewed_under_load_answer_everybody(folder: Path, gunicorn: subprocess.Popen[bytes]) -> None:
    """As `max_requests` does: the process ends by itself, and another takes its place. (gunicorn's own worker does as well:
    the master keeps the socket. Taking in more than its share must do no harm.)"""
    (process,) = descendants(gunicorn.pid)
    os.kill(process, signal.SIGSTOP)
    waiting = [caller(folder) for _ in range(CALLERS)]
    os.kill(process, signal.SIGTERM)
    os.kill(process, signal.SIGCONT)

    assert [answer_to(each).endswith(b"\r\n\r\nbody") for each in waiting] == [True] * CALLERS
    assert answer_to(caller(folder)).endswith(b"\r\n\r\nbody")
