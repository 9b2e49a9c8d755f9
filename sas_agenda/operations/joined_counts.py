"""Counts that several processes of one machine keep in files of a folder, and that outlive each of them.

The library names the files by process id: gunicorn renews its processes, and there would be more files each day. Here a
process takes the lowest number nobody holds, and goes on counting where the one before it stopped.
"""

import fcntl
import itertools
import os
import threading
from pathlib import Path

from prometheus_client import values


def join_counts(folder: Path) -> None:
    """Keep all counts made from now on in `folder`. To be called before any metric is made."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Where the library looks for its files.
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(folder))
    values.ValueClass = values.MultiProcessValue(process_identifier=_Number(folder))


class _Number:
    """This process's number, held by a lock that ends with it. After a fork the child takes one of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._taking = threading.Lock()
        self._holder = 0
        self._number = 0
        self._file = -1

    def __call__(self) -> int:
        if self._holder != os.getpid():
            with self._taking:
                if self._holder != os.getpid():
                    self._take()
        return self._number

    def _take(self) -> None:
        if self._file >= 0:
            os.close(self._file)  # the parent's: it keeps its own hold on the lock
        for number in itertools.count():
            self._file = os.open(self._folder / f"process-{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(self._file)
                continue
            self._number, self._holder = number, os.getpid()
            return
