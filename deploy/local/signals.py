"""Signals, ended children and the death of the launcher, turned into one question asked while waiting: must we stop?"""

import contextlib
import os
import select
import signal
import time
from types import FrameType

from deploy.local.failures import StopRequested

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class Alarm:
    """Wakes a waiting process. One per process, made in its main thread.

    `parent_pipe`: the reading end of a pipe whose writing end only our parent holds; it closes when the parent dies,
    however it dies. None when nobody watches over us that way.
    """

    def __init__(self, parent_pipe: int | None = None) -> None:
        self.received: list[int] = []
        self._parent_pipe = parent_pipe
        self._parent_died = False
        self._wake_reader, wake_writer = os.pipe()
        os.set_blocking(self._wake_reader, False)
        os.set_blocking(wake_writer, False)
        self._wake_writer = wake_writer
        for number in STOPPING:
            signal.signal(number, self._on_stop)
        signal.signal(signal.SIGCHLD, self._on_child)
        # Also covers a signal that lands between a check and the select: the byte makes select return at once.
        signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)

    @property
    def must_stop(self) -> bool:
        return bool(self.received) or self._parent_died

    def wait(self, seconds: float | None) -> None:
        """Sleep until something happens: a signal, the end of a child, the death of the parent, or the time is up."""
        watched = [self._wake_reader]
        if self._parent_pipe is not None:
            watched.append(self._parent_pipe)
        readable, _, _ = select.select(watched, [], [], seconds)
        if self._wake_reader in readable:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake_reader, 4096)
        if self._parent_pipe in readable:
            self._parent_died, self._parent_pipe = True, None

    def pause(self, seconds: float | None) -> None:
        """`wait`, unless we must stop. Raises StopRequested."""
        if not self.must_stop:
            self.wait(seconds)
        if self.must_stop:
            raise StopRequested

    def pause_for(self, seconds: float) -> None:
        """The whole time, whatever wakes us meanwhile, unless we must stop. Raises StopRequested."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.pause(left)

    def _on_stop(self, number: int, _frame: FrameType | None) -> None:
        self.received.append(number)

    def _on_child(self, _number: int, _frame: FrameType | None) -> None:
        """Nothing to do: the wake-up byte is the point."""
