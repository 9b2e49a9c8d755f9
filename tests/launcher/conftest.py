"""What the launcher's tests share: folders with short paths, a supervisor, and a way to say that a process is gone."""

import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.data_folder import make_socket_folder
from deploy.local.processes import Supervisor
from deploy.local.progress import Progress
from deploy.local.signals import Alarm


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder that PostgreSQL's user can enter too: pytest's own are closed to it when we are root."""
    path = make_socket_folder()
    # What the code under test puts in the temporary folder goes with it.
    monkeypatch.setattr("tempfile.tempdir", str(path))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    """In this very process: its signal handlers are put back afterwards."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD)
    before = {number: signal.getsignal(number) for number in numbers}
    with Supervisor(Alarm(), Progress()) as made:
        yield made
    signal.set_wakeup_fd(-1)
    for number, handler in before.items():
        signal.signal(number, handler)


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Whether the condition comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
