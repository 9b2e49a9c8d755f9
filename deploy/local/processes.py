"""The supervisor: starts programs, waits until they answer, starts again what ends by itself, stops all of them.

Every program runs in a session of its own (Ctrl-C on the terminal reaches only us) and asks the kernel to end with us.
One thread, no polling while idle.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType

from deploy.local.failures import LauncherError, tail
from deploy.local.kernel import die_with_parent
from deploy.local.progress import Progress
from deploy.local.signals import Alarm

_POLL = 0.03  # seconds between two questions to a starting program
# Seconds before a program that ended is started again, and how often within how many: more often, and it is not by accident.
_PAUSE = 1.0
_RESTARTS, _WITHIN = 5, 60.0


@dataclass(frozen=True, kw_only=True)
class Program:
    """Something to run. `name` is what a French reader sees; `user` a uid to become (root only).

    `last_signal`: what it gets when we die without having stopped it; its `stop_signal` unless told otherwise.
    """

    name: str
    command: Sequence[str | Path]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    ready: Callable[[], bool] = lambda: True
    ready_within: float = 60.0
    stop_signal: int = signal.SIGTERM
    last_signal: int | None = None
    stops_within: float = 10.0
    user: int | None = None


class _Running:
    def __init__(self, program: Program, process: subprocess.Popen[bytes]) -> None:
        self.program = program
        self.process = process
        self.restarts: list[float] = []

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None

    def signal_group(self, number: int) -> None:
        """Also reaches what the program started, even when the program itself is gone."""
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS says EPERM for a group of zombies
            os.killpg(self.process.pid, number)


class Supervisor:
    """Use as a context manager: leaving it, for whatever reason, stops everything in reverse order.

    `inherited`: file descriptors every program keeps open, such as the data folder's lock.
    """

    def __init__(self, alarm: Alarm, progress: Progress, *, inherited: Sequence[int] = ()) -> None:
        self.progress = progress
        self._alarm = alarm
        self._inherited = tuple(inherited)
        self._groups: list[list[_Running]] = []

    def __enter__(self) -> "Supervisor":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, *programs: Program) -> None:
        """Start these together and return when all are ready. They stop together too, before those started earlier.

        Raises LauncherError when one ends or does not answer in time, StopRequested when asked to stop meanwhile.
        """
        group: list[_Running] = []
        self._groups.append(group)
        for program in programs:
            group.append(self._spawn(program))
        started = time.monotonic()
        waiting = list(group)
        while waiting:
            self._refuse_ended()
            waiting = [running for running in waiting if not running.program.ready()]
            for running in waiting:
                if time.monotonic() - started > running.program.ready_within:
                    raise LauncherError(
                        f"{running.program.name} n’a pas répondu en {running.program.ready_within:.0f} s. "
                        f"Fin de son journal ({running.program.log}) :\n{tail(running.program.log)}"
                    )
            if waiting:
                self.progress.tick()
                self._alarm.pause(_POLL)

    def run(self, program: Program, *, news: Callable[[], str] | None = None) -> None:
        """Run a program to its end, while those already started go on. `news` feeds the progress line.

        Raises LauncherError when it fails or when another program ends meanwhile.
        """
        running = self._spawn(program)
        self._groups.append([running])
        while not running.ended:
            self._refuse_ended(spared=running)
            self.progress.tick(news() if news else None)
            self._alarm.pause(0.1)
        self._groups.remove([running])
        running.signal_group(signal.SIGKILL)
        if running.process.returncode != 0:
            raise LauncherError(
                f"{program.name} : échec (code {running.process.returncode}). "
                f"Fin de son journal ({program.log}) :\n{tail(program.log)}"
            )

    def foreground(self, command: Sequence[str | Path], *, env: Mapping[str, str], cwd: Path) -> int:
        """Run a program on our terminal, with our input and output; return its exit code as a shell would.

        Ctrl-C is its business: it gets the signal from the terminal, or from us when the terminal did not send it.
        """
        parent = os.getpid()
        process = subprocess.Popen(
            list(command),
            env=dict(env),
            cwd=cwd,
            preexec_fn=partial(die_with_parent, parent, signal.SIGTERM),  # noqa: PLW1509 - we have one thread
            pass_fds=self._inherited,
        )
        passed_on = 0
        while process.poll() is None:
            self._alarm.wait(None)
            for number in self._alarm.received[passed_on:]:
                if number not in (signal.SIGINT, signal.SIGQUIT) or not _terminal_signals_us():
                    process.send_signal(number)
            passed_on = len(self._alarm.received)
        code = process.returncode
        return code if code >= 0 else 128 - code

    def refuse_stop(self) -> None:
        """Raises StopRequested when we were asked to stop, for work that goes on between programs."""
        self._alarm.pause(0)

    def wait_until(self, done: Callable[[], bool]) -> None:
        """Wait for something outside our programs. Raises StopRequested when asked to stop meanwhile."""
        while not done():
            self.progress.tick()
            self._alarm.pause(0.2)

    def watch(self) -> None:
        """Wait until we are asked to stop. What ends by itself is started again, and the others are left alone.

        Raises StopRequested then, LauncherError when one ends again and again.
        """
        while True:
            ended = next((one for group in self._groups for one in group if one.ended), None)
            if ended is not None:
                self._start_again(ended)
            else:
                self._alarm.pause(None)

    def _start_again(self, running: _Running) -> None:
        now = time.monotonic()
        running.restarts = [*(moment for moment in running.restarts if now - moment < _WITHIN), now]
        if len(running.restarts) > _RESTARTS:
            self._refuse_ended()
        self.progress.note(
            f"{_how_it_ended(running)} Il est relancé ; son dernier journal : {_previous(running.program.log)}"
        )
        running.signal_group(signal.SIGKILL)
        self._alarm.pause_for(_PAUSE)
        running.process = self._spawn(running.program).process

    def running(self) -> list[Program]:
        """The programs that were started and have not ended."""
        return [running.program for group in self._groups for running in group if not running.ended]

    def ended(self) -> list[Program]:
        """The programs that should be running and are not."""
        return [running.program for group in self._groups for running in group if running.ended]

    def stop(self) -> None:
        """Stop all, last started first. A signal received meanwhile cuts the waiting short."""
        hurry_after = len(self._alarm.received)
        while self._groups:
            group = self._groups.pop()
            for running in group:
                if not running.ended:
                    with contextlib.suppress(ProcessLookupError):
                        running.process.send_signal(running.program.stop_signal)
            deadline = time.monotonic() + max((running.program.stops_within for running in group), default=0)
            while not all(running.ended for running in group):
                left = deadline - time.monotonic()
                if left <= 0 or len(self._alarm.received) > hurry_after:
                    break
                self.progress.tick()
                self._alarm.wait(min(left, 0.2))
            for running in group:
                running.signal_group(signal.SIGKILL)
                running.process.wait()

    def _spawn(self, program: Program) -> _Running:
        program.log.parent.mkdir(parents=True, exist_ok=True)
        if program.log.exists():
            program.log.replace(_previous(program.log))
        # Made private: an error's traceback may hold more than the product itself would ever log.
        log = os.open(program.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        try:
            process = subprocess.Popen(
                list(program.command),
                env=dict(program.env),
                cwd=program.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=program.user,
                group=program.user,
                extra_groups=None if program.user is None else [],
                preexec_fn=partial(  # noqa: PLW1509 - one thread
                    die_with_parent, os.getpid(), program.last_signal or program.stop_signal
                ),
                pass_fds=self._inherited,
            )
        except OSError as error:
            raise LauncherError(f"{program.name} : {program.command[0]} ne démarre pas ({error.strerror}).") from error
        finally:
            os.close(log)
        return _Running(program, process)

    def _refuse_ended(self, spared: _Running | None = None) -> None:
        for group in self._groups:
            for running in group:
                if running is not spared and running.ended:
                    raise LauncherError(
                        f"{_how_it_ended(running)} "
                        f"Fin de son journal ({running.program.log}) :\n{tail(running.program.log)}"
                    )


def _how_it_ended(running: _Running) -> str:
    code = running.process.returncode
    how = f"code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
    return f"{running.program.name} s’est arrêté ({how})."


def _previous(log: Path) -> Path:
    return log.with_suffix(".previous.log")


def _terminal_signals_us() -> bool:
    """Whether Ctrl-C on the terminal reaches our whole process group without our help."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)
