"""What only the kernel can promise: a process that ends with its parent, and orphans that come back to us.

Linux gives both through prctl(2). Elsewhere the promises are weaker: the guardian (guardian.py) still stops everything
when the command is killed, by noticing that its pipe closed.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_UNKILLABLE = 5.0  # seconds after which a process that survives SIGKILL is stuck in the kernel: nothing more to do


def _load_prctl() -> Callable[..., int] | None:
    if not sys.platform.startswith("linux"):
        return None
    try:
        import ctypes

        prctl: Callable[..., int] = ctypes.CDLL(None).prctl
    except (ImportError, OSError, AttributeError):
        return None  # a Python built without ctypes, or a C library without prctl
    return prctl


_prctl = _load_prctl()


def die_with_parent(parent: int, last_signal: int) -> None:
    """Ask for `last_signal` when process `parent` ends. For the child side, between fork and exec.

    The kernel watches the parent's *thread*: start processes from the main thread only. It forgets the request when the
    process changes user, so this must come after the change (subprocess runs `preexec_fn` last).
    """
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        if callable(signal.getsignal(number)):  # until exec, our Python handlers would swallow the signal
            signal.signal(number, signal.SIG_DFL)
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, last_signal, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends, instead of init."""
    if _prctl is not None:
        _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def descendants(ancestor: int) -> list[int]:
    """Process ids of its children, their children and so on, zombies excluded. Empty where there is no /proc."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended between the listing and the reading
            # The command name, in parentheses, may itself hold spaces and parentheses.
            state, parent = stat.read_text(errors="replace").rpartition(")")[2].split()[:2]
            if state != "Z":
                children.setdefault(int(parent), []).append(int(stat.parent.name))
    found: list[int] = []
    to_visit = [ancestor]
    while to_visit:
        below = children.get(to_visit.pop(), [])
        found += below
        to_visit += below
    return found


def is_running(pid: int) -> bool:
    """Whether this process exists and has not ended. A zombie has: only its parent's attention is missing."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return not Path("/proc/self").exists()  # no /proc here; else it ended meanwhile


def end_descendants(*, patience: float) -> None:
    """Leave nothing behind us: wait `patience` seconds for our descendants to end, then kill them."""
    started = time.monotonic()
    while left := descendants(os.getpid()):
        waited = time.monotonic() - started
        if waited > patience + _UNKILLABLE:
            break
        if waited > patience:
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        _reap()
        time.sleep(0.05)
    _reap()


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
