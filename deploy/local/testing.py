"""`./agenda test …`: pytest on throw-away servers, at any moment."""

import argparse
import contextlib
import itertools
import os
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from deploy.local.failures import LauncherError, tail
from deploy.local.installation import ensure_installed
from deploy.local.layout import PYTHON, ROOT, WORK, base_environment
from deploy.local.moments import EVERY_MOMENT, FORMAT, read_moment, shifted_clock
from deploy.local.processes import Program, Supervisor
from deploy.local.servers import throw_away_servers
from deploy.local.session import terminal_session
from deploy.local.tiers import TIERS, paths_of

# Given by the person, any of these decides how many processes run the tests; a debugger needs the terminal for itself.
_CHOOSE_PROCESSES = ("-n", "--numprocesses", "--dist", "--pdb", "--trace")


@dataclass(frozen=True)
class Wanted:
    """What was asked for: at which moment (None: now), or at every one; the rest is pytest's."""

    moment: datetime | None
    every_moment: bool
    pytest: list[str]


def run(arguments: list[str]) -> int:
    """Run pytest with these arguments, on two processes by default; return its exit code."""
    wanted = read_arguments(arguments)
    with terminal_session() as supervisor:
        ensure_installed("dev", supervisor)
        if wanted.every_moment:
            return _run_at_every_moment(supervisor, wanted.pytest)
        with contextlib.ExitStack() as stack:
            if wanted.moment is not None:
                os.environ.update(stack.enter_context(shifted_clock(wanted.moment)))
                supervisor.progress.note(f"L’horloge part du {wanted.moment:{FORMAT}}, heure de Paris.")
            return _run_pytest(supervisor, wanted.pytest)


def read_arguments(given: list[str]) -> Wanted:
    """Take our options out of these arguments. Raises LauncherError, and SystemExit as argparse does."""
    parser = argparse.ArgumentParser(prog="./agenda test", add_help=False, allow_abbrev=False)
    parser.add_argument("--tier", action="append", choices=TIERS, default=[])
    when = parser.add_mutually_exclusive_group()
    when.add_argument("--at", metavar="MOMENT")
    when.add_argument("--every-moment", action="store_true")
    options, rest = parser.parse_known_args(given)
    if (options.at or options.every_moment) and (os.environ.get("DATABASE_URL") or os.environ.get("REDIS_URL")):
        raise LauncherError("L’horloge des serveurs de DATABASE_URL et de REDIS_URL ne se décale pas d’ici.")
    try:
        moment = read_moment(options.at) if options.at else None
    except ValueError as error:
        raise LauncherError(f"--at demande un moment comme « {EVERY_MOMENT[0]} », pas « {options.at} ».") from error
    return Wanted(moment, options.every_moment, [*rest, *(paths_of(options.tier) if options.tier else [])])


def pytest_arguments(given: list[str]) -> list[str]:
    """What pytest gets: `-n 3` first (many tests wait, for a second or a minute), unless the given ones choose."""
    chosen = any(
        argument.startswith(_CHOOSE_PROCESSES) or "no:xdist" in argument for argument in given if argument[:1] == "-"
    ) or any(pair == ("-p", "no:xdist") for pair in itertools.pairwise(given))
    return given if chosen else ["-n", "3", *given]


def _run_pytest(supervisor: Supervisor, arguments: list[str]) -> int:
    with throw_away_servers(supervisor) as servers:
        code = supervisor.foreground(
            [PYTHON, "-m", "pytest", *pytest_arguments(arguments)],
            env=base_environment() | {"SAS_AGENDA_MODE": "local"} | servers.environment,
            cwd=_working_folder(),
        )
        for program in supervisor.ended():
            supervisor.progress.note(f"{program.name} s’est arrêté pendant les tests :\n{tail(program.log)}")
    return code


def _run_at_every_moment(supervisor: Supervisor, arguments: list[str]) -> int:
    """One run after the other, each told in one line; 1 when one of them fails."""
    failures = 0
    logs = WORK / "moments" / str(os.getpid())  # another run may go on beside this one
    for moment in EVERY_MOMENT:
        log = logs / f"{moment.replace(' ', '-').replace(':', '')}.log"
        program = Program(
            name=moment,
            command=[sys.executable, ROOT / "agenda", "test", "--at", moment, *arguments],
            env=base_environment(),
            cwd=_working_folder(),
            log=log,
        )
        where = ""
        try:
            with supervisor.progress.step(moment):
                supervisor.run(program)
        except LauncherError:
            failures += 1
            where = f" ({log})"
        print(f"{moment}  {tail(log, 1).strip(' =')}{where}", flush=True)
    return 1 if failures else 0


def _working_folder() -> Path:
    return Path.cwd() if Path.cwd().is_relative_to(ROOT) else ROOT
