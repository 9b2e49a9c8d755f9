"""What processes cost as the kernel counts it: other people of the machine do not count in it, as they do in a stop-watch."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from django.db import connection

from deploy.local.kernel import descendants

_TICK = os.sysconf("SC_CLK_TCK")


def family(pid: int | None) -> list[int]:
    """A server and the processes it forked."""
    assert pid is not None, "it does not run"
    return [pid, *descendants(pid)]


def cpu_seconds(pid: int | None) -> float:
    """User and system, of a server and all it forked, those that ended included."""
    parent, *children = family(pid)
    ticks = sum(map(int, _stat(parent)[11:15]))
    for child in children:
        with contextlib.suppress(OSError):  # it ended since: the next reading finds it in its parent
            ticks += sum(map(int, _stat(child)[11:15]))
    return ticks / _TICK


def running_seconds(pid: int) -> float:
    """The same of one process, to the nanosecond: for what takes less than a tick."""
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


def megabytes(pid: int) -> float:
    """Its proportional share: what several share counts once in all."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def database_pid() -> int:
    """PostgreSQL's first process, the parent of all its others."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(_stat(cursor.fetchone()[0])[1])


def connections() -> dict[str, int]:
    """How many each program (PGAPPNAME) holds now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT application_name, count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY 1"
        )
        return dict(cursor.fetchall())


def print_rows(rows: Iterable[tuple[str, object]]) -> None:
    rows = list(rows)
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:{width}}  {value:.1f}" if isinstance(value, float) else f"{name:{width}}  {value}")


def _stat(pid: int) -> list[str]:
    """Fields after the command's name, which may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
