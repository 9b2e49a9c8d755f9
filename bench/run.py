"""A measurement on servers of its own: `.agenda/venv/bin/python -m bench.run growth` (or `slot_search`, `partitioning`).

An empty database, migrated; PostgreSQL goes with the run.
"""

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator

from bench.fragile import Instance, empty_instance
from deploy.local.session import terminal_session


@contextlib.contextmanager
def prepared(**settings: str) -> Iterator[Instance]:
    """An empty, migrated instance, and Django on it in this very process."""
    from bench.reliability import prepare_django

    with terminal_session() as supervisor, empty_instance(supervisor) as instance:
        instance.environment |= settings
        os.environ.update(instance.environment)
        prepare_django()
        yield instance


if __name__ == "__main__":
    with prepared():
        importlib.import_module(f"bench.{sys.argv[1]}").main(*sys.argv[2:])
