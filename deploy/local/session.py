"""A command that lends the terminal to a program (pytest, manage.py) while servers run beside it."""

import contextlib
from collections.abc import Iterator

from deploy.local.kernel import adopt_orphans, end_descendants
from deploy.local.processes import Supervisor
from deploy.local.progress import Progress
from deploy.local.signals import Alarm


@contextlib.contextmanager
def terminal_session() -> Iterator[Supervisor]:
    """A supervisor in this very process, so that the program that gets the terminal keeps Ctrl-C and prompts."""
    adopt_orphans()
    try:
        with Supervisor(Alarm(), Progress()) as supervisor:
            yield supervisor
    finally:
        end_descendants(patience=0.5)
