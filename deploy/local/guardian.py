"""Two processes for one command: a guardian that only watches, and the supervisor that does the work.

Killing the guardian (what the user started) with -9 closes a pipe: the supervisor sees it and stops everything.
Killing the supervisor makes its programs end with it (kernel.py) and their orphans come to the guardian, which ends
them. Killing both leaves the kernel's promise alone.
"""

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType

from deploy.local.kernel import adopt_orphans, end_descendants
from deploy.local.signals import STOPPING


def run_guarded(body: Callable[[int], int]) -> int:
    """Run `body(pipe)` in a child of its own session and return its exit code.

    `pipe` is for signals.Alarm. Signals sent to us, from the terminal or not, are passed on once.
    """
    adopt_orphans()
    sys.stdout.flush()
    sys.stderr.flush()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(writer)
        os.setsid()
        adopt_orphans()  # not inherited through fork
        code = 1
        try:
            code = body(reader)
            end_descendants(patience=0.5)
        except BaseException:  # noqa: BLE001 - the frames above belong to the guardian: nothing may unwind into them
            traceback.print_exc()
        finally:
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(code)
    os.close(reader)

    def pass_on(number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    for number in STOPPING:
        signal.signal(number, pass_on)
    _, status = os.waitpid(pid, 0)
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)  # what is left takes a moment and must not be cut short
    end_descendants(patience=4.0)
    os.close(writer)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code
