"""A gunicorn that is told to end answers everybody who came in before, and nobody else gets in."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.local.data_folder import make_socket_folder
from deploy.local.kernel import descendants
from tests.conftest import ROOT
from tests.deploy.conftest import stop
from tests.system.conftest import wait_for

pytestmark = [pytest.mark.xdist_group("deploy"), pytest.mark.system]
REQUEST = b"POST /%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody"
CALLERS = 30


@pytest.fixture
def folder() -> Iterator[Path]:
    made = make_socket_folder()
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def gunicorn(folder: Path, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[bytes]]:
    """One process of eight threads, with the settings of production, and perhaps arguments that change them."""
    environment = os.environ | {
        "WEB_SOCKET": str(folder / "web.sock"), "WEB_PROCESSES": "1", "WEB_THREADS": "8",
        "GUNICORN_CMD_ARGS": getattr(request, "param", ""),
    }  # fmt: skip
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


def caller(folder: Path, query: bytes = b"") -> socket.socket | None:
    """Somebody who has connected and said all they have to say."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.settimeout(20)
    try:
        made.connect(str(folder / "web.sock"))
    except OSError:
        made.close()
        return None
    made.sendall(REQUEST % query)
    return made


def answer_to(waiting: socket.socket | None) -> bytes:
    if waiting is None:
        return b""
    with waiting:
        found = b""
        while piece := waiting.recv(4096):
            found += piece
    return found


def answers_to(waiting: list[socket.socket | None]) -> list[bytes]:
    """Read at once by everybody: gunicorn closes a connection when its peer has."""
    with ThreadPoolExecutor(len(waiting)) as pool:
        return list(pool.map(answer_to, waiting))


def test_who_came_in_before_the_end_is_answered(folder: Path, gunicorn: subprocess.Popen[bytes]) -> None:
    """The process is too busy to let them in (here: stopped) when the end is announced."""
    (process,) = descendants(gunicorn.pid)
    os.kill(process, signal.SIGSTOP)
    waiting = [caller(folder) for _ in range(CALLERS)]
    gunicorn.terminate()
    wait_for(lambda: not (folder / "web.sock").exists(), "the socket's name goes")
    assert caller(folder) is None
    os.kill(process, signal.SIGCONT)

    answers = answers_to(waiting)

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

    assert [answer.endswith(b"\r\n\r\nbody") for answer in answers_to(waiting)] == [True] * CALLERS
    assert answer_to(caller(folder)).endswith(b"\r\n\r\nbody")


@pytest.mark.parametrize("gunicorn", ["--max-requests=2 --max-requests-jitter=0"], indirect=True)
def test_the_end_comes_while_the_process_is_being_renewed(folder: Path, gunicorn: subprocess.Popen[bytes]) -> None:
    """It lets nobody in any more, and its successor, for whom they wait, will not come."""
    # The fixture's question was the first request, this is the last one.
    last = caller(folder, b"?4")
    time.sleep(1.5)
    waiting = [caller(folder) for _ in range(CALLERS)]
    gunicorn.terminate()

    assert [answer.endswith(b"\r\n\r\nbody") for answer in answers_to([last, *waiting])] == [True] * (CALLERS + 1)
    assert gunicorn.wait(20) == 0
