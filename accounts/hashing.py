"""Passwords are hashed one at a time in each process, behind everything else it does.

A hash is made to be slow: as many at once as there are threads, and a flood of wrong passwords takes the whole machine. Here it
takes one thread of the lowest concern to the kernel, and a short queue: whoever comes on top of that is told to come back.
"""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.contrib.auth.hashers import PBKDF2PasswordHasher

# One is hashed, the others wait, in threads that pages would need: a few.
AT_ONCE = 3
_NICENESS = 10


class HashingBusy(Exception):
    """More passwords at once than are hashed. Nothing was looked at: such a try counts for nobody."""


def _step_back() -> None:
    """The kernel prefers the process's other threads, and the other processes. Linux alone knows that of one thread."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


# Its thread begins with the first password: after gunicorn has forked.
_HASHER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="passwords", initializer=_step_back)
_ROOM = threading.BoundedSemaphore(AT_ONCE)


def in_turn(hashing: Callable[[], str]) -> str:
    """What it returns, once those before it are done. Raises HashingBusy at once when too many wait already."""
    if not _ROOM.acquire(blocking=False):
        raise HashingBusy
    try:
        return _HASHER.submit(hashing).result()
    finally:
        _ROOM.release()


class BoundedHasher(PBKDF2PasswordHasher):
    """Django's own, in turn: whatever sets or checks a password passes here, for accounts that do not exist too."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        encode = super().encode
        return in_turn(lambda: encode(password, salt, iterations))
