"""The supervisor's promises, each tried on real processes: order, readiness, and nothing left behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.kernel import is_running
from tests.launcher.conftest import within

SCENARIO = Path(__file__).with_name("scenario.py")
Launch = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def launch(folder: Path) -> Iterator[Launch]:
    """Start the scenario with these programs; wait for its `ready` unless told not to."""
    launched: list[subprocess.Popen[str]] = []

    def start(*names: str, ready: bool = True) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, SCENARIO, folder, *names], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        launched.append(process)
        if ready:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in launched:
        process.kill()
        process.communicate()


def pids(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "pids").read_text().split()]


def events(folder: Path) -> list[str]:
    return (folder / "events").read_text().splitlines()


def all_gone(folder: Path) -> bool:
    return not any(is_running(pid) for pid in pids(folder))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_in_reverse_order(launch: Launch, folder: Path, number: int) -> None:
    process = launch("first", "second")
    process.send_signal(number)
    assert process.wait(10) == 0
    assert events(folder) == ["first started", "second started", "second stopped", "first stopped"]
    assert all_gone(folder)


def test_what_ignores_the_signal_is_killed_after_its_time(launch: Launch, folder: Path) -> None:
    process = launch("first", "stubborn")
    process.terminate()
    assert process.wait(10) == 0
    assert all_gone(folder)
    assert events(folder)[-1] == "first stopped"


def test_a_second_signal_cuts_the_waiting_short(launch: Launch, folder: Path) -> None:
    process = launch("immovable", "second")
    process.terminate()
    assert within(5, lambda: events(folder)[-1] == "second stopped")
    assert not within(0.5, lambda: process.poll() is not None)
    process.terminate()
    assert process.wait(10) == 0
    assert all_gone(folder)


def test_kill_9_of_the_command_leaves_no_process(launch: Launch, folder: Path) -> None:
    process = launch("first", "family", "stubborn")
    process.kill()
    process.wait()
    assert within(6, lambda: all_gone(folder)), events(folder)
    supervisor = int((folder / "supervisor").read_text())
    assert within(3, lambda: not is_running(supervisor))


def test_kill_9_of_the_supervisor_leaves_no_process(launch: Launch, folder: Path) -> None:
    process = launch("first", "family")
    os.kill(int((folder / "supervisor").read_text()), signal.SIGKILL)
    assert process.wait(15) == 128 + signal.SIGKILL
    assert all_gone(folder)


def test_kill_9_of_both_at_once_ends_what_answers_to_a_signal(launch: Launch, folder: Path) -> None:
    process = launch("first", "second")
    os.kill(process.pid, signal.SIGSTOP)  # so that neither can act on the end of the other
    os.kill(int((folder / "supervisor").read_text()), signal.SIGKILL)
    process.kill()
    process.wait()
    assert within(5, lambda: all_gone(folder))


def test_a_program_that_is_killed_is_started_again_and_the_others_are_left_alone(launch: Launch, folder: Path) -> None:
    process = launch("first", "family")
    first, family, child = pids(folder)
    os.kill(family, signal.SIGKILL)
    assert within(5, lambda: events(folder) == ["first started", "family started", "family started"])
    assert is_running(first)
    assert not is_running(child), "what it had started goes with it"
    process.terminate()
    _, said = process.communicate(timeout=10)
    assert process.returncode == 0
    assert "family s’est arrêté (signal SIGKILL). Il est relancé" in said
    assert "family.previous.log" in said
    assert events(folder)[-2:] == ["family stopped", "first stopped"]
    assert all_gone(folder)


def test_several_that_end_at_once_all_come_back(launch: Launch, folder: Path) -> None:
    launch("first", "second")
    for pid in pids(folder):
        os.kill(pid, signal.SIGKILL)
    assert within(5, lambda: sorted(events(folder)) == sorted(2 * ["first started", "second started"]))


def test_a_program_that_ends_again_and_again_stops_all_and_its_last_words_are_shown(
    launch: Launch, folder: Path
) -> None:
    process = launch("first", "fragile")
    _, said = process.communicate(timeout=20)
    assert process.returncode == 1
    assert events(folder).count("fragile started") == 1 + 5
    assert events(folder).count("first started") == 1
    assert "fragile s’est arrêté (code 3). Fin de son journal" in said
    assert "la raison de ma fin" in said
    assert events(folder)[-1] == "first stopped"


def test_a_stop_while_a_program_is_to_start_again_is_obeyed(launch: Launch, folder: Path) -> None:
    process = launch("first", "second")
    os.kill(pids(folder)[1], signal.SIGKILL)
    process.terminate()
    assert process.wait(10) == 0
    assert all_gone(folder)


def test_a_program_that_never_answers_is_named_and_what_came_before_stops(launch: Launch, folder: Path) -> None:
    process = launch("first", "mute", ready=False)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 1
    assert "mute n’a pas répondu en 1 s" in said
    assert "je réfléchis" in said
    assert all_gone(folder)


def test_a_stop_while_a_program_starts_is_obeyed(launch: Launch, folder: Path) -> None:
    process = launch("first", "mute", ready=False)
    assert within(5, (folder / "first.ready").exists)
    process.terminate()
    assert process.wait(10) == 0
    assert all_gone(folder)


def test_the_log_of_the_run_before_is_kept_beside(launch: Launch, folder: Path) -> None:
    for _ in range(2):
        process = launch("second")
        process.terminate()
        process.communicate(timeout=10)
        (folder / "second.ready").unlink()
    assert (folder / "logs" / "second.previous.log").exists()
    assert (folder / "logs" / "second.log").stat().st_mode & 0o777 == 0o600
